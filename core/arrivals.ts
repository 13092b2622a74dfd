import { wasOurs } from "./damagedid.ts";
import { isLeftOver, isPlausible } from "./plausible.ts";
import type { PathReport } from "./report.ts";
import { CANARY_PUBLISHER, EVENT_ID_LENGTH, PROBE_PUBLISHER, readEventId, type Trace } from "./trace.ts";

/** Arrivals on one path since its last report; the four lists have the same length, in order of arrival. */
export interface PathArrivals extends Omit<PathReport, "ids" | "times"> {
  /** Number of canaries; they are in none of the lists. */
  readonly canaries: number;
  /** Number of probes, events that no filter selects; they are in none of the lists. */
  readonly probes: number;
  readonly publishers: readonly number[];
  readonly seqs: readonly number[];
  /** Milliseconds from publishing to arrival; NaN where unknown. */
  readonly latencies: readonly number[];
  /** Unix ms; the time of the report where unknown. */
  readonly arrivedAt: readonly number[];
}

/** Reports with decoded ids. */
export interface ReadArrivals {
  readonly paths: readonly PathArrivals[];
  /** Ids of the run with wrong check digits. */
  readonly damaged: number;
  /** Ids of other runs and of other generators. */
  readonly foreign: number;
}

/** The number of the judged run; null until the first decoded event tells it. */
export interface RunNumber {
  run: number | null;
  /** Unix ms when the run was opened, if known. */
  readonly openedAt?: number;
}

/**
 * Decodes the ids of reports.
 *
 * @param ours its number is set if it is not known yet.
 * @param now Unix ms.
 */
export function readArrivals(reports: readonly PathReport[], ours: RunNumber, now: number): ReadArrivals {
  const read = { damaged: 0, foreign: 0 };
  const paths = reports.map(({ ids, times, ...path }) => {
    const arrivals = { canaries: 0, probes: 0, ...nothing() };
    for (const [place, time] of times.entries()) {
      const id = ids.substring(place * EVENT_ID_LENGTH, (place + 1) * EVENT_ID_LENGTH);
      const trace = readEventId(id);
      if (trace === null || !isPlausible(trace)) {
        if (wasOurs(id, ours.run, now)) read.damaged++;
        else read.foreign++;
        continue;
      }
      ours.run ??= trace.run;
      const isOfEarlier = isLeftOver(trace.publishedAt, ours.openedAt ?? Number.NEGATIVE_INFINITY);
      if (trace.run !== ours.run || isOfEarlier) read.foreign++;
      else if (trace.publisher === CANARY_PUBLISHER) arrivals.canaries++;
      else if (trace.publisher === PROBE_PUBLISHER) arrivals.probes++;
      else enter(arrivals, trace, time === null ? null : path.from + time / 1000, path.through);
    }
    return { ...path, ...arrivals };
  });
  return { paths, ...read };
}

type Lists = Record<"publishers" | "seqs" | "latencies" | "arrivedAt", number[]>;

function nothing(): Lists {
  return { publishers: [], seqs: [], latencies: [], arrivedAt: [] };
}

function enter({ publishers, seqs, latencies, arrivedAt }: Lists, trace: Trace, at: number | null, through: number) {
  publishers.push(trace.publisher);
  seqs.push(trace.seq);
  // Rounded to the microseconds of the report: otherwise a latency of zero could become negative.
  latencies.push(at === null ? Number.NaN : Math.round((at - trace.publishedAt) * 1000) / 1000);
  arrivedAt.push(at ?? through);
}
