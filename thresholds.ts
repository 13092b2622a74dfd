/**
 * What is good enough. Here is what every test is held to; the objectives of each stand in the room of its system,
 * systems/<system>/objectives.ts, a row for each, and those of several in core/objectives.ts. A row always carries its sample
 * floor, because a k6 threshold passes on no data.
 */

import { LONGEST_PAUSE_MS } from "./core/attribution.ts";
import { definitionOf, type SloContext as General } from "./core/definition.ts";
import { DELIVERY_LATENCIES, JUDGED_SHARE } from "./core/objectives.ts";
import { BREAKPOINT } from "./core/plan.ts";
import type { Intersection } from "./core/room.ts";
import {
  explaining,
  P95_FLOOR,
  P99_FLOOR,
  type Slo,
  slo,
  sloVariable,
  spoiling,
  valid,
  withBound,
} from "./core/slo.ts";
import { profilesOf } from "./scenarios.ts";
import type { RunnableTest, TABLES } from "./systems/variables.ts";

/** All that takes longer when the generator does not get its time. */
export const TIMES =
  /_latency_ms$|^account_(delivery_\w+|burst_p\d+_ms|recovery_ms|insert_\w+|latency_growth_ms|acknowledged_per_second|backlog_growth)$/;
/** What a generator that was stopped cannot tell of: answers came meanwhile, and their time was up when it went on. */
const STOPPED = new RegExp(`${TIMES.source}|^events_(unknown|unsent)$`);
/** What sends too little shows. */
const RATES = /^account_(acknowledged_per_second|backlog_growth)$/;
/** Each of these says that a publisher sent less than it should, or later. */
const BEHIND = /^(events_offered|account_offered|schedule_delay_ms|offered_rate_share|generator_pause_ms)$/;

/**
 * Of every test: the script itself ran without an exception, and the machine that it runs on had all it needs. One that
 * did not is no instrument.
 */
const everywhere = [
  ...spoiling(/./, ...explaining(/./, valid("host_shortages").count.is(0))),
  ...spoiling(/./, valid("script_errors").count.is(0)),
];

/** The share of the requested load that has to be offered. */
const OFFERED_SHARE = 0.99;

/** All that was promised was sent, whoever sent it; a load that seeks its limit promises to begin. */
function promised(all: number, { accounted, instances = 1, profile }: SloContext): Slo[] {
  const events = profile === BREAKPOINT ? 1 : all;
  return spoiling(
    RATES,
    ...explaining(
      BEHIND,
      // One of several processes publishes its share; the account knows what all of them did.
      valid("events_offered").count.atLeast(instances > 1 ? 1 : events),
      ...(accounted ? [valid("account_offered").count.atLeast(events)] : []),
    ),
  );
}

/** Of an open model: what was asked for was offered, and on time. */
const paced = (events: number, judgement: SloContext) => [
  ...promised(events, judgement),
  ...spoiling(STOPPED, ...explaining(BEHIND, valid("generator_pause_ms").max.below(LONGEST_PAUSE_MS))),
  ...spoiling(
    TIMES,
    ...explaining(
      BEHIND,
      // What it does to the result: later events change the rate, but no latency, which counts from the sending.
      valid("schedule_delay_ms").p95.below(200),
      valid("offered_rate_share").value(1).atLeast(OFFERED_SHARE),
    ),
  ),
];

/** Of every run that a receiver settles: each acknowledged event arrived once, where it belongs, and no refused one. */
const accounted = [
  // Where the wait was given up, what is missing may still come.
  ...spoiling(/^account_(lost|late|shortfall|vanished)$/, valid("account_settled").value(1).is(1)),
  valid("account_expected").count.atLeast(1),
  // Events that two publishers send under one number come twice, and nobody knows whose is missing.
  ...spoiling(
    /^account_(duplicated|reordered|misrouted)$/,
    valid("account_unreported").count.is(0),
    valid("account_contested").count.is(0),
  ),
  ...explaining(/^account_(shortfall|vanished|burst_lost)$|^ws_events_missing$/, slo("account_lost").count.is(0)),
  slo("account_open").count.is(0),
  slo("account_duplicated").count.is(0),
  slo("account_misrouted").count.is(0),
  slo("account_damaged").count.is(0),
  slo("account_contradicted").count.is(0),
  valid("account_silent_paths").count.is(0),
  valid("account_judged_share").value(1).atLeast(JUDGED_SHARE),
  ...explaining(DELIVERY_LATENCIES, valid("account_clock_doubts").count.is(0)),
  ...spoiling(
    DELIVERY_LATENCIES,
    ...explaining(/^ws_negative_latency$/, valid("account_negative_latency").count.is(0)),
  ),
];

