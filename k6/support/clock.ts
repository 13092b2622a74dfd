import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Clock, ClockComparison, type ClockOffset, RESOLUTION_MS } from "../../core/clock.ts";
import type { Plan } from "../../core/plan.ts";
import type { Measure } from "./measure.ts";

/** The wall may be set under a running test. */
const LOOK_AFTER_MS = 1_000;

/** k6 makes the whole object anew each time it is asked for it: 15 us, a quarter of what a paced publisher cost. */
let instance: typeof exec.instance | undefined;

/** Ms since the test began, by a clock that nobody sets. */
export function elapsed(): number {
  instance ??= exec.instance;
  return instance.currentTestRunDuration;
}

/** What {@link elapsed} says at a Unix time in ms, as the wall has it now: a wall clock that is set moves no end then. */
export function momentOf(unix: number): number {
  return elapsed() + unix - Date.now();
}

const clock = new Clock(elapsed, LOOK_AFTER_MS);

/** Unix time in milliseconds with digits below the millisecond: k6 counts the time since the test's start so finely. */
export function now(): number {
  return clock.now();
}

/** Requests to the receiver are told apart from the load by this name, and follow redirects where the load may not. */
export const RECEIVER_TAGS = { tags: { name: "receiver" }, redirects: 10 };

/** Enough for one quick answer among them; in the middle of a load fewer must do. */
const ROUND_TRIPS = 9;

/** A clock to compare, and what it leaves out, in ms. */
interface OwnClock {
  readonly now: () => number;
  readonly truncated: number;
}

const FINE: OwnClock = { now, truncated: 0 };
/** In `teardown()` k6 does not count the time of the test. */
export const COARSE: OwnClock = { now: () => Date.now(), truncated: RESOLUTION_MS };

/** The receiver's clock against ours. @throws when no answer tells its time. */
export function compareClocks(receiver: string, own: OwnClock = FINE): ClockOffset {
  const comparison = new ClockComparison();
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const asked = own.now();
    const answer = http.get(`${receiver}/clock`, RECEIVER_TAGS);
    const answered = own.now();
    const theirs = answer.status === 200 ? answer.json("now") : null;
    if (typeof theirs === "number") comparison.enter(asked, theirs, answered);
  }
  if (!Number.isFinite(comparison.best.error)) throw new Error(`${receiver}/clock does not tell its time`);
  const { offset, error } = comparison.best;
  return { offset, error: error + own.truncated };
}

/** Visitors and their connections have begun by then; publishers are there from the start. */
const START = { visitors: "2s", publishers: "1s" };

/** A scenario beside the load in which one virtual user of each process compares clocks. @param seconds of the load. */
export function clockScenario(
  config: { readonly RECEIVER_URL?: string | undefined; readonly INSTANCES: number; readonly load: Plan },
  seconds: number,
) {
  if (config.RECEIVER_URL === undefined) return {};
  const own = { executor: "per-vu-iterations", exec: "compareClock", vus: config.INSTANCES, iterations: 1 };
  const startTime = START[config.load.kind === "visitors" ? "visitors" : "publishers"];
  return { clocks: { ...own, startTime, maxDuration: `${Math.ceil(seconds) + 60}s`, gracefulStop: "0s" } };
}

/** So often that a clock that is set in the middle of a run is noticed in it. */
const COMPARE_EVERY_SECONDS = 2;
/** Enough samples of this machine's lateness for a p99 of a few seconds; it may prolong a run whose load ends early. */
const LOOK_EVERY_SECONDS = 0.05;

/**
 * Compares clocks while there is load: to be called by a virtual user that does nothing else.
 *
 * @param others virtual users beside the load that wait for its end as well.
 * @param compare is called every two seconds. @returns whether there is nothing more to compare for.
 * @param lateness takes how late each wait ended.
 */
export function whileLoaded(others: number, compare: () => boolean, lateness: Measure | null): void {
  for (let waited = 0; exec.instance.vusActive > 1 + others; waited += LOOK_EVERY_SECONDS) {
    if (waited >= COMPARE_EVERY_SECONDS) {
      waited = 0;
      if (compare()) return;
    }
    const due = now() + LOOK_EVERY_SECONDS * 1000;
    sleep(LOOK_EVERY_SECONDS);
    lateness?.add(Math.max(0, now() - due));
  }
}
