import type { Redis } from "../../../target/redis.ts";
import { WORKER_KEYS } from "../wire.ts";

const WINDOW_MS = 10_000;
/** Number of recent messages in the latency statistics. */
const LATEST = 100;

/** The worker's own statistics: its rate over ten seconds, and latencies from receipt to commit. */
export class Meter {
  private readonly redis: Redis;
  private latencies: number[] = [];
  private stored: { at: number; count: number }[] = [];

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Enters a committed batch. @param receivedAt when each message was received, in Unix ms. */
  async enter(receivedAt: readonly number[]): Promise<void> {
    const now = Date.now();
    this.latencies = [...this.latencies, ...receivedAt.map((at) => now - at)].slice(-LATEST);
    this.stored = [...this.stored.filter(({ at }) => at > now - WINDOW_MS), { at: now, count: receivedAt.length }];
    const sorted = this.latencies.toSorted((one, other) => one - other);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
    const mean = sorted.reduce((sum, each) => sum + each, 0) / Math.max(1, sorted.length);
    const rate = this.stored.reduce((sum, { count }) => sum + count, 0) / (WINDOW_MS / 1000);
    await this.redis.mSet({
      [WORKER_KEYS.rate]: rate.toFixed(2),
      [WORKER_KEYS.mean]: mean.toFixed(2),
      [WORKER_KEYS.p95]: String(at(0.95)),
      [WORKER_KEYS.p99]: String(at(0.99)),
    });
  }
}
