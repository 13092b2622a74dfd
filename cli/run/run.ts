/** `throughline run`: starts what is missing, lets the tests run, and judges what they measured. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { renderRun } from "../../summary.ts";
import { parseFaults } from "../../target/faults.ts";
import { EXIT_CODES } from "../../verdict.ts";
import type { Account } from "../../workload/account.ts";
import { type K6Result, runK6 } from "../k6.ts";
import type { Started, VariablesByTest } from "../pipelines.ts";
import { startService } from "../service.ts";
import { collect, NOTHING } from "./collected.ts";
import { type Folder, makeFolder, writeWhole } from "./folder.ts";
import { Watch } from "./health.ts";
import { machineNow, versionsOf } from "./machine.ts";
import { type Progress, startProgress } from "./progress.ts";
import { label, recordOf } from "./record.ts";
import { type PlannedRun, type PlannedTest, planRun, type Request } from "./request.ts";
import type { Subject } from "./subject.ts";

/** A run as it was asked for. */
export interface RunOrder {
  readonly subject: Subject;
  readonly request: Request;
  /** Folder of all runs. */
  readonly out: string;
  readonly runId?: string | undefined;
  /** More flags of `k6 run`. */
  readonly flags?: readonly string[];
  /** Variables that give way to what was asked for. */
  readonly preset?: VariablesByTest | undefined;
  /** What run ids begin with. */
  readonly prefix?: string;
}

/**
 * Runs tests and judges them.
 *
 * @param root the folder of the repository.
 * @param interrupted ends the run in order: what was measured is recorded, everything is stopped.
 * @returns the exit code of the verdict.
 * @throws RangeError in one line for what may not be asked for; an error when nothing could be started.
 */
export async function run(root: string, order: RunOrder, interrupted: AbortSignal): Promise<number> {
  const { subject, request, out, runId, prefix = subject.name } = order;
  parseFaults(request.faults, subject.kind.faults);
  const plan = planRun(subject, request, order.preset);
  refuseWithoutK6(root, plan);
  const folder = await makeFolder(out, runId, prefix);
  const machine = machineNow();
  const startedAt = Date.now();
  const started = await startParts(root, order, plan, folder);
  const progress = startProgress(runUrl(started, folder));
  const watch = new Watch(started.processes);
  const tests: K6Result[] = [];
  try {
    progress.say(`run ${folder.run}: ${started.says}`);
    for (const group of plan.groups) {
      if (interrupted.aborted || tests.some(({ complete }) => !complete)) break;
      tests.push(...(await runGroup({ root, order, group, started, folder, progress, watch, interrupted })));
    }
    progress.end();
    const url = runUrl(started, folder);
    const collected = url === null ? NOTHING : await collect(url);
    const problems = started.problems();
    const target = plan.reference ? ["the reference target", ...request.faults].join(", fault ") : "as given";
    const result = recordOf({
      run: folder.run,
      folder: join(out, folder.run),
      subject: subject.name,
      plan,
      instances: request.instances,
      flags: order.flags ?? [],
      tests,
      collected,
      health: watch.stop(),
      problems,
      interrupted: interrupted.aborted,
      startedAt,
      endedAt: Date.now(),
      machine,
      versions: await versionsOf(root, target),
    });
    const summarized = tests.filter(({ summary }) => summary !== null);
    const text = renderRun({
      run: folder.run,
      verdict: result.verdict,
      reasons: result.reasons,
      nextSteps: result.nextSteps,
      tests: summarized.flatMap(({ summary }) => summary ?? []),
      labels: summarized.map(({ test, instance }) => label(test, instance, request.instances)),
      account: result.account as Account | null,
    });
    const written = await writeWhole(folder.path, "result.json", `${JSON.stringify(result, null, 2)}\n`).catch(
      (problem: Error) => problem,
    );
    if (written === undefined) progress.say(`the record of each test is in ${join(out, folder.run)}/`);
    console.log(`\n${text}`);
    // The verdict is worth nothing to those who look for its record.
    if (written !== undefined) throw written;
    return EXIT_CODES[result.verdict];
  } finally {
    progress.end();
    watch.stop();
    await started.close();
  }
}

interface Group {
  readonly root: string;
  readonly order: RunOrder;
  readonly group: readonly PlannedTest[];
  readonly started: Started;
  readonly folder: Folder;
  readonly progress: Progress;
  readonly watch: Watch;
  readonly interrupted: AbortSignal;
}

