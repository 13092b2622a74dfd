import * as v from "valibot";
import type { Redis } from "../../../target/redis.ts";
import { DELIVERY_QUEUE } from "../wire.ts";

/** A delivery to be made. */
const JobSchema = v.object({
  /** Unique: stream entry and endpoint, and the copy if a fault makes several. */
  id: v.string(),
  endpoint: v.string(),
  /** Number of the next attempt, from 1. */
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  body: v.string(),
});
export type Job = v.InferOutput<typeof JobSchema>;

export const QUEUE_KEYS = {
  waiting: DELIVERY_QUEUE,
  /** Taken by a worker, scored by the end of its lease. */
  taken: `${DELIVERY_QUEUE}:taken`,
  /** Failed before, scored by when the next attempt is due. */
  retry: `${DELIVERY_QUEUE}:retry`,
  /** Failed too often. */
  dead: `${DELIVERY_QUEUE}:dead`,
};

/** A worker that has not renewed its lease for this long counts as dead. */
const LEASE_MS = 3_000;

/** KEYS: waiting, taken, retry. ARGV: how many, now, end of the lease. Puts due jobs back, then takes some. */
const TAKE = `
for place = 2, 3 do
  local due = redis.call("ZRANGEBYSCORE", KEYS[place], "-inf", ARGV[2], "LIMIT", 0, 100)
  for _, job in ipairs(due) do
    redis.call("RPUSH", KEYS[1], job)
    redis.call("ZREM", KEYS[place], job)
  end
end
local jobs = redis.call("LPOP", KEYS[1], ARGV[1]) or {}
for _, job in ipairs(jobs) do redis.call("ZADD", KEYS[2], ARGV[3], job) end
return jobs
`.trim();

/**
 * The delivery queue. A job is in exactly one of its lists at any time, and the jobs of a dead worker go back when its
 * lease ends: nothing is lost, but a delivery may be made twice.
 */
export class DeliveryQueue {
  private readonly redis: Redis;
  private readonly keeping: boolean;
  /** The jobs taken here, as they are in Redis. */
  private readonly held = new Map<Job, string>();

  /** @param keeping taken jobs stay in Redis until they are done; otherwise a crash loses them: a planted fault. */
  constructor(redis: Redis, keeping = true) {
    this.redis = redis;
    this.keeping = keeping;
  }

  /** A new job as text. */
  static write(job: Job): string {
    return JSON.stringify(job);
  }

  /** Takes jobs. */
  async take(count: number): Promise<Job[]> {
    const now = Date.now();
    const { waiting, taken, retry } = QUEUE_KEYS;
    const texts = (await this.redis.eval(TAKE, {
      keys: [waiting, taken, retry],
      arguments: [String(count), String(now), String(now + LEASE_MS)],
    })) as string[];
    if (!this.keeping && texts.length > 0) await this.redis.zRem(taken, texts);
    const jobs: Job[] = [];
    for (const text of texts) {
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), JobSchema), text);
      if (parsed.success) {
        this.held.set(parsed.output, text);
        jobs.push(parsed.output);
      } else {
        // An invalid job would come back for ever, with the jobs that were taken with it.
        await this.redis.multi().zRem(taken, text).rPush(QUEUE_KEYS.dead, text).exec();
      }
    }
    return jobs;
  }

  /** Renews the lease of all taken jobs; to be called well within a lease. */
  async renew(): Promise<void> {
    const score = Date.now() + LEASE_MS;
    const members = [...this.held.values()].map((value) => ({ score, value }));
    if (members.length > 0) await this.redis.zAdd(QUEUE_KEYS.taken, members, { condition: "XX" });
  }

  /** The delivery was made. */
  async done(job: Job): Promise<void> {
    await this.redis.zRem(QUEUE_KEYS.taken, this.letGo(job));
  }

  /** The delivery failed: tries again in `ms`, or never if that is null. */
  async failed(job: Job, retryIn: number | null): Promise<void> {
    const again = DeliveryQueue.write({ ...job, attempt: job.attempt + 1 });
    const move = this.redis.multi().zRem(QUEUE_KEYS.taken, this.letGo(job));
    if (retryIn === null) move.rPush(QUEUE_KEYS.dead, again);
    else move.zAdd(QUEUE_KEYS.retry, { score: Date.now() + retryIn, value: again });
    await move.exec();
  }

  private letGo(job: Job): string {
    const text = this.held.get(job) as string;
    this.held.delete(job);
    return text;
  }
}
