/** A request for a run, and the variables of each test that follow from it. Pure. */

import { secondsOf } from "../../core/plan.ts";
import { ticksIn } from "../../core/schedule.ts";
import { peakOf } from "../../core/shape.ts";
import { type Settings, settings } from "../../k6/support/settings.ts";
import { beginsAsOurs, beginsAsOwn, nearest } from "../../k6/support/unknown.ts";
import { type RunnableTest, VARIABLES, variablesOf } from "../../systems/variables.ts";
import type { Manner } from "../../target/manner.ts";
import { boundVariables } from "../../thresholds.ts";
import type { VariablesByTest } from "../kind.ts";
import { DECIDED, refuseSlips, settingsOfShell } from "./shell.ts";
import type { Subject } from "./subject.ts";

/** What a user may request. */
export interface Request {
  readonly scenario?: string | undefined;
  /** Addresses by the pipeline's names, and `receiver`. */
  readonly urls: Readonly<Record<string, string>>;
  readonly rate?: string | undefined;
  readonly duration?: string | undefined;
  readonly events?: string | undefined;
  readonly instances: number;
  /** Port of the receiver that the run starts, instead of the pipeline's. */
  readonly receiverPort?: number | undefined;
  readonly faults: readonly string[];
  /** How the reference target behaves; by the contract by default. */
  readonly manner?: Manner | undefined;
  /** Variables as `NAME=VALUE`, for every test that has it, or as `test.NAME=VALUE`. */
  readonly set: readonly string[];
  /**
   * The shell's environment, whose `THROUGHLINE_NAME` are variables too; credentials among them go only to targets with
   * a given address.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Allows more than smoke on a target outside this machine. */
  readonly consent?: boolean;
}

/** One test of a run with its settings. */
export interface PlannedTest {
  readonly test: RunnableTest;
  /** Given and derived variables, without addresses of what is still to be started. */
  readonly variables: Readonly<Record<string, string>>;
  readonly settings: Settings<RunnableTest>;
  /** Duration of its load in seconds. */
  readonly seconds: number;
}

/** A planned run. */
export interface PlannedRun {
  readonly groups: readonly (readonly PlannedTest[])[];
  /** The reference target is started, because no address of another one was given. */
  readonly reference: boolean;
  /** The receiver's address, "start" to start one, or null for none. */
  readonly receiver: string | null;
}

/** A placeholder for an address that is known only after start-up. */
const later = (scheme: string) => `${scheme}://later.localhost`;

/** A placeholder that a variable accepts. */
function laterOf(test: RunnableTest, variable: string): string {
  const takes = (address: string) => variablesOf(test)[variable]?.parse(address) !== undefined;
  return ["http", "ws", "nats", "redis"].map(later).find(takes) ?? later("http");
}

/**
 * Plans a run.
 *
 * @param preset default variables, below everything in the request.
 * @throws RangeError in one line for whatever is not allowed.
 */
export function planRun(subject: Subject, request: Request, preset: VariablesByTest = {}): PlannedRun {
  const { kind, groups } = subject;
  const tests = groups.flat();
  const { receiver: receiverUrl, ...targetUrls } = request.urls;
  const reference = Object.keys(targetUrls).length === 0;
  refuseUnfit(subject, request, reference);
  refuseSlips(tests, request.environment);
  const receiver =
    receiverUrl?.replace(/\/+$/, "") ??
    (subject.settled && (reference || tellsOutcome(kind, targetUrls)) ? "start" : null);
  const given: VariablesByTest = {};
  const sets = settingsByTest(tests, request.set);
  for (const test of tests) {
    given[test] = {
      ...preset[test],
      ...kind.variables.always[test],
      ...(reference ? kind.variables.reference[test] : {}),
      ...(request.manner === "real" ? kind.variables.real?.[test] : {}),
      ...settingsOfShell(test, reference, request.environment),
      ...flagsOf(test, subject, request),
      ...sets[test],
      ...addressesOf(test, subject, targetUrls, reference),
      ...(receiver !== null && has(test, "RECEIVER_URL")
        ? { RECEIVER_URL: receiver === "start" ? later("http") : receiver }
        : {}),
    };
  }
  const fitted = inOneLine(() => kind.fit?.(given) ?? given);
  const plan = (test: RunnableTest) => planTest(test, fitted[test] ?? {}, request.instances);
  return { groups: groups.map((group) => group.map(plan)), reference, receiver };
}

