/** What went wrong, found in what a program logged before it ended. */

/** A line that names an error, as Node, Go, PostgreSQL, Redis, InfluxDB and NATS write them. */
const ERROR_LINE = /(?:^|[\s:[{"])(?:\w*Error|error|fatal|panic|cannot|denied|refused)\b/i;

/** Where Node quotes the code that threw, and what it says of itself at the very end. */
const NO_CAUSE = /^\s*(?:throw |at |\^|Node\.js v)/;

/** Characters of a line that are told. */
const LONGEST_LINE = 300;

/**
 * The line of a log that says why a program ended: the first that names an error, because what follows it is
 * the stack and the consequences. Without such a line, the last one.
 *
 * @returns one line; empty when nothing was logged.
 */
export function causeIn(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "" && !NO_CAUSE.test(line));
  return (lines.find((line) => ERROR_LINE.test(line)) ?? lines.at(-1) ?? "").trim().slice(0, LONGEST_LINE);
}