/** A load that seeks its limit is cut off at it: what was on its way then is reported by nobody. */
function accountedIn({ profile, counted = false }: SloContext): readonly Slo[] {
  const all = counted ? [...accounted.filter(({ metric }) => !UNCOUNTED.test(metric)), TOO_MANY] : accounted;
  return profile === BREAKPOINT ? all.filter(({ metric }) => metric !== "account_unreported") : all;
}

/** What nobody looks for where arrivals are only counted, and what shows instead. */
const UNCOUNTED = /^account_(duplicated|misrouted|damaged|contradicted|unreported|negative_latency|clock_doubts)$/;
const TOO_MANY = slo("account_surplus").count.is(0);

/** Of bursts: their events are lost no more than others, hardly slower, and none hangs behind for long. */
function burstlike(bursts: number): Slo[] {
  return [
    slo("account_burst_lost").count.is(0),
    slo("account_burst_p95_ms").value(P95_FLOOR).below(50),
    slo("account_burst_p99_ms").value(P99_FLOOR).below(100),
    slo("account_recovery_ms").value(bursts).below(1_000),
  ];
}

/** Samples of a process's health that say something about it. */
const HEALTH_FLOOR = 10;

/** Of every run that a health monitor watches: nothing died, and memory stayed within bounds. */
const watched = [
  slo("health_deaths").countOf(HEALTH_FLOOR).is(0),
  slo("health_growth_mb").value(HEALTH_FLOOR).below(100),
];

/** What decides which rows apply to a run. */
export type SloContext = Intersection<ContextOf<(typeof TABLES)[RunnableTest]>>;
type ContextOf<Test> = Test extends { objectives(context: infer Context extends General): unknown } ? Context : General;

/** The objectives of a run. */
export function slos(test: RunnableTest, context: SloContext): readonly Slo[] {
  const { accounted: isSettled, events, messages = null, bounds = {}, instances = 1, bursts = 0 } = context;
  const own = definitionOf(test);
  const rows = [
    ...everywhere,
    ...(own?.objectives(context) ?? []),
    ...(context.watched === true ? watched : []),
    ...(events === null ? [] : paced(events, context)),
    ...(isSettled && bursts > 0 ? burstlike(bursts) : []),
    ...(messages === null ? [] : promised(messages, context)),
    ...(isSettled ? [...accountedIn(context), ...(own?.settled(context) ?? [])] : []),
  ];
  // Who publishes and listens is held to a row of both only once.
  const once = [...new Map(rows.map((row) => [sloVariable(row), row])).values()];
  return once.map((row) => withBound(shared(row, instances), bounds[sloVariable(row)]));
}

/** The account is the whole run's in each of several processes; of everything else each sees its share. */
function shared(row: Slo, instances: number): Slo {
  return row.metric.startsWith("account_") ? row : { ...row, floor: Math.ceil(row.floor / instances) };
}

/** All variables that set a bound of a test, whatever its profile and whoever judges it. */
export function boundVariables(test: RunnableTest): ReadonlySet<string> {
  return new Set(everyObjective(test).map(sloVariable));
}

/** What a test may be held to, whatever its profile and whoever judges it. */
export function everyObjective(test: RunnableTest): readonly Slo[] {
  const contexts = [{}, ...(definitionOf(test)?.circumstances ?? [])];
  return profilesOf(test).flatMap((profile) =>
    [true, false].flatMap((accounted) =>
      contexts.flatMap((context) =>
        slos(test, {
          ...{ accounted, watched: true, steady: true, events: 1_000_000, messages: 1_000_000, rate: 1, profile },
          ...context,
        }),
      ),
    ),
  );
}