/** Whether a receiver can observe the far end of a given target. */
function tellsOutcome({ outcome }: Subject["kind"], urls: Request["urls"]): boolean {
  return outcome === undefined || outcome in urls;
}

function planTest(test: RunnableTest, variables: Record<string, string>, instances: number): PlannedTest {
  const read = inOneLine(() => settings(test, variables));
  const { load } = read;
  const publishers =
    load.kind === "visitors"
      ? 0
      : Math.min(load.workers, (load.kind === "closed" ? null : ticksIn(load)) ?? load.workers);
  const shares = load.kind === "visitors" ? Math.round(peakOf(load.shape)) : publishers;
  if (instances > shares) {
    const what = load.kind === "visitors" ? "virtual users" : "publishers (WORKERS)";
    throw new RangeError(`--instances ${instances}: ${test} has ${shares} ${what} to share; allowed: up to ${shares}`);
  }
  return { test, variables, settings: read, seconds: secondsOf(load) };
}

/** @throws RangeError when a flag would have no effect. */
function refuseIdle(tests: readonly RunnableTest[], { rate, duration, events }: Request): void {
  for (const [flag, value] of Object.entries({ rate, duration, events })) {
    const variable = flag.toUpperCase();
    if (value === undefined || tests.some((test) => has(test, variable))) continue;
    const takers = (Object.keys(VARIABLES) as RunnableTest[]).filter((test) => has(test, variable));
    throw new RangeError(
      `--${flag} ${value}: changes nothing of ${tests.join(", ")}; allowed: with ${takers.join(", ")}`,
    );
  }
}

function refuseUnfit(subject: Subject, request: Request, reference: boolean): void {
  const { kind, groups, name } = subject;
  const { urls, faults, instances, manner } = request;
  refuseIdle(groups.flat(), request);
  if (kind.alone === true && instances > 1) {
    throw new RangeError(`--instances ${instances}: ${name} is one client within its limits; allowed: 1`);
  }
  const known = [...Object.keys(kind.urls), "receiver"];
  const unknown = Object.keys(urls).find((one) => !known.includes(one));
  if (unknown !== undefined) {
    throw new RangeError(
      `--url ${unknown}=${urls[unknown]}: run ${name} has no such address; allowed: ${known.join(", ")}`,
    );
  }
  if (request.receiverPort !== undefined && urls["receiver"] !== undefined) {
    throw new RangeError(
      `--receiver-port ${request.receiverPort}: the receiver at --receiver-url has a port of its own; leave one out`,
    );
  }
  if (!reference && faults.length > 0) {
    throw new RangeError(
      `--fault ${faults[0]}: faults are planted in the reference target only; leave out the addresses`,
    );
  }
  if (manner !== undefined && (!reference || kind.own !== undefined)) {
    throw new RangeError(`--as ${manner}: only the reference target has manners; leave out the addresses`);
  }
  if (reference && kind.own === undefined && urls["receiver"] !== undefined) {
    throw new RangeError(
      "--receiver-url: the reference target has a receiver of its own; give the target's addresses too",
    );
  }
  if (!reference && kind.receiver === null && urls["receiver"] === undefined) {
    throw new RangeError(
      `run ${name}: needs --receiver-url: a receiver that you started with the target's --database; see docs/${name}.md`,
    );
  }
  if (!reference && urls["receiver"] !== undefined && !tellsOutcome(kind, urls)) {
    throw new RangeError(
      `--receiver-url: run ${name} has nothing for it to settle without --${kind.outcome}-url; give both or none`,
    );
  }
  const tests = groups.flat();
  for (const test of reference ? tests : []) {
    const missing = kind.settled[test]?.find((other) => !tests.includes(other));
    if (missing !== undefined) {
      throw new RangeError(
        `run ${name}: ${test} shows nothing without ${missing}; run both, or give the target's addresses`,
      );
    }
  }
}

