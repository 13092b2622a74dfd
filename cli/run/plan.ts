/** The plan of a run: its tests with the variables that follow from a request. Pure. */

import { secondsOf } from "../../core/plan.ts";
import { ticksIn } from "../../core/schedule.ts";
import { peakOf } from "../../core/shape.ts";
import { type Settings, settings } from "../../k6/support/settings.ts";
import { type RunnableTest, variablesOf } from "../../systems/variables.ts";
import type { VariablesByTest } from "../kind.ts";
import { hasVariable, type Request, refuseUnfit, settingsByTest, showsFarEnd } from "./request.ts";
import { refuseSlips, settingsOfShell } from "./shell.ts";
import type { Subject } from "./subject.ts";

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
  /** The target is that of a user's file, which has its addresses. */
  readonly own: boolean;
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
    (subject.settled && (reference || showsFarEnd(kind, targetUrls)) ? "start" : null);
  const given: VariablesByTest = {};
  const takes = (test: RunnableTest, name: string) => takesOfAll(test, name, subject);
  const sets = settingsByTest(tests, request.set, takes);
  for (const test of tests) {
    given[test] = {
      ...preset[test],
      ...kind.variables.always[test],
      ...(reference ? kind.variables.reference[test] : {}),
      ...(request.manner === "real" ? kind.variables.real?.[test] : {}),
      ...onlyTaken(test, settingsOfShell(test, reference, request.environment), takes),
      ...flagsOf(test, subject, request),
      ...sets[test],
      ...addressesOf(test, subject, targetUrls, reference),
      ...(receiver !== null && hasVariable(test, "RECEIVER_URL")
        ? { RECEIVER_URL: receiver === "start" ? later("http") : receiver }
        : {}),
    };
  }
  const fitted = inOneLine(() => kind.fit?.(given) ?? given);
  const plan = (test: RunnableTest) => planTest(test, fitted[test] ?? {}, request.instances);
  return { groups: groups.map((group) => group.map(plan)), reference, own: kind.own !== undefined, receiver };
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
  const profile = variables["SCENARIO"] === undefined ? {} : { SCENARIO: read.SCENARIO };
  return { test, variables: { ...variables, ...profile }, settings: read, seconds: secondsOf(load) };
}

/** The variables that flags stand for, if a test has them. */
function flagsOf(
  test: RunnableTest,
  subject: Subject,
  { scenario, rate, duration, events, consent }: Request,
): Record<string, string> {
  const flags = {
    SCENARIO: scenario,
    RATE: rate,
    DURATION: duration,
    EVENTS: events,
    ALLOW_REMOTE: consent === true ? "1" : undefined,
  };
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) =>
      value === undefined || !hasVariable(test, name) || !takesOfAll(test, name, subject) ? [] : [[name, value]],
    ),
  );
}

/**
 * Whether a test takes a variable that is given for all tests of a run, by whatever way. Length and rate are those of the
 * load, and that is what publishers do.
 */
function takesOfAll(test: RunnableTest, name: string, { kind, groups }: Subject): boolean {
  const tests = groups.flat();
  // A rate belongs to publishers; visitors beside them keep their own.
  if (name === "RATE") return hasVariable(test, "EVENTS") || !tests.some((other) => hasVariable(other, "EVENTS"));
  if (name !== "DURATION") return true;
  // A subscriber listens as long as its publishers need.
  const follows = hasVariable(test, "END_WHEN_SETTLED") && kind.settled[test]?.some((other) => tests.includes(other));
  return follows !== true;
}

function onlyTaken(
  test: RunnableTest,
  variables: Readonly<Record<string, string>>,
  takes: (test: RunnableTest, name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => takes(test, name)));
}

function addressesOf(
  test: RunnableTest,
  { kind, name }: Subject,
  urls: Readonly<Record<string, string>>,
  reference: boolean,
): Record<string, string> {
  const addresses: Record<string, string> = {};
  for (const [flag, variable] of Object.entries(kind.urls)) {
    if (!hasVariable(test, variable)) continue;
    const url = urls[flag];
    if (url === undefined && !reference && flag === kind.outcome) continue;
    if (url === undefined && !reference) {
      throw new RangeError(`run ${name}: ${test} needs --${flag}-url, because another address of the target was given`);
    }
    addresses[variable] = url ?? laterOf(test, variable);
  }
  return addresses;
}

/** Settings throw strings, because k6 prints those better than errors. */
function inOneLine<T>(read: () => T): T {
  try {
    return read();
  } catch (problem) {
    if (typeof problem !== "string") throw problem;
    // The flag of k6, in a message for who gives none to it.
    throw new RangeError(
      problem.replace(/ALLOW_REMOTE=1$/, "--yes (ALLOW_REMOTE=1)").replace(/ -e (?=[A-Z]\w*=)/, " --set "),
    );
  }
}
