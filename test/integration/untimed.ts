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
