import exec from "k6/execution";

/** Readings of the two clocks that an anchor is made of; JavaScript takes about 10 microseconds for one. */
const READINGS = 150;

/** The wall may be corrected under a running test: an anchor is good for so long. */
const RENEW_AFTER_MS = 10_000;

let offset = Number.NEGATIVE_INFINITY;
let anchoredAt = Number.NEGATIVE_INFINITY;

/**
 * Unix time in milliseconds with digits below the millisecond, which `Date.now()` has not. The time
 * since the start of the test is fine-grained; the largest difference to the truncated wall time over
 * a little more than a millisecond is the moment at which the test started.
 */
export function now(): number {
  const instance = exec.instance;
  const elapsed = instance.currentTestRunDuration;
  if (elapsed - anchoredAt <= RENEW_AFTER_MS) return elapsed + offset;
  anchoredAt = elapsed;
  offset = Number.NEGATIVE_INFINITY;
  for (let reading = 0; reading < READINGS || instance.currentTestRunDuration - elapsed < 1.5; reading++) {
    offset = Math.max(offset, Date.now() - instance.currentTestRunDuration);
  }
  return instance.currentTestRunDuration + offset;
}
