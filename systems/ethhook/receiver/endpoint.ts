import type { EndpointAccount } from "../../../core/account.ts";
import { Histogram } from "../../../core/histogram.ts";
import type { PathAccount } from "../../../core/ledger.ts";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import type { Deliveries } from "../../../receiver/deliveries.ts";
import { Path } from "../../../receiver/path.ts";
import type { Endpoint } from "../endpoint.ts";
import { endpointSelector, type LogWorkload, wantsAnything } from "../wire.ts";
import { Failures, type Refusal } from "./failures.ts";

/** A request with the webhook of an event. */
interface Attempt {
  readonly trace: Trace;
  /** Unix ms when its headers arrived. */
  readonly headersAt: number;
  /** The sender's number of the attempt, from 1. */
  readonly attempt: number;
}

/** An accepted webhook. */
export interface Delivery extends Attempt {
  /** Unix ms when the last byte of its body was read, which counts as its arrival. */
  readonly arrivedAt: number;
  /** Whether its signature was verified. */
  readonly isSigned: boolean;
}

/** A webhook that was not accepted. */
export interface RefusedAttempt extends Attempt {
  /** Unix ms of the answer. */
  readonly answeredAt: number;
  readonly why: Refusal;
  /** What is wrong with its signature. */
  readonly problem?: string | undefined;
}

/** One endpoint. All its webhooks are seen here, so it is live as long as the run. */
export class EndpointPath extends Path {
  readonly latencies = new Histogram();
  readonly failures: Failures;
  private readonly wanting: boolean;
  private canaries = 0;
  private requests = 0;
  private retries = 0;

  /** @param retryPauses see {@link Failures}. */
  constructor(endpoint: Endpoint, workload: LogWorkload, retryPauses: readonly number[]) {
    super(endpoint.name, endpoint, endpointSelector(workload, endpoint));
    this.wanting = wantsAnything(workload, endpoint);
    this.failures = new Failures(retryPauses);
  }

  private attempted({ trace, headersAt, attempt }: Attempt): void {
    this.requests++;
    this.failures.attempted(trace.seq, { at: headersAt, claimed: attempt });
  }

  /** Counts a request of the load that was not accepted. */
  refused(refused: RefusedAttempt): void {
    const { trace, answeredAt, attempt, why } = refused;
    if (trace.publisher === CANARY_PUBLISHER) return;
    this.attempted(refused);
    if (!this.ledger.seen.has(trace.seq)) this.failures.refused(trace.seq, answeredAt, attempt, why);
  }

  /** Enters a webhook that was accepted. @returns whether it is the first delivery of an event of the load. */
  enter(delivery: Delivery, deliveries: Deliveries): boolean {
    const { trace, arrivedAt, attempt } = delivery;
    if (trace.publisher === CANARY_PUBLISHER) {
      this.canaries++;
      return false;
    }
    this.attempted(delivery);
    const wasRefused = this.failures.succeeded(trace.seq);
    if (this.ledger.record(trace.publisher, trace.seq) === "duplicate") return false;
    if (wasRefused || attempt > 1) this.retries++;
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

  override isOpen(seq: number, now: number): boolean {
    return this.failures.isOpen(seq, now);
  }

  override get openUntil(): number {
    return this.failures.openUntil;
  }

  /** The account of the endpoint, from that of any path. @param now Unix ms. */
  describe(settled: PathAccount, now: number): EndpointAccount {
    const latency = this.latencies.percentiles();
    let abandoned = 0;
    for (const count of this.failures.abandoned(now).values()) abandoned += count;
    return {
      path: this.name,
      ...settled,
      attempts: this.requests,
      retried: this.retries,
      // A refused event that was never reported as published is not lost.
      unattempted: Math.max(0, settled.lost - abandoned),
      refusedInARow: this.failures.longestRow,
      latency,
    };
  }
}
