import type { EndpointAccount } from "../core/account.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { Histogram } from "../core/histogram.ts";
import type { PathAccount, Window } from "../core/ledger.ts";
import { CANARY_PUBLISHER, type Trace } from "../core/trace.ts";
import { endpointSelector, type LogWorkload, wantsAnything } from "../systems/ethhook/wire.ts";
import type { Deliveries } from "./deliveries.ts";
import { Failures, type Refusal } from "./failures.ts";
import { Path } from "./path.ts";

/** A webhook that was taken. */
export interface Delivery {
  readonly trace: Trace;
  /** Unix ms at which its headers were accepted. */
  readonly arrivedAt: number;
  /** Which attempt it is by the sender's count, from 1. */
  readonly attempt: number;
  /** Whether its signature was looked at, and fits. */
  readonly isSigned: boolean;
}

/** One endpoint. Its webhooks arrive here and nowhere else, so that it is live as long as the run. */
export class EndpointPath extends Path {
  readonly latencies = new Histogram();
  readonly failures = new Failures();
  private readonly wanting: boolean;
  private canaries = 0;
  private requests = 0;
  private retries = 0;

  constructor(endpoint: Endpoint, workload: LogWorkload) {
    super(endpoint.name, endpoint, endpointSelector(workload, endpoint));
    this.wanting = wantsAnything(endpoint);
  }

  /** Counts a request of the run's load, however it is answered. @param at Unix ms. */
  attempted(trace: Trace, at: number): void {
    if (trace.publisher === CANARY_PUBLISHER) return;
    this.requests++;
    this.failures.attempted(trace.seq, at);
  }

  /** Counts a request of the run's load that was not taken. */
  refused(trace: Trace, at: number, why: Refusal): void {
    this.attempted(trace, at);
    if (trace.publisher !== CANARY_PUBLISHER && !this.ledger.seen.has(trace.seq)) {
      this.failures.failed(trace.seq, at, why);
    }
  }

  /** Enters a webhook that was answered well. @returns whether it is the first delivery of an event of the load. */
  enter({ trace, arrivedAt, attempt }: Delivery, deliveries: Deliveries): boolean {
    if (trace.publisher === CANARY_PUBLISHER) {
      this.canaries++;
      return false;
    }
    this.failures.succeeded(trace.seq);
    if (this.ledger.record(trace.publisher, trace.seq) === "duplicate") return false;
    if (attempt > 1) this.retries++;
    if (this.selected(trace.seq)) {
      const latency = arrivedAt - trace.publishedAt;
      this.latencies.record(latency);
      deliveries.record(this.name, latency, arrivedAt);
    }
    return true;
  }

  get ready(): boolean {
    return this.canaries > 0 || !this.wanting;
  }

  isSilent(): boolean {
    return false;
  }

  hasCaughtUp(): boolean {
    return true;
  }

  protected window(): Window {
    return { from: Number.NEGATIVE_INFINITY, through: Number.POSITIVE_INFINITY };
  }

  /** The account of the endpoint, from that of any path. */
  describe(settled: PathAccount): EndpointAccount {
    const latency = this.latencies.percentiles();
    return { path: this.name, ...settled, attempts: this.requests, retried: this.retries, latency };
  }
}
