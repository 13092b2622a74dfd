import exec from "k6/execution";
import { Clock } from "../../workload/clock.ts";

/** The wall may be corrected under a running test; comparing more often would make events late. */
const RENEW_AFTER_MS = 10_000;

const clock = new Clock(() => exec.instance.currentTestRunDuration, RENEW_AFTER_MS);

/** Unix time in milliseconds with digits below the millisecond: k6 counts the time since the test's start so finely. */
export function now(): number {
  return clock.now();
}
