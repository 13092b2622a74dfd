import { availableParallelism } from "node:os";
import { namesOfWay } from "../systems/access.ts";
import { variablesOf } from "../systems/variables.ts";

/** More connections than this take more than 70 MB. */
const MANY_CONNECTIONS = 1_000;

/** Go gives one thread of four to a collection. */
const LEAST_THREADS = 4;

/** Variables that lead k6 to its servers and files, or to its outputs. */
const PASSED_ON = /^(PATH|PWD|HOME|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|SSL_CERT_(FILE|DIR)|K6_\w+)$/;

/** These change what is run or judged, which is for us to decide. */
const OURS =
  /^K6_(VUS|DURATION|ITERATIONS|STAGES|EXECUTION_SEGMENT\w*|NO_(SETUP|TEARDOWN|THRESHOLDS|SUMMARY)|INCLUDE_SYSTEM_ENV_VARS)$/;

/**
 * The environment of a k6 process: the variables of its test, which other users of the machine could read on a command
 * line, and the parts of our own environment that it needs.
 *
 * GOGC is how much garbage Go lets pile up before it collects, in percent of the live heap. During a collection,
 * incoming messages on a machine with few cores wait for milliseconds. A small heap can afford rare collections;
 * thousands of connections less so. Go gives a collection a quarter of its threads, where those are four at least;
 * where they are two, what reads the connections does most of it: with 10,000 on two cores, every hundredth event was
 * 160 ms late with two threads, and 60 ms with four.
 *
 * @param test whose environment it is.
 * @param variables of the test; variables of the same names in our own environment are not passed on.
 * @param connections how many it will hold open.
 * @param cores of this machine.
 */
export function k6Environment(
  test: string,
  ours: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
  connections: number,
  cores: number = availableParallelism(),
): Record<string, string> {
  const passed = Object.entries(ours).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]) && !OURS.test(entry[0]),
  );
  const areMany = connections > MANY_CONNECTIONS;
  const collection = ours["GOGC"] ?? (areMany ? "200" : "400");
  const threads = ours["GOMAXPROCS"] ?? (areMany && cores < LEAST_THREADS ? LEAST_THREADS : undefined);
  // k6 reads certificate authorities from its environment only.
  const [named] = namesOfWay("CA", variablesOf(test)).filter((name) => name in variables);
  const authorities = named === undefined ? undefined : variables[named];
  return {
    ...Object.fromEntries(passed),
    GOGC: collection,
    ...(threads === undefined ? {} : { GOMAXPROCS: String(threads) }),
    ...(authorities === undefined ? {} : { SSL_CERT_FILE: authorities }),
    ...variables,
  };
}
