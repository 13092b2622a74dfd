/** `throughline doctor`: checks everything that a run needs. */

import type { Command } from "commander";
import { messageOf } from "../../core/problem.ts";
import { URL_NAMES } from "../../systems/kinds.ts";
import { type Config, readConfig } from "../config.ts";
import { connectionsOf } from "../connections.ts";
import type { PipelineKind } from "../kind.ts";
import { receiverPortOption, repeatable } from "../options.ts";
import { askAddresses } from "../own/addresses.ts";
import { buildAll } from "../own/find.ts";
import { findSubject } from "../own/subject.ts";
import { type Flags as RunFlags, requestOf } from "../run/command.ts";
import { portOf } from "../run/parts.ts";
import { type PlannedTest, planRun } from "../run/plan.ts";
import { needsOfOurs, provision } from "../run/provision.ts";
import type { Request } from "../run/request.ts";
import { addressed } from "../run/shell.ts";
import type { Subject } from "../run/subject.ts";
import { canaryCheck } from "./canary.ts";
import type { Check } from "./check.ts";
import { machineChecks, type Need, renderChecks } from "./checks.ts";
import { inspectMachine } from "./machine.ts";
import { reachTarget } from "./target.ts";

const EXAMPLES = `
Examples:
  throughline doctor
  throughline doctor --scenario stress
  throughline doctor http --http-url https://gateway.example
  throughline doctor websocket nats --ws-url wss://gateway.example/ws --nats-url nats://nats.example:4222

What is not given is as throughline.config.json of this folder says.
With all addresses of a target a canary is sent through it: a few real events.
Exit codes: 0 when nothing is missing, 1 when something is, 2 wrong usage.`;

type Flags = Pick<RunFlags, "scenario" | "receiverPort" | "set" | `${string}Url`>;

/** Flags of `run` that doctor does not have. */
const NOTHING_ELSE = { url: [], fault: [] };

/** Adds the command. */
export function addDoctorCommand(program: Command, root: string, interrupted: AbortSignal): void {
  const command = program
    .command("doctor")
    .description("check that everything a run needs is there, and say how to get what is missing")
    .argument(
      "[what...]",
      "what is to run; without it what throughline.config.json says, the pipelines of this folder, or else pipeline",
    )
    .option("--scenario <profile>", "the profile whose needs are looked at")
    .addOption(receiverPortOption())
    .addOption(repeatable("--set <NAME=VALUE>", "a variable, as run takes it"));
  for (const name of URL_NAMES) command.option(`--${name}-url <url>`, `address of ${name} to try`);
  command.addHelpText("after", EXAMPLES).action(async (what: string[], flags: Flags) => {
    const config = await readConfig(undefined);
    const named = what.length > 0 ? what : config?.run;
    const own = named === undefined ? await namesOfOwn(root, config) : [];
    const request = requestOf({ ...NOTHING_ELSE, ...flags }, config);
    const all = own.length > 0 ? own.map((name) => [name]) : [named ?? ["pipeline"]];
    for (const names of all) {
      if (all.length > 1) console.log(`${names.join(" ")}:`);
      const subject = await findSubject(root, names, config);
      await examine(root, subject, addressed(request, subject), interrupted);
    }
  });
}

/** The pipelines of this folder. A file that is broken is told, and the others are checked. */
async function namesOfOwn(root: string, config: Config | null): Promise<readonly string[]> {
  const { built, broken } = await buildAll(root, config?.pipelines);
  const [first, ...others] = broken.values();
  if (first !== undefined && built.length === 0 && others.length === 0) throw first;
  for (const { message } of broken.values()) console.error(`throughline: left out: ${message}`);
  if (first !== undefined) process.exitCode = 1;
  return built.map(({ name }) => name);
}

