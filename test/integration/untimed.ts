import { sloVariable } from "../../core/slo.ts";
import { settings } from "../../k6/support/settings.ts";
import type { RunnableTest } from "../../systems/variables.ts";

/** Objectives that a busy machine may miss although every event is accounted for. */
export const TIMED = /_ms$|^offered_rate_share$|^dropped_iterations$/;

/** Objectives that a busy machine may miss or be unable to judge although every event is accounted for. */
export const BUSY = new RegExp(`${TIMED.source}|^account_clock_doubts$`);

/** Bounds that every time meets; conditions of the measurement cannot be switched off. */
function boundless(test: RunnableTest, variables: Readonly<Record<string, string>>): [string, string][] {
  return settings(test, variables)
    .slos.filter(({ metric }) => TIMED.test(metric))
    .map((row) => [sloVariable(row), row.comparison === ">=" ? "0" : "1000000000"]);
}

/** Variables of a run without objectives of time: whether an account is right must not depend on the machine. */
export function untimed(test: RunnableTest, variables: Readonly<Record<string, string>>): Record<string, string> {
  return { ...Object.fromEntries(boundless(test, variables)), ...variables };
}

/** The same for a run of the command that a receiver settles. */
export function untimedFlags(...tests: RunnableTest[]): string[] {
  const accounted = { RECEIVER_URL: "http://127.0.0.1:4800" };
  return tests.flatMap((test) =>
    boundless(test, accounted).flatMap(([name, bound]) => ["--set", `${test}.${name}=${bound}`]),
  );
}
