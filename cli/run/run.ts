/** `throughline run`: starts what is missing, runs the tests, and judges the results. */
import { rmdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Account } from "../../core/account.ts";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { renderRun } from "../../core/rendering.ts";
import type { Summary } from "../../core/summary.ts";
import { parseFaults } from "../../target/faults.ts";
import { refuseUnreachable } from "../doctor/target.ts";
import { writeFileWhole } from "../files.ts";
import type { K6Result } from "../k6.ts";
import { refuseUnanswered } from "../own/addresses.ts";
import type { PipelineBundles } from "../own/build.ts";
import type { RunRecord } from "../record.ts";
import { writeReport } from "../report/files.ts";
import { exitCodeOf, shownVerdict, type Unwritten, unwrittenLine } from "./exitcode.ts";
import { makeFolder } from "./folder.ts";
import { runGroup } from "./group.ts";
import { Watch } from "./health.ts";
import { label } from "./judgement.ts";
import { machineNow, versionsOf } from "./machine.ts";
import { portOf, type RunOrder, refuseTaken, runUrl, startParts } from "./parts.ts";
import { type PlannedRun, planRun } from "./plan.ts";
import { startProgress } from "./progress.ts";
import { needsOfOurs, provision } from "./provision.ts";
import { recordOf } from "./record.ts";
import { fetchRunData, NO_DATA } from "./run-data.ts";

/**
 * Runs tests and judges them.
 *
 * @param root folder of the package.
 * @param interrupted stops the run in order: results are recorded and everything is stopped.
 * @returns the exit code of the verdict.
 * @throws RangeError in one line for an invalid request; an error when nothing could be started.
 */
export async function run(root: string, order: RunOrder, interrupted: AbortSignal): Promise<number> {
  const { subject, request, out, runId, prefix = subject.name } = order;
  const { own } = subject.kind;
  parseFaults(request.faults, subject.kind.faults);
  const plan = planRun(subject, request, order.preset);
  const programs = await provision(root, needsOfOurs(subject, plan));
  const port = portOf(subject.kind, request, plan);
  if (own !== undefined) await refuseDead(own, plan, port);
  // Whatever would end the run all the same is told before a build of minutes.
  if (programs.isDue && port > 0) await refuseTaken(port);
  if (programs.isDue) await refuseUnreachable(request.urls);
  programs.build();
  const folder = await makeFolder(out, runId, prefix);
  const machine = machineNow();
  const startedAt = Date.now();
  const started = await startParts(root, order, plan, folder).catch(async (problem: unknown) => {
    // An id that nothing ran under can be given again.
    await rmdir(folder.path).catch(() => {});
    throw problem;
  });
  const progress = startProgress();
  const watch = new Watch(started.processes);
  const launched = (process: string, pid: number) => watch.add({ process, role: "generator", pid: () => pid });
  const tests: K6Result[] = [];
  try {
    progress.say(`run ${folder.run}: ${started.says}`);
    for (const { test, settings } of plan.groups.flat()) {
      const { scenario = settings.SCENARIO } = request;
      if (scenario !== settings.SCENARIO) {
        progress.say(`${test}: ${scenario} is another name of the profile ${settings.SCENARIO}`);
      }
      if (settings.foreseen !== null) progress.say(`${test}: ${settings.foreseen}`);
    }
    for (const group of plan.groups) {
      if (interrupted.aborted || tests.some(({ complete }) => !complete)) break;
      tests.push(...(await runGroup({ root, order, group, started, folder, progress, launched, interrupted })));
    }
    progress.end();
    const url = runUrl(started, folder);
    const collected = url === null ? NO_DATA : await fetchRunData(url);
    const problems = started.problems();
    const target = plan.reference ? ["the reference target", ...request.faults].join(", fault ") : "as given";
    const result = recordOf({
      run: folder.run,
      folder: shownPath(folder.path),
      subject: subject.name,
      plan,
      instances: request.instances,
      flags: order.flags ?? [],
      tests,
      collected,
      health: watch.stop(),
      coreUse: watch.coreUse,
      problems,
      interrupted: interrupted.aborted,
      startedAt,
      endedAt: Date.now(),
      machine,
      versions: await versionsOf(root, target),
      nextSteps: (own?.pipeline ?? own?.endpoints)?.nextSteps,
    });
    const summarized = result.tests.filter(({ summary }) => summary !== null);
    const record = `${JSON.stringify(result, null, 2)}\n`;
    const failure = await writeFileWhole(join(folder.path, "result.json"), record).then(
      () => null,
      (problem: unknown): Unwritten => ({ what: "record", problem, next: "run again (--out takes another folder)" }),
    );
    if (failure === null) progress.say(`the record of each test is in ${shownPath(folder.path)}/`);
    const report = failure === null ? await makeReport(root, { result, folder: folder.path }) : null;
    const unwritten = failure ?? (typeof report === "string" ? null : report);
    const text = renderRun({
      run: folder.run,
      ...shownVerdict(result, unwritten),
      tests: summarized.map(({ summary }) => summary as unknown as Summary),
      labels: summarized.map(({ test, instance }) => label(test, instance, request.instances)),
      account: result.account as Account | null,
      verbose: order.verbose === true,
      interrupted: result.cut === "interrupted",
    });
    console.log(`\n${text.trimEnd()}`);
    if (typeof report === "string") console.log(`  report     ${shownPath(report)}`);
    if (unwritten !== null) console.error(`throughline: ${unwrittenLine(result.verdict, unwritten)}`);
    return exitCodeOf(result.verdict, unwritten === null);
  } finally {
    progress.end();
    watch.stop();
    await started.close();
  }
}

/** @throws an error in one line where nothing listens at an address of the user's file. */
async function refuseDead({ pipeline, endpoints }: PipelineBundles, { groups }: PlannedRun, port: number) {
  const [{ variables } = { variables: {} }] = groups.flat();
  await refuseUnanswered((pipeline ?? endpoints) as AnyPipeline | AnyEndpoints, variables, port);
}

/** Writes the report. @returns its file, or why it could not be written. */
async function makeReport(root: string, record: RunRecord): Promise<string | Unwritten> {
  try {
    const [file = ""] = await writeReport(root, record, {});
    return file;
  } catch (problem) {
    return { what: "report", problem, next: `make it with: throughline report ${shownPath(record.folder)}` };
  }
}

/** A path relative to the working folder. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