/** Checks everything that a run of this subject needs, and prints the results. */
async function examine(root: string, subject: Subject, request: Request, interrupted: AbortSignal): Promise<void> {
  const need = needOf(subject, request);
  const machine = await inspectMachine(root, need.port);
  const target = await reachTarget(request.urls);
  const checks = [...machineChecks(machine, need), ...target.checks];
  checks.push(...(await ownAddresses(subject, request, need.port)));
  checks.push(...(await checksBehind(target.direct, subject, request)));
  const healthy = checks.every(({ ok }) => ok !== false);
  const hasK6 = checks.some(({ what, ok }) => what === "k6" && ok === true);
  console.log(renderChecks(checks).trimEnd());
  if (healthy && canTry(subject, request.urls)) {
    // Like the first run: a build that fails ends the command, when all else is said.
    if (!hasK6) (await provision(root, needsOfOurs(subject, planRun(subject, request)))).build();
    const canary = await canaryCheck(root, subject, request, interrupted).catch(notSent);
    console.log(renderChecks([canary]).trimEnd());
    checks.push(canary);
  } else if (subject.kind.own?.pipeline?.observe.kind === "reported") {
    const remedy = `start your observer, and: throughline run ${subject.name} --run-id <the id that it reports to>`;
    console.log(
      renderChecks([{ what: "canary", found: "not sent: only a run has an id", ok: null, remedy }]).trimEnd(),
    );
  }
  if (checks.some(({ ok }) => ok === false)) process.exitCode = 1;
}

/** Whether something listens at the addresses that a user's file declares. */
async function ownAddresses(subject: Subject, request: Request, port: number): Promise<readonly Check[]> {
  const { own } = subject.kind;
  const declared = own?.pipeline ?? own?.endpoints;
  if (declared == null) return [];
  const [planned] = planRun(subject, { ...request, consent: true }).groups.flat();
  return askAddresses(declared, planned?.variables ?? {}, port);
}

/** Checks behind an address that accepts connections: path, login, stream, and whether a table can be read. */
async function checksBehind(direct: ReadonlySet<string>, subject: Subject, request: Request): Promise<Check[]> {
  if (direct.size === 0) return [];
  const tests = planRun(subject, { ...request, consent: true }).groups.flat();
  const { doors = {}, receiverCheck } = subject.kind;
  const asked = tests.filter(({ test }) => direct.has(doors[test]?.url ?? ""));
  const checks = await Promise.all(asked.map((planned) => doorCheck(doors, planned)));
  const { receiver } = request.urls;
  if (receiver !== undefined && direct.has("receiver") && receiverCheck !== undefined) {
    checks.push(await receiverCheck(receiver, `doctor-${process.pid}-${Date.now()}`));
  }
  return checks;
}

async function doorCheck(doors: NonNullable<PipelineKind["doors"]>, { test, settings }: PlannedTest): Promise<Check> {
  // The settings of a test always fit the door of that test; TypeScript cannot see it.
  const { check } = doors[test] as { readonly check: (settings: unknown) => Promise<Check> };
  try {
    return await check(settings);
  } catch (problem) {
    const found = messageOf(problem);
    return { what: `${test} credentials`, found, ok: false, remedy: "docs/access.md has the ways in" };
  }
}

/** If the canary cannot be sent, that is one failed check; the others are still shown. */
function notSent(problem: unknown): Check {
  const found = messageOf(problem);
  return { what: "canary", found, ok: false, remedy: "mend that, or give --receiver-url" };
}

/** Whether a canary can be followed to the far end: a receiver settles the run, and all addresses are known. */
function canTry({ kind, groups, settled }: Subject, urls: Readonly<Record<string, string>>): boolean {
  const wanted = Object.keys(kind.urls).filter((name) => name !== "http");
  const tests = groups.flat();
  return kind.canary && settled && tests.length > 0 && wanted.every((name) => name in urls);
}

/** Computes limits only and sends no load, so no --yes is needed. A receiver's address alone does not name a target. */
function needOf(subject: Subject, request: Request): Need {
  const { receiver: _, ...targets } = request.urls;
  const urls = Object.keys(targets).length > 0 ? request.urls : {};
  const plan = planRun(subject, { ...request, urls, consent: true });
  const connections = plan.groups.flat().map(({ settings }) => connectionsOf(settings));
  const load = `${subject.name}, ${request.scenario ?? "smoke"}`;
  const { k6, services } = needsOfOurs(subject, plan);
  return {
    load,
    connections: Math.max(...connections),
    ours: k6 ?? services,
    reference: subject.kind.own === undefined,
    port: portOf(subject.kind, request, plan),
    sentTo: [undefined, "request"].includes(subject.kind.own?.pipeline?.observe.kind),
  };
}
