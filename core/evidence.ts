/** What was measured of this machine, the generator and the target, for the question who is to blame. */
import { metricOf } from "./metrics.ts";
import { SHORTAGES, type Shortage } from "./shortage.ts";

/** What is known of who sent and who answered. Times are in ms, moments in Unix ms. */
export interface Evidence {
  /** How many attempts failed for want of what. */
  readonly shortages: Partial<Readonly<Record<Shortage, number>>>;
  /** The longest time for which k6 stood still, and from when to when it did so noticeably; null when it did not. */
  readonly pause: { readonly longest: number; readonly from: number; readonly to: number } | null;
  /** How late a timer went off or an event was sent, and how long answers took, by the statistics of objectives. */
  readonly lateness: Readonly<Record<string, number>>;
  readonly answers: Readonly<Record<string, number>>;
  /** Events that were due and never left. */
  readonly unsent: {
    readonly unreachable: number;
    readonly waiting: number;
    readonly from: number | null;
    readonly to: number | null;
  };
  /** Events that came to be due. */
  readonly offered: number;
  /** How long answers took for want of which events found no publisher free, in ms; null where each found one. */
  readonly waited: { readonly least: number; readonly most: number } | null;
}

/** The evidence in what k6 aggregated. */
export function evidenceOf(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): Evidence {
  const countOf = (name: string) => metrics[name]?.["count"] ?? 0;
  const { min: pausedFrom, max: pausedTo } = metrics["generator_paused_at"] ?? {};
  const { min: from = null, max: to = null } = metrics["unreachable_at"] ?? {};
  const longest = metrics["generator_pause_ms"]?.["max"];
  const shortages: Partial<Record<Shortage, number>> = {};
  for (const { kind } of SHORTAGES) if (countOf(`host_${kind}`) > 0) shortages[kind] = countOf(`host_${kind}`);
  return {
    shortages,
    pause:
      longest === undefined || pausedFrom === undefined || pausedTo === undefined
        ? null
        : { longest, from: pausedFrom, to: pausedTo },
    lateness: metrics["generator_lateness_ms"] ?? metrics["schedule_delay_ms"] ?? {},
    answers: answersIn(metrics),
    unsent: { unreachable: countOf("unsent_unreachable"), waiting: countOf("unsent_waiting"), from, to },
    offered: countOf("events_offered"),
    waited: waitedIn(metrics["publisher_waited_ms"]),
  };
}

function waitedIn({ min, max }: Readonly<Record<string, number>> = {}): Evidence["waited"] {
  return min === undefined || max === undefined || max === 0 ? null : { least: min, most: max };
}

/** How long the answers to events took, by whichever metric a test measures it. */
function answersIn(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): Evidence["answers"] {
  const ofEvents = Object.keys(metrics).filter((name) => {
    const { perEvent, ours } = metricOf(name) ?? {};
    return perEvent === true && ours === true;
  });
  // A publisher of a system with an answer time of its own has both, the general one without samples.
  const countOf = (name: string) => metrics[name]?.["count"] ?? 0;
  const [fullest] = ofEvents.sort((one, other) => countOf(other) - countOf(one));
  return fullest === undefined ? {} : (metrics[fullest] ?? {});
}
