import { settings } from "../../k6/support/settings.ts";
import { sloVariable } from "../../thresholds.ts";
import type { RunnableTest } from "../../variables.ts";

/** What a busy machine misses although every event is accounted for. */
const TIMED = /_ms$|^offered_rate_share$|^dropped_iterations$/;

/** The variables of a run that is not held to any time: whether an account is right must not depend on the machine. */
export function untimed(test: RunnableTest, variables: Readonly<Record<string, string>>): Record<string, string> {
  const timed = settings(test, variables).slos.filter(({ metric }) => TIMED.test(metric));
  return { ...Object.fromEntries(timed.map((row) => [sloVariable(row), "off"])), ...variables };
}

/** The same for a run of the command that a receiver settles. */
export function untimedFlags(...tests: RunnableTest[]): string[] {
  const accounted = { RECEIVER_URL: "http://127.0.0.1:4800" };
  return tests.flatMap((test) => {
    const { RECEIVER_URL: _, ...off } = untimed(test, accounted);
    return Object.keys(off).flatMap((name) => ["--set", `${test}.${name}=off`]);
  });
}
