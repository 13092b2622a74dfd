/** The parameters of a run, as its record shows them: without secrets, and equal for runs that can be compared. Pure. */

import { secretsIn, shown } from "../../k6/support/environment.ts";
import { type RunnableTest, variablesOf } from "../../systems/variables.ts";
import type { FinishedRun } from "./finished-run.ts";

/** Times and addresses are left out, so that runs can be compared. */
const NOT_PARAMETERS = new Set(["RUN_ID", "SUMMARY"]);

/** The parameters by name. */
export function parametersOf({ subject, plan, instances, flags }: FinishedRun): Record<string, string> {
  const parameters: Record<string, string> = { subject, instances: String(instances) };
  const tests = plan.groups.flat();
  const isSecret = secretOf(tests.map(({ test }) => test));
  if (flags.length > 0) {
    parameters["k6"] = flags.map((flag, place) => shownFlag(flag, flags[place - 1], isSecret)).join(" ");
  }
  for (const { test, variables, settings } of tests) {
    parameters[`${test}.SCENARIO`] = settings.SCENARIO;
    parameters[`${test}.load`] = JSON.stringify(settings.load);
    for (const [name, value] of Object.entries(variables)) {
      const ours = /^\w+:\/\/later\b/.test(value);
      const text = shown(name, value);
      if (!NOT_PARAMETERS.has(name) && !ours && !isSecret(name, value)) parameters[`${test}.${name}`] = text;
    }
  }
  return parameters;
}

/** What tells whether a variable of these tests holds a secret: it is declared as one, or its name says so. */
export function secretOf(tests: readonly RunnableTest[]): (name: string, value: string) => boolean {
  return (name, value) =>
    shown(name, value) === "(hidden)" ||
    tests.some((test) => {
      const variable = variablesOf(test)[name];
      return variable !== undefined && secretsIn(name, value, variable).includes(value);
    });
}

/** Flags of k6 whose values contain secrets or, in HTTP headers, tokens. */
const PLACE = /^--(?:secret-source|log-output|traces-output)(?:=|$)/;

/** A flag of k6 without secrets, in any spelling that sets a variable. */
function shownFlag(
  flag: string,
  before: string | undefined,
  isSecret: (name: string, value: string) => boolean,
): string {
  if (before !== undefined && PLACE.exec(before)?.[0] === before) return "(hidden)";
  const [place] = PLACE.exec(flag) ?? [];
  if (place?.endsWith("=")) return `${place}(hidden)`;
  const [, how = "", name, value] = /^((?:--env=|-[a-z]*e=?)?)(\w+)=(.*)$/s.exec(flag) ?? [];
  if (name === undefined || value === undefined) return shown("", flag);
  return `${how}${name}=${isSecret(name, value) ? "(hidden)" : shown(name, value)}`;
}
