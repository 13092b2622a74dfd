import { namesOfWay } from "../systems/access.ts";
import { variablesOf } from "../systems/variables.ts";

/** More connections than these are more than a hundred megabytes. */
const MANY_CONNECTIONS = 1_000;

/** What leads k6 to its servers and files, and where it tells its samples. */
const PASSED_ON = /^(PATH|PWD|HOME|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|SSL_CERT_(FILE|DIR)|K6_\w+)$/;

/** These change what is run and judged, which is ours to say. */
const OURS =
  /^K6_(VUS|DURATION|ITERATIONS|STAGES|EXECUTION_SEGMENT\w*|NO_(SETUP|TEARDOWN|THRESHOLDS|SUMMARY)|INCLUDE_SYSTEM_ENV_VARS)$/;

/**
 * The environment of a k6: the variables of its test, which other users of the machine could read in a
 * command line, and what it needs of ours.
 *
 * How much garbage Go lets pile up, in percent of what is in use, before it collects: while it does, on a
 * machine of few cores what arrives waits for milliseconds. A small heap affords to be collected seldom,
 * connections by the thousand do not.
 *
 * @param test whose environment it is.
 * @param variables of the test; our environment may hold some of the same names that were meant for something else.
 * @param connections how many it will hold open.
 */
export function k6Environment(
  test: string,
  ours: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
  connections: number,
): Record<string, string> {
  const passed = Object.entries(ours).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]) && !OURS.test(entry[0]),
  );
  const collection = ours["GOGC"] ?? (connections > MANY_CONNECTIONS ? "50" : "400");
  // It takes authorities from its environment only.
  const [named] = namesOfWay("CA", variablesOf(test)).filter((name) => name in variables);
  const authorities = named === undefined ? undefined : variables[named];
  return {
    ...Object.fromEntries(passed),
    GOGC: collection,
    ...(authorities === undefined ? {} : { SSL_CERT_FILE: authorities }),
    ...variables,
  };
}
