import { type Stream, selector } from "../core/event.ts";
import type { Filter } from "../core/filter.ts";
import { Histogram } from "../core/histogram.ts";
import type { Identity } from "../core/identity.ts";
import type { PromisedOrder } from "../core/order.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import type { Deliveries } from "./deliveries.ts";
import { Path } from "./path.ts";
import { scopeOf } from "./promised.ts";

/** The kind of an arrival. */
export type Entry = "canary" | "first" | "duplicate";

/** One path of a user's far end. All its arrivals are seen here, so it is live as long as the run. */
export class ObservedPath extends Path {
  readonly latencies = new Histogram();
  private canaries = 0;

  constructor(name: string, filter: Filter, stream: Stream, order: PromisedOrder) {
    super(name, filter, selector(stream, filter), scopeOf(order, stream));
  }

  /**
   * Enters an arrived identity; without a publish time it has no latency.
   *
   * @param at Unix ms; null where the arrival time is unknown.
   * @param isInOrder whether it came after all that were entered before.
   * @param since Unix ms of the last look that did not find it; null where it was seen as it came.
   */
  enter(
    identity: Identity,
    at: number | null,
    now: number,
    deliveries: Deliveries,
    isInOrder = at !== null,
    since: number | null = null,
  ): Entry {
    const { publisher, seq, publishedAt } = identity;
    if (publisher === CANARY_PUBLISHER) {
      this.canaries++;
      return "canary";
    }
    if (this.ledger.record(publisher, seq, isInOrder ? (publishedAt ?? Number.NaN) : null) === "duplicate")
      return "duplicate";
    if (this.selected(seq) && at === null) deliveries.record(this.name, Number.NaN, now);
    else if (this.selected(seq) && at !== null && publishedAt !== null) {
      this.latencies.record(at - publishedAt);
      deliveries.record(this.name, at - publishedAt, at);
      if (since !== null) deliveries.looks.enter(publishedAt, since, at);
    }
    return "first";
  }

  get ready(): boolean {
    return this.canaries > 0;
  }
}