/** Runs tests at the same time. When one of them cannot go on, the others have nothing to wait for. */
async function runGroup({ root, order, group, started, folder, progress, watch, interrupted }: Group) {
  const broken = new AbortController();
  const signal = AbortSignal.any([interrupted, broken.signal]);
  const { instances } = order.request;
  progress.begin(group.map((test) => describe(test, instances)).join(", "), loadSeconds(group));
  const processes = group.flatMap(({ test, variables }) =>
    Array.from({ length: instances }, async (_, place) => {
      const name = label(test, place + 1, instances);
      const result = await runK6(root, {
        test,
        variables: { ...variables, ...reachable(variables, started.variables), ...named(variables, folder.run) },
        results: folder.path,
        signal,
        instance: place + 1,
        instances,
        flags: order.flags ?? [],
        started: (pid) => watch.add({ process: `k6 ${name}`, role: "generator", pid: () => pid }),
      });
      if (!result.complete) broken.abort();
      return result;
    }),
  );
  const results = await Promise.all(processes);
  progress.end();
  return results;
}

/** The addresses that are known now. */
function reachable(variables: Readonly<Record<string, string>>, addresses: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(addresses).filter(([name]) => name in variables));
}

/** Whoever a receiver settles needs the name of the run. */
function named(variables: Readonly<Record<string, string>>, run: string): Record<string, string> {
  return "RECEIVER_URL" in variables ? { RUN_ID: run } : {};
}

/** Publishers decide how long a group takes; subscribers stay until it is settled. */
function loadSeconds(group: readonly PlannedTest[]): number {
  const publishers = group.filter(({ settings }) => settings.load.kind !== "visitors");
  return Math.max(...(publishers.length > 0 ? publishers : group).map(({ seconds }) => seconds));
}

function describe({ test, settings, seconds }: PlannedTest, instances: number): string {
  const { load } = settings;
  const shared = instances === 1 ? "" : ` in ${instances} processes`;
  const length = `${Math.round(seconds)} s`;
  if (load.kind === "paced") return `${test}: ${load.events.toLocaleString("en")} events in ${length}${shared}`;
  if (load.kind === "unpaced") return `${test}: as fast as acknowledged for ${length}${shared}`;
  return `${test}: up to ${Math.max(...load.shape.map(({ from, to }) => Math.max(from, to)))} clients${shared}`;
}

function runUrl({ variables }: Started, { run: id }: Folder): string | null {
  const receiver = variables["RECEIVER_URL"];
  return receiver === undefined ? null : `${receiver}/runs/${id}`;
}

async function startParts(root: string, order: RunOrder, plan: PlannedRun, { path }: Folder): Promise<Started> {
  const { kind } = order.subject;
  if (plan.reference) return kind.start({ root, logs: path, faults: order.request.faults });
  const given = Object.entries(order.request.urls).map(([name, url]) => `${name} ${url.replace(/\/\/[^/\s]*@/, "//")}`);
  if (plan.receiver !== "start") {
    const variables = plan.receiver === null ? {} : { RECEIVER_URL: plan.receiver };
    return { says: given.join(", "), variables, processes: [], problems: () => [], close: async () => {} };
  }
  const program = [process.execPath, "--enable-source-maps", join(root, "dist/node/receiver.js"), ...kind.receiver];
  const receiver = await startService("receiver", program, join(path, "receiver.log"));
  return {
    says: [...given, `receiver ${receiver.url}`].join(", "),
    variables: { RECEIVER_URL: receiver.url },
    processes: [{ process: "receiver", role: "receiver", pid: receiver.pid }],
    problems: () => [receiver.ended() ?? []].flat(),
    close: () => receiver.stop(),
  };
}

/** Tests that no k6 has the extensions for, but the one built here. */
const NEED_OURS = ["nats", "redis"];

function refuseWithoutK6(root: string, { groups, reference }: PlannedRun): void {
  if (existsSync(join(root, "bin/k6"))) return;
  const test = groups.flat().find((one) => NEED_OURS.includes(one.test));
  if (test === undefined && !reference) return;
  const what = test === undefined ? "the reference target needs bin/services" : `${test.test} needs bin/k6`;
  throw new Error(`${what}, which was not built: npm run build (throughline doctor says what that takes)`);
}
