import exec from "k6/execution";
import { Clock } from "../../core/clock.ts";

/** The wall may be set under a running test. */
const LOOK_AFTER_MS = 1_000;

const clock = new Clock(() => exec.instance.currentTestRunDuration, LOOK_AFTER_MS);

/** Unix time in milliseconds with digits below the millisecond: k6 counts the time since the test's start so finely. */
export function now(): number {
  return clock.now();
}
