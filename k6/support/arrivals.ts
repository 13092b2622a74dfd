import type { Filter } from "../../core/filter.ts";
import type { PathReport } from "../../core/report.ts";

/** A subscription with nothing to tell still says this often that it lives; well within the receiver's patience. */
const HEARTBEAT_MS = 3_000;

/** What arrived on one subscription and has not been reported yet, in order of arrival. */
export class PathLog {
  readonly name: string;
  private readonly filter: Filter;
  private readonly from: number;
  private reportedThrough: number | null = null;
  // Absent while nothing arrives: a run may hold ten thousand of these.
  private arrived: { readonly ids: string[]; readonly times: number[] } | null = null;

  /** @param from Unix ms, by the receiver's clock, from which the subscription is live. */
  constructor(name: string, filter: Filter, from: number) {
    this.name = name;
    this.filter = filter;
    this.from = from;
  }

  /** Enters the event id that arrived. @param at Unix ms, by the receiver's clock. */
  record(id: string, at: number): void {
    this.arrived ??= { ids: [], times: [] };
    this.arrived.ids.push(id);
    this.arrived.times.push(Math.round((at - this.from) * 1000));
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
    const { name: path, filter, from, arrived } = this;
    this.reportedThrough = through;
    this.arrived = null;
    const [ids, times] = [arrived?.ids.join("") ?? "", arrived?.times ?? []];
    return { path, filter, from, through, closed, lost, ids, times };
  }
}
