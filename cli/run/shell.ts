/** Variables and addresses from the shell, with the prefix THROUGHLINE_. Pure. */

import { isOneSlipAway, nearest } from "../../core/nearest.ts";
import { PREFIX } from "../../core/ownvariables.ts";
import { isServiceLink } from "../../core/servicelink.ts";
import { SLO_PREFIX } from "../../core/slo.ts";
import type { Environment } from "../../k6/support/environment.ts";
import { beginsAsOurs, beginsAsOwn } from "../../k6/support/unknown.ts";
import { type RunnableTest, VARIABLES, variablesOf } from "../../systems/variables.ts";
import { boundVariables } from "../../thresholds.ts";
import type { Subject } from "./subject.ts";

/** Variables that a run sets itself, each with what to use instead. */
export const DECIDED: Readonly<Record<string, string>> = {
  RUN_ID: "give --run-id",
  INSTANCES: "give --instances",
  SUMMARY: "leave it out; the run keeps the summary of each test",
};

/** The part of a request that concerns addresses. */
interface AddressedRequest {
  readonly urls: Readonly<Record<string, string>>;
  readonly environment?: Environment;
}

/** Adds addresses from the shell where neither a flag nor a config gives them. */
export function addressed<Asked extends AddressedRequest>(request: Asked, { kind }: Subject): Asked {
  const variables = Object.entries({ ...kind.urls, receiver: "RECEIVER_URL" });
  const given = variables.flatMap(([name, variable]) => {
    const url = request.environment?.[PREFIX + variable];
    return url === undefined ? [] : [[name, url] as const];
  });
  const { receiver, ...targets } = { ...Object.fromEntries(given), ...request.urls };
  // A receiver in the environment is meant for other runs than those of a reference target.
  const has = kind.own !== undefined || Object.keys(targets).length > 0 || request.urls["receiver"] !== undefined;
  return { ...request, urls: { ...targets, ...(has && receiver !== undefined ? { receiver } : {}) } };
}

/** Rejects prefixed variables that would be ignored: names that no test has, and variables that a run sets itself. */
export function refuseSlips(tests: readonly RunnableTest[], environment: Environment = {}): void {
  const given = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  if (given.length === 0) return;
  const namesOf = (test: RunnableTest) => [...Object.keys(variablesOf(test)), ...boundVariables(test)];
  const own = tests.flatMap(namesOf);
  const known = [...own, ...(Object.keys(VARIABLES) as RunnableTest[]).flatMap(namesOf)];
  for (const name of given.map((one) => one.slice(PREFIX.length))) {
    const decided = DECIDED[name];
    if (decided !== undefined) throw new RangeError(`${PREFIX}${name}: ${decided}`);
    if (known.includes(name) || isServiceLink(name)) continue;
    const close = own.find((one) => one.length > 3 && isOneSlipAway(name, one));
    const begins =
      name.startsWith(SLO_PREFIX) || tests.some((test) => beginsAsOurs(test, name) || beginsAsOwn(test, name));
    if (close === undefined && !begins) continue;
    throw new RangeError(`${PREFIX}${name}: unknown variable; did you mean ${PREFIX}${close ?? nearest(name, known)}?`);
  }
}

/** Prefixed variables from the shell. A reference target gets no credentials that are meant for another target. */
export function settingsOfShell(
  test: RunnableTest,
  reference: boolean,
  environment: Environment = {},
): Record<string, string> {
  const variables = Object.entries(variablesOf(test)).filter(
    ([name, { credential, target }]) => !target && !(reference && (credential || beginsAsOurs(test, name))),
  );
  const names = [...variables.map(([name]) => name), ...boundVariables(test)];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[PREFIX + name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
