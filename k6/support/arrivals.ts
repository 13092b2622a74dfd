import type { Filter } from "../../core/filter.ts";
import type { PathReport } from "../../core/report.ts";

/** A subscription with nothing to tell still says this often that it lives; well within the receiver's patience. */
export const HEARTBEAT_MS = 3_000;

/** A reader that is behind its socket by less than this has nothing left to read that is worth waiting for. */
const BEHIND_MS = 100;

/**
 * Unix ms up to which everything that came on a socket has been read. Frames of 2 MB were handled 21 s late, and what
 * still waited was called lost.
 *
 * @param lag ms that the last message had waited when it was handled; 0 where none came since the last report.
 */
export function readThrough(now: number, lag: number): number {
  return lag < BEHIND_MS ? now : now - lag;
}

/** Keeps, and reports, the arrivals of a subscription outside of the script. */
export interface ArrivalSource {
  /**
   * From now on what comes arrives on a subscription.
   *
   * @param head what all its reports begin with, and @param first what only the first one says, as members in JSON.
   */
  listen(from: number, head: string, first: string): void;
  /** It is about to end. */
  leave(): void;
  /** For how many ms what came may have waited, or still waits; see {@link readThrough}. */
  readonly lag: number;
  /** Takes out event ids, one behind the other, and us from when it is live to the arrival of each. */
  takeArrivals(): { readonly ids: string; readonly times: number[] };
  /** The subscription is over. */
  ignore(): void;
}

/** What arrived on one subscription and has not been reported yet, in order of arrival. */
export class PathLog {
  readonly name: string;
  private readonly filter: Filter;
  private readonly from: number;
  private readonly source: ArrivalSource | null;
  private reportedThrough: number | null = null;
  // Absent while nothing arrives: a run may hold ten thousand of these.
  private arrived: { readonly ids: string[]; readonly times: number[] } | null = null;

  /**
   * @param from Unix ms, by the receiver's clock, from which the subscription is live.
   * @param source keeps and reports what arrives until it is about to end, where that is not recorded here.
   */
  constructor(name: string, filter: Filter, from: number, source: ArrivalSource | null = null) {
    this.name = name;
    this.filter = filter;
    this.from = from;
    this.source = source;
  }

  /** Enters the event id that arrived. @param at Unix ms, by the receiver's clock. */
  record(id: string, at: number): void {
    this.arrived ??= { ids: [], times: [] };
    this.arrived.ids.push(id);
    this.arrived.times.push(Math.round((at - this.from) * 1000));
  }

  /** What all its reports begin with, as the members of an object in JSON. */
  get head(): string {
    const { name: path, from } = this;
    return JSON.stringify({ path, from }).slice(1, -1);
  }

  /** What its first report says besides: the filter is as long as all the rest. */
  get first(): string {
    return JSON.stringify({ filter: this.filter }).slice(1, -1);
  }

  /** That of its source; null where it has none. */
  get lag(): number | null {
    return this.source?.lag ?? null;
  }

  /** It is about to end: {@link take} tells the rest. */
  leave(): void {
    this.source?.leave();
  }

  /** Whether there is something to report at a moment: arrivals, a first word, or a sign of life. */
  isDue(through: number): boolean {
    if (this.arrived !== null || this.reportedThrough === null) return true;
    return through - this.reportedThrough >= HEARTBEAT_MS;
  }

  /**
   * Takes everything out for a report that is complete up to `through`; nothing follows a closed one.
   *
   * @param lost it was the other side that closed it.
   */
  take(through: number, closed: boolean, lost = false): PathReport {
    const { name: path, filter, from } = this;
    this.reportedThrough = through;
    return { path, filter, from, through, closed, lost, ...this.takeArrivals(closed) };
  }

  private takeArrivals(closed: boolean): { readonly ids: string; readonly times: number[] } {
    const { arrived, source } = this;
    this.arrived = null;
    if (source === null) return { ids: arrived?.ids.join("") ?? "", times: arrived?.times ?? [] };
    const taken = source.takeArrivals();
    if (closed) source.ignore();
    return taken;
  }
}
