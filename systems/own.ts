/** The tests of a user's pipeline: its variables, profiles and objectives by the role that a test has in it. */
import { defineTest, type NamedTest } from "../core/definition.ts";
import { type AnyEndpoints, latencyMetric } from "../core/endpoints.ts";
import { metricOf } from "../core/metrics.ts";
import { DELIVERY_LATENCIES, published } from "../core/objectives.ts";
import { OWN_PREFIX } from "../core/ownaccess.ts";
import type { VariableOf } from "../core/ownvariables.ts";
import { type AnyPipeline, connectionsOf, promisedIn, subscribersOf } from "../core/pipeline.ts";
import { doublings, jump, type Profiles, VISITORS } from "../core/profiles.ts";
import { hold, ramp } from "../core/shape.ts";
import {
  explaining,
  P95_FLOOR,
  P99_FLOOR,
  SHARE_FLOOR,
  type Slo,
  type Statistic,
  slo,
  spoiling,
  valid,
} from "../core/slo.ts";
import { duration, flag, integer, secret, type Variable, variable, word } from "../core/variable.ts";
import { accounted, common, publishing, receiver, scenario } from "../core/variables.ts";
import { OWN_WAYS_IN } from "./access.ts";

/** What shows that nobody listened, or read what came. */
const UNHEARD = /^account_(expected|judged_share)$/;

/** Frames may carry several events: of a hundred events in batches of five, p95 leaves one frame out. */
const LEAST_FRAMES = 20;

/** The profiles of a publisher, where its pipeline says no others: events per second. */
const PROFILES: Profiles = {
  smoke: [hold(50, "20s")],
  load: [hold(200, "5m")],
  stress: [hold(200, "1m"), ramp(1_000, "5m"), hold(1_000, "5m")],
  spike: [hold(200, "1m"), jump(2_000), hold(2_000, "15s"), jump(200), hold(200, "1m")],
  soak: [hold(100, "30m")],
  breakpoint: doublings(50, 8),
};

const text = variable("any text that is not empty", (given) => (given === "" ? undefined : given));

/** Where the load goes, whatever the scheme. */
const { parse: anything } = text("");
const target = variable("a URL", anything, { target: true });

function variableOf(name: string, of: VariableOf): Variable<unknown> {
  const {
    meaning,
    fallback,
    secret: isSecret,
  } = typeof of === "string" ? { meaning: name, fallback: of } : { secret: false, ...of };
  const kind = isSecret === true ? secret : name.endsWith("_URL") ? target : text;
  const made = fallback === undefined ? kind(meaning) : kind(meaning, fallback);
  return isSecret === true ? { ...made, hidden: true } : made;
}

const OBJECTIVE = /^(p\(95\)|p\(99\)|avg|max|rate|count|value)\s*(<|<=|>=|==)\s*(\d+(?:\.\d+)?)$/;
const FLOORS: Readonly<Record<Statistic, number>> = {
  "p(95)": P95_FLOOR,
  "p(99)": P99_FLOOR,
  avg: 30,
  max: 1,
  rate: SHARE_FLOOR,
  count: 1,
  value: 1,
};

/** Reads objectives such as `"p(95) < 250"`. @throws RangeError in one line for what is none. */
export function objectivesOf({ name, objectives = {} }: Pick<AnyPipeline, "name" | "objectives">): Slo[] {
  return Object.entries(objectives).flatMap(([metric, texts]) => {
    if (metricOf(metric) === undefined) {
      throw new RangeError(`pipeline ${name}: objectives.${metric}: no such metric; docs/metrics.md lists them`);
    }
    return [texts].flat().map((written) => objectiveOf(metric, written, `pipeline ${name}: objectives.${metric}`));
  });
}

function objectiveOf(metric: string, written: string, place: string): Slo {
  const [, statistic, comparison, bound] = OBJECTIVE.exec(written) ?? [];
  if (statistic === undefined) {
    throw new RangeError(
      `${place}: ${written}: allowed: p(95), p(99), avg, max, rate, count or value, then <, <=, >= or == and a number`,
    );
  }
  return {
    metric,
    statistic: statistic as Statistic,
    comparison: comparison as Slo["comparison"],
    bound: Number(bound),
    floor: FLOORS[statistic as Statistic],
    miss: "FAIL",
  };
}

const isPublishing = ({ metric }: Slo) => !metric.startsWith("account_");

const PUBLISHES = {
  ...common,
  ...accounted,
  ...publishing,
  SUBSCRIPTIONS: integer(1, 100_000)("subscriptions without which the load does not start"),
};

const LISTENS = {
  RECEIVER_URL: receiver("the receiver that settles the run", "http://127.0.0.1:4800"),
  RUN_ID: word("name of the run, the same as the publisher's"),
  END_WHEN_SETTLED: flag("1 ends the connections when the receiver has settled the run", "1"),
};

const VISITS = {
  ...common,
  VUS: integer(1, 100_000)("highest number of virtual users, instead of the profile's"),
  THINK_TIME: duration("pause of a visitor after each round of requests", "1s"),
  HTTP_TIMEOUT: duration("how long an answer may take before it is given up", "10s"),
};