/** The variables that flags stand for, if a test has them. */
function flagsOf(
  test: RunnableTest,
  { kind, groups }: Subject,
  { scenario, rate, duration, events, consent }: Request,
): Record<string, string> {
  // A rate belongs to publishers; visitors beside them keep their own.
  const visits = !has(test, "EVENTS") && groups.flat().some((other) => has(other, "EVENTS"));
  const flags = {
    SCENARIO: scenario,
    RATE: visits ? undefined : rate,
    EVENTS: events,
    ALLOW_REMOTE: consent === true ? "1" : undefined,
  };
  // A subscriber listens as long as its publishers need.
  const follows = has(test, "END_WHEN_SETTLED") && kind.settled[test]?.some((other) => groups.flat().includes(other));
  const all = follows === true ? flags : { ...flags, DURATION: duration };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined || !has(test, name) ? [] : [[name, value]])),
  );
}

/** For an unknown name with the prefix of a target's variables: the most similar known one. */
function meantBy(tests: readonly RunnableTest[], name: string): string {
  const known = tests.flatMap((test) => Object.keys(variablesOf(test)));
  return tests.some((test) => beginsAsOurs(test, name) || beginsAsOwn(test, name))
    ? `did you mean ${nearest(name, known)}? `
    : "";
}

function addressesOf(
  test: RunnableTest,
  { kind, name }: Subject,
  urls: Readonly<Record<string, string>>,
  reference: boolean,
): Record<string, string> {
  const addresses: Record<string, string> = {};
  for (const [flag, variable] of Object.entries(kind.urls)) {
    if (!has(test, variable)) continue;
    const url = urls[flag];
    if (url === undefined && !reference && flag === kind.outcome) continue;
    if (url === undefined && !reference) {
      throw new RangeError(`run ${name}: ${test} needs --${flag}-url, because another address of the target was given`);
    }
    addresses[variable] = url ?? laterOf(test, variable);
  }
  return addresses;
}

/** Parses `NAME=VALUE` and `test.NAME=VALUE`. */
function settingsByTest(tests: readonly RunnableTest[], set: readonly string[]): VariablesByTest {
  const result: VariablesByTest = {};
  for (const setting of set) {
    const [, only, name, value] = /^(?:([a-z][a-z0-9-]*)\.)?([A-Z][A-Z0-9_]*)=(.*)$/s.exec(setting) ?? [];
    if (name === undefined || value === undefined) {
      throw new RangeError(`--set ${setting.split("=")[0]}: allowed: NAME=VALUE, or test.NAME=VALUE`);
    }
    const decided = DECIDED[name];
    if (decided !== undefined) throw new RangeError(`--set ${name}: ${decided}`);
    const takers = tests.filter(
      (test) => (only === undefined || only === test) && (has(test, name) || boundVariables(test).has(name)),
    );
    if (takers.length === 0) {
      throw new RangeError(
        `--set ${only === undefined ? "" : `${only}.`}${name}: no variable of ${tests.join(", ")}; ${meantBy(tests, name)}see docs/variables.md`,
      );
    }
    for (const test of takers) result[test] = { ...result[test], [name]: value };
  }
  return result;
}

function has(test: RunnableTest, name: string): boolean {
  return Object.hasOwn(variablesOf(test), name);
}

/** Settings throw strings, because k6 prints those better than errors. */
function inOneLine<T>(read: () => T): T {
  try {
    return read();
  } catch (problem) {
    if (typeof problem !== "string") throw problem;
    throw new RangeError(problem.replace(/ALLOW_REMOTE=1$/, "--yes (ALLOW_REMOTE=1)"));
  }
}
