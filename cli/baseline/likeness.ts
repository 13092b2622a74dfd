import { createHash } from "node:crypto";

/** What a run was asked for, by name. */
export type Parameters = Readonly<Record<string, string>>;

/** A parameter in which two runs differ; null where one of them does not have it. */
interface Difference {
  readonly parameter: string;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** A short hash of the parameters: equal for two runs exactly when their parameters are equal. */
export function fingerprint(parameters: Parameters): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}

/** The parameters that differ, by name. */
export function differences(ours: Parameters, theirs: Parameters): Difference[] {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  const valueIn = (parameters: Parameters, name: string) =>
    Object.hasOwn(parameters, name) ? (parameters[name] as string) : null;
  return names
    .map((parameter) => ({ parameter, ours: valueIn(ours, parameter), theirs: valueIn(theirs, parameter) }))
    .filter((one) => one.ours !== one.theirs);
}

/** Differences as one line: `RATE is 1000, the baseline has 500`. */
export function describe(found: readonly Difference[]): string {
  const shown = (value: string | null, absent: string) => (value === null ? absent : `"${value}"`);
  return found
    .map(
      ({ parameter, ours, theirs }) =>
        `${parameter} is ${shown(ours, "not given")}, the baseline has ${shown(theirs, "none")}`,
    )
    .join("; ");
}
