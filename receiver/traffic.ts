import { Histogram } from "../core/histogram.ts";

/** Seconds over which the recent throughput is measured. */
const RECENT_SECONDS = 5;

/** Why a webhook was not accepted. */
const MISHAPS = ["wrong signature", "bad body", "too large", "misbehaved", "not handed on"] as const;
type Mishap = (typeof MISHAPS)[number];

const noMishaps = () => Object.fromEntries(MISHAPS.map((mishap) => [mishap, 0])) as Record<Mishap, number>;

/** All webhooks since the last reset, of any run. */
export class Traffic {
  private readonly now: () => number;
  private since: number;
  private requests = 0;
  private taken = 0;
  private untraced = 0;
  private mishaps = noMishaps();
  private latencies = new Histogram();
  /** A ring of request counts, each with its second. */
  private readonly ring = Array.from({ length: RECENT_SECONDS + 1 }, () => ({ second: -1, count: 0 }));

  /** @param now Unix ms. */
  constructor(now: () => number) {
    this.now = now;
    this.since = now();
  }

  /** Counts a request when its headers have arrived. */
  arrived(at: number): void {
    this.requests++;
    const second = Math.floor(at / 1000);
    const slot = this.ring[second % this.ring.length] as { second: number; count: number };
    if (slot.second !== second) Object.assign(slot, { second, count: 0 });
    slot.count++;
  }

  /** Counts an accepted request. @param latencies ms since publishing of its events; null without a trace. */
  accepted(latencies: readonly (number | null)[]): void {
    this.taken++;
    for (const latency of latencies) {
      if (latency === null) this.untraced++;
      else this.latencies.record(latency);
    }
  }

  /** Counts a webhook that was not accepted. */
  refused(why: Mishap): void {
    this.mishaps[why]++;
  }

  reset(): void {
    this.since = this.now();
    this.requests = 0;
    this.taken = 0;
    this.untraced = 0;
    this.mishaps = noMishaps();
    this.latencies = new Histogram();
    for (const slot of this.ring) slot.second = -1;
  }

  /** The counters for Prometheus. */
  counters(): Readonly<Record<string, number>> {
    return { taken: this.taken, untraced: this.untraced, ...this.mishaps };
  }

  /** The document that the replaced receiver served. */
  metrics() {
    const now = this.now();
    const uptime = (now - this.since) / 1000;
    const { min, max, mean, p50, p95, p99 } = this.latencies.percentiles();
    return {
      total_requests: this.requests,
      successful: this.taken,
      failed: this.requests - this.taken,
      uptime_seconds: round(uptime),
      throughput_rps: round(uptime > 0 ? this.requests / uptime : 0),
      recent_throughput_rps: round(this.recent(now) / Math.max(1e-3, Math.min(uptime, RECENT_SECONDS))),
      latency_ms: {
        min: round(min),
        max: round(max),
        avg: round(mean),
        median: round(p50),
        p95: round(p95),
        p99: round(p99),
      },
    };
  }

  private recent(now: number): number {
    const from = Math.floor(now / 1000) - RECENT_SECONDS;
    return this.ring.reduce((sum, { second, count }) => sum + (second > from ? count : 0), 0);
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
