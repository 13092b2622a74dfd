import { isPlausible, type PathReport } from "./report.ts";
import { CANARY_PUBLISHER, EVENT_ID_LENGTH, readEventId, type Trace } from "./trace.ts";

/** What arrived on one path since its last report; the four lists run in step, in order of arrival. */
export interface PathArrivals extends Omit<PathReport, "ids" | "times"> {
  /** Probes that arrived; they are in none of the lists. */
  readonly canaries: number;
  readonly publishers: readonly number[];
  readonly seqs: readonly number[];
  /** Milliseconds from publishing to arrival. */
  readonly latencies: readonly number[];
  /** Unix ms. */
  readonly arrivedAt: readonly number[];
}

/** Reports whose ids were read. */
export interface ReadArrivals {
  readonly paths: readonly PathArrivals[];
  /** Ids whose check digits do not fit. */
  readonly damaged: number;
  /** Ids of other runs. */
  readonly foreign: number;
}

/**
 * Reads the ids of reports.
 *
 * @param isOurs whether a run's number is that of the run that is judged.
 */
export function readArrivals(reports: readonly PathReport[], isOurs: (run: number) => boolean): ReadArrivals {
  const read = { damaged: 0, foreign: 0 };
  const paths = reports.map(({ ids, times, ...path }) => {
    const arrivals = { canaries: 0, ...nothing() };
    for (const [place, time] of times.entries()) {
      const trace = readEventId(ids.substring(place * EVENT_ID_LENGTH, (place + 1) * EVENT_ID_LENGTH));
      if (trace === null || !isPlausible(trace)) read.damaged++;
      else if (!isOurs(trace.run)) read.foreign++;
      else if (trace.publisher === CANARY_PUBLISHER) arrivals.canaries++;
      else enter(arrivals, trace, path.from + time / 1000);
    }
    return { ...path, ...arrivals };
  });
  return { paths, ...read };
}

type Lists = Record<"publishers" | "seqs" | "latencies" | "arrivedAt", number[]>;

function nothing(): Lists {
  return { publishers: [], seqs: [], latencies: [], arrivedAt: [] };
}

function enter({ publishers, seqs, latencies, arrivedAt }: Lists, trace: Trace, at: number): void {
  publishers.push(trace.publisher);
  seqs.push(trace.seq);
  // No finer than it was told, or what took no time at all would seem to have come before it was sent.
  latencies.push(Math.round((at - trace.publishedAt) * 1000) / 1000);
  arrivedAt.push(at);
}