/** @throws RangeError for a variable of a file's own that would be read as one of the suite's. */
export function refuseVariables(declared: AnyPipeline | AnyEndpoints): void {
  const [what, suite] = "endpoints" in declared ? ["endpoints", VISITS] : ["pipeline", { ...PUBLISHES, ...LISTENS }];
  const taken = ["SCENARIO", "DURATION", ...Object.keys(suite)];
  const both = Object.keys(declared.variables ?? {}).find((name) => taken.includes(name));
  if (both === undefined) return;
  throw new RangeError(`${what} ${declared.name}: variables.${both}: every test has a ${both}; give it another name`);
}

/** The two roles of a pipeline, or the one where nothing subscribes; they are known by their names from then on. */
export function defineTestsOf(pipeline: AnyPipeline): readonly NamedTest[] {
  const { observe } = pipeline;
  const own = objectivesOf(pipeline);
  const counted = observe.kind === "count";
  const settled = [
    ...(counted ? [] : [slo("account_damaged").count.is(0)]),
    ...(promisedIn(pipeline) === "none" ? [] : [slo("account_reordered").count.is(0)]),
    ...(observe.kind === "rows" || observe.kind === "list" ? [slo("account_vanished").count.is(0)] : []),
    ...own.filter((row) => !isPublishing(row)),
  ];
  const publisher: NamedTest = {
    ...ownTest(pipeline, PUBLISHES, PROFILES),
    load: "publishes",
    objectives: () => [...published, ...own.filter(isPublishing)],
    settled: () => settled,
    context: () => ({ counted }),
    circumstances: [{ counted }],
  };
  const tests =
    observe.kind === "subscription" ? [subscriber(publisher, connectionsOf(pipeline)), publisher] : [publisher];
  for (const test of tests) defineTest(test.name, test);
  return tests;
}

/** What every test of a user's file is given. @param suite the suite's variables, and its profiles. */
function ownTest(declared: AnyPipeline | AnyEndpoints, suite: NamedTest["variables"], suiteProfiles: Profiles) {
  const { variables, required } = declaredIn(declared);
  const profiles = { ...suiteProfiles, ...declared.profiles };
  return {
    name: declared.name,
    variables: { SCENARIO: scenario(profiles), ...suite, ...OWN_WAYS_IN, ...variables },
    declared: Object.keys(variables),
    prefixes: [`${OWN_PREFIX}_`],
    required,
    profiles,
  };
}

/** What a file says of its own variables: how each is read, and which must be given. */
function declaredIn({ variables = {} }: { readonly variables?: Readonly<Record<string, VariableOf>> }) {
  const declared = Object.entries(variables);
  const required = declared.flatMap(([key, of]) =>
    typeof of === "object" && of.fallback === undefined ? [[key, of.meaning]] : [],
  );
  return {
    variables: Object.fromEntries(declared.map(([key, of]) => [key, variableOf(key, of)])),
    required: Object.fromEntries(required) as Record<string, string>,
  };
}

/** The objectives of a table of endpoints. @throws RangeError in one line for what is none. */
export function objectivesOfVisits({ name, endpoints }: AnyEndpoints): Slo[] {
  return endpoints.flatMap((endpoint) =>
    [endpoint.objective ?? []]
      .flat()
      .map((written) =>
        objectiveOf(latencyMetric(endpoint.name), written, `endpoints ${name}: ${endpoint.name}: objective`),
      ),
  );
}

/** The test that asks a table of endpoints; it is known by its name from then on. */
export function defineVisitsOf(declared: AnyEndpoints): NamedTest {
  const objectives = [
    slo("http_error_rate").rate.is(0),
    slo("http_outage_ms").max.below(1_000),
    ...objectivesOfVisits(declared),
  ];
  const test: NamedTest = {
    ...ownTest(declared, VISITS, VISITORS),
    load: "visits",
    objectives: () => objectives,
    settled: () => [],
  };
  defineTest(test.name, test);
  return test;
}

function subscriber(
  { name, declared = [], required = {}, settled, variables, profiles: loads }: NamedTest,
  connections: number,
): NamedTest {
  const { RATE, EVENTS, WORKERS, BATCH, ACK_TIMEOUT, CANARY_TIMEOUT, SUBSCRIPTIONS, ...rest } = variables;
  // They hold their connections for as long as the load lasts, whichever it is.
  const profiles = Object.fromEntries(Object.keys(loads).map((profile) => [profile, [hold(connections, "1m")]]));
  return {
    name: subscribersOf(name),
    variables: {
      ...rest,
      SCENARIO: scenario(profiles, "the profile of the load that is listened to"),
      ...LISTENS,
    },
    declared,
    prefixes: [`${OWN_PREFIX}_`],
    required,
    profiles,
    load: "stays",
    objectives: () => [
      ...explaining(UNHEARD, slo("ws_connection_errors_total").count.is(0), slo("ws_sessions_lost").count.is(0)),
      slo("ws_events_damaged").count.is(0),
      // A reader that is late dates deliveries late, and has not read all that came.
      ...explaining(
        UNHEARD,
        ...spoiling(DELIVERY_LATENCIES, { ...valid("generator_lag_ms").p95.below(50), floor: LEAST_FRAMES }),
      ),
    ],
    settled,
  };
}
