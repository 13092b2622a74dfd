/** The tests of a pipeline of one's own: its variables, profiles and objectives by the role that a test has in it. */
import { defineTest, type TestDefinition } from "../core/definition.ts";
import { METRICS } from "../core/metrics.ts";
import type { AnyPipeline, VariableOf } from "../core/pipeline.ts";
import { hold, ramp, type Step } from "../core/shape.ts";
import { P95_FLOOR, P99_FLOOR, SHARE_FLOOR, type Slo, type Statistic, slo, valid } from "../core/slo.ts";
import { address, flag, integer, secret, type Variable, variable, word } from "../core/variable.ts";
import { accounted, common, publishing } from "./variables.ts";

/** What the test is called that holds the subscriptions of a pipeline. */
export const subscribersOf = (name: string) => `${name}-subscribers`;

const doublings = (rate: number, times: number): Step[] =>
  Array.from({ length: times }, (_, step) => hold(rate * 2 ** step, "30s"));

/** The profiles of a publisher, where its pipeline says no others: events per second. */
const PROFILES: Readonly<Record<string, readonly Step[]>> = {
  smoke: [hold(50, "20s")],
  load: [hold(200, "5m")],
  stress: [hold(200, "1m"), ramp(1_000, "5m"), hold(1_000, "5m")],
  spike: [hold(200, "1m"), ramp(2_000, "0s"), hold(2_000, "15s"), ramp(200, "0s"), hold(200, "1m")],
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
  return fallback === undefined ? kind(meaning) : kind(meaning, fallback);
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
    if (!Object.hasOwn(METRICS, metric)) {
      throw new RangeError(`pipeline ${name}: objectives.${metric}: no such metric; docs/metrics.md lists them`);
    }
    return [texts].flat().map((written): Slo => {
      const [, statistic, comparison, bound] = OBJECTIVE.exec(written) ?? [];
      if (statistic === undefined) {
        throw new RangeError(
          `pipeline ${name}: objectives.${metric}: ${written}: allowed: p(95), p(99), avg, max, rate, count or value, then <, <=, >= or == and a number`,
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
    });
  });
}

const isPublishing = ({ metric }: Slo) => !metric.startsWith("account_");

/** The two roles of a pipeline, or the one where nothing subscribes; they are known by their names from then on. */
export function defineTestsOf(pipeline: AnyPipeline): readonly TestDefinition[] {
  const { name, observe } = pipeline;
  const own = objectivesOf(pipeline);
  const settled = [
    slo("account_damaged").count.is(0),
    ...(observe.order === undefined || observe.order === "none" ? [] : [slo("account_reordered").count.is(0)]),
    ...(observe.kind === "rows" || observe.kind === "list" ? [slo("account_vanished").count.is(0)] : []),
    ...own.filter((row) => !isPublishing(row)),
  ];
  const declared = Object.entries<VariableOf>(pipeline.variables ?? {});
  const variables = Object.fromEntries(declared.map(([key, of]) => [key, variableOf(key, of)]));
  const required = Object.fromEntries(
    declared.flatMap(([key, of]) => (typeof of === "object" && of.fallback === undefined ? [[key, of.meaning]] : [])),
  );
  const profiles = { ...PROFILES, ...pipeline.profiles };
  const publisher: TestDefinition = {
    name,
    variables: {
      SCENARIO: profileIn(profiles)("how the load moves over time", "smoke"),
      ...common,
      ...accounted,
      ...publishing,
      SUBSCRIPTIONS: integer(1, 100_000)("subscriptions without which the load does not start"),
      ...variables,
    },
    required,
    profiles,
    stays: false,
    objectives: [slo("events_refused").count.is(0), slo("events_unknown").count.is(0), ...own.filter(isPublishing)],
    settled,
  };
  const tests =
    observe.kind === "subscription" ? [subscriber(publisher, connectionsOf(pipeline)), publisher] : [publisher];
  for (const test of tests) defineTest(test);
  return tests;
}

/** Connections that a pipeline's subscribers hold. */
export function connectionsOf({ observe }: AnyPipeline): number {
  return observe.kind === "subscription" ? Object.keys(observe.paths).length * (observe.connections ?? 1) : 0;
}

function subscriber(
  { name, required, settled, variables, profiles: published }: TestDefinition,
  connections: number,
): TestDefinition {
  const { RATE, EVENTS, WORKERS, BATCH, ACK_TIMEOUT, CANARY_TIMEOUT, SUBSCRIPTIONS, ...rest } = variables;
  // They hold their connections for as long as the load lasts, whichever it is.
  const profiles = Object.fromEntries(Object.keys(published).map((profile) => [profile, [hold(connections, "1m")]]));
  return {
    name: subscribersOf(name),
    variables: {
      ...rest,
      SCENARIO: profileIn(profiles)("the profile of the load that is listened to", "smoke"),
      RECEIVER_URL: address("http", "https")("the receiver that settles the run", "http://127.0.0.1:4800"),
      RUN_ID: word("name of the run, the same as the publisher's"),
      END_WHEN_SETTLED: flag("1 ends the connections when the receiver has settled the run", "1"),
    },
    required,
    profiles,
    stays: true,
    objectives: [
      slo("ws_connection_errors_total").count.is(0),
      slo("ws_sessions_lost").count.is(0),
      slo("ws_events_damaged").count.is(0),
      valid("generator_lag_ms").p99.below(50),
    ],
    settled,
  };
}

function profileIn(profiles: Readonly<Record<string, unknown>>) {
  const allowed = Object.keys(profiles);
  return variable(allowed.join(", "), (given) => (allowed.includes(given) ? given : undefined));
}
