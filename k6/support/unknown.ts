/** Unknown variables: which of them were meant for us. */
import { definitionOf } from "../../core/definition.ts";
import { isOneSlipAway, nearest } from "../../core/nearest.ts";
import { PREFIX } from "../../core/ownvariables.ts";
import { onOneLine } from "../../core/redaction.ts";
import { isServiceLink } from "../../core/servicelink.ts";
import { SLO_PREFIX, type Slo, sloVariable } from "../../core/slo.ts";
import { NOT_OURS } from "../../systems/access.ts";
import { type RunnableTest, VARIABLES, variablesOf } from "../../systems/variables.ts";
import { boundVariables } from "../../thresholds.ts";
import { type Environment, shown } from "./environment.ts";

/** Names without an underscore whose misspelling would run another load; other short words belong to other programs. */
const UNMISTAKABLE = ["SCENARIO", "DURATION"];

/**
 * Refuses variables that are surely meant for us and do nothing: those with our prefixes, and those
 * one slip of the finger away from a variable of this test. The environment is full of other programs'
 * variables: bare words such as MODE or DATE are none of our business.
 */
export function refuseUnknown(test: RunnableTest, rows: readonly Slo[], environment: Environment): void {
  const known = [...Object.keys(variablesOf(test)), ...rows.map(sloVariable)];
  for (const given of Object.keys(environment)) {
    const name = given.startsWith(PREFIX) ? given.slice(PREFIX.length) : given;
    if (known.includes(name) || isOfAnyTest(name) || isServiceLink(given)) continue;
    const meant = given.includes("_") ? known : UNMISTAKABLE;
    const close = meant.find((candidate) => candidate.length > 3 && isOneSlipAway(name, candidate));
    if (close !== undefined) {
      throw new RangeError(
        `${onOneLine(given)}=${shown(name, environment[given] ?? "", close)}: unknown variable; did you mean ${close}?`,
      );
    }
    if (beginsAsOurs(test, name) || beginsAsOwn(test, name)) {
      const value = shown(name, environment[given] ?? "");
      throw new RangeError(
        `${onOneLine(given)}=${value}: unknown variable of ${test}; did you mean ${nearest(name, known)}?`,
      );
    }
    if (name !== given || name.startsWith(SLO_PREFIX)) {
      const allowed = name.startsWith(SLO_PREFIX) ? rows.map(sloVariable) : Object.keys(variablesOf(test));
      throw new RangeError(
        `${onOneLine(given)}=${shown(name, environment[given] ?? "")}: unknown variable of ${test}; allowed: ${allowed.join(", ")}`,
      );
    }
  }
}

/** Whether a variable says by its prefix that it is about a test's target. */
export function beginsAsOurs(test: RunnableTest, name: string): boolean {
  return !NOT_OURS.includes(name) && (definitionOf(test)?.prefixes ?? []).some((prefix) => name.startsWith(prefix));
}

/** Whether a variable begins with the first word of one that a user's file declares: `SHOP_` of SHOP_URL. */
export function beginsAsOwn(test: string, name: string): boolean {
  const declared = definitionOf(test)?.declared ?? [];
  return declared.some((known) => known.includes("_") && name.startsWith(`${known.split("_")[0]}_`));
}

/** One shell may hold the variables and the bounds of several tests. */
function isOfAnyTest(name: string): boolean {
  const tests = Object.keys(VARIABLES) as RunnableTest[];
  if (tests.some((test) => Object.hasOwn(VARIABLES[test], name))) return true;
  return name.startsWith(SLO_PREFIX) && tests.some((test) => boundVariables(test).has(name));
}
