/** Evidence about this machine, the generator and the target, to decide who is to blame. */
import { type Lag, lagIn } from "./lag.ts";
import { metricOf } from "./metrics.ts";
import { type Shortage, spelledShortages } from "./shortage.ts";

/** Measurements of the sending and the answering side. Durations in ms, times in Unix ms. */
export interface Evidence {
  /** Number of attempts that failed for lack of each resource. */
  readonly shortages: Partial<Readonly<Record<Shortage, number>>>;
  /** The longest pause of k6, and the period of noticeable pauses; null without any. */
  readonly pause: { readonly longest: number; readonly from: number; readonly to: number } | null;
  /** How late timers fired or events were sent, and how long answers took, by statistic. */
  readonly lateness: Readonly<Record<string, number>>;
  readonly answers: Readonly<Record<string, number>>;
  /** Events that were due and never sent. */
  readonly unsent: {
    readonly unreachable: number;
    readonly waiting: number;
    readonly from: number | null;
    readonly to: number | null;
    /** When an event was last answered after some could not be sent; null for never, absent in older records. */
    readonly again?: number | null;
  };
  /** Events that became due. */
  readonly offered: number;
  /**
   * Duration of the answers that kept all publishers busy when events became due, in ms; null where each found a free
   * one.
   */
  readonly waited: { readonly least: number; readonly most: number } | null;
  /** Null where nothing was read, and in older records. */
  readonly lag: Lag | null;
}

/** Reads the evidence from k6's aggregated metrics. */
export function evidenceOf(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): Evidence {
  const countOf = (name: string) => metrics[name]?.["count"] ?? 0;
  const { min: pausedFrom, max: pausedTo } = metrics["generator_paused_at"] ?? {};
  const { min: from = null, max: to = null } = metrics["unreachable_at"] ?? {};
  const again = metrics["reached_again_at"]?.["max"] ?? null;
  const longest = metrics["generator_pause_ms"]?.["max"];
  const shortages: Partial<Record<Shortage, number>> = {};
  for (const { kind } of spelledShortages()) if (countOf(`host_${kind}`) > 0) shortages[kind] = countOf(`host_${kind}`);
  return {
    shortages,
    pause:
      longest === undefined || pausedFrom === undefined || pausedTo === undefined
        ? null
        : { longest, from: pausedFrom, to: pausedTo },
    lateness: metrics["generator_lateness_ms"] ?? metrics["schedule_delay_ms"] ?? {},
    answers: answersIn(metrics),
    unsent: { unreachable: countOf("unsent_unreachable"), waiting: countOf("unsent_waiting"), from, to, again },
    offered: countOf("events_offered"),
    waited: waitedIn(metrics["publisher_waited_ms"]),
    lag: lagIn(metrics),
  };
}

function waitedIn({ min, max }: Readonly<Record<string, number>> = {}): Evidence["waited"] {
  return min === undefined || max === undefined || max === 0 ? null : { least: min, most: max };
}

/** How long the answers to events took, by the metric with which the test measures it. */
function answersIn(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): Evidence["answers"] {
  const ofEvents = Object.keys(metrics).filter((name) => {
    const { perEvent, ours } = metricOf(name) ?? {};
    return perEvent === true && ours === true;
  });
  // A publisher with a system-specific answer time has the general metric, too, without samples.
  const countOf = (name: string) => metrics[name]?.["count"] ?? 0;
  const [fullest] = ofEvents.sort((one, other) => countOf(other) - countOf(one));
  return fullest === undefined ? {} : (metrics[fullest] ?? {});
}
