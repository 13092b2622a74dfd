/** Finds the cause of an error in the log of a program that ended. */

/** A line that names an error, as Node, Go, PostgreSQL, Redis, InfluxDB and NATS write them. */
const ERROR_LINE = /(?:^|[\s:[{"])(?:\w*Error|error|fatal|panic|cannot|denied|refused)\b/i;

/** Lines with which Node quotes the code that threw, and its own version. */
const NO_CAUSE = /^\s*(?:throw |at |\^|Node\.js v)/;

/** Longer lines are cut. */
const LONGEST_LINE = 300;

/**
 * The line of a log that says why a program ended: the first one that names an error, because the stack and the
 * consequences follow it. Without such a line, the last one.
 *
 * @returns one line; empty when the log is empty.
 */
export function causeIn(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "" && !NO_CAUSE.test(line));
  return (lines.find((line) => ERROR_LINE.test(line)) ?? lines.at(-1) ?? "").trim().slice(0, LONGEST_LINE);
}
