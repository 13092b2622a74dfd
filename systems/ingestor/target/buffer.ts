import { randomUUID } from "node:crypto";
import type { Redis } from "../../../target/redis.ts";
import { PENDING_LIST, WORKER_KEYS } from "../wire.ts";

/** Lists of messages in a worker's hands, one per batch, and the batches by the ends of their leases. */
const BATCHES = `${PENDING_LIST}:batches`;
/** Messages that cannot be stored. */
const DEAD_LIST = `${PENDING_LIST}:dead`;

/** A worker that has not renewed its lease for this long counts as dead. */
const LEASE_MS = 3_000;

/**
 * KEYS: pending, batch, leases, buffer size. ARGV: how many, batch id, end of the new lease, end of the old one or
 * nothing. A batch with an unexpected lease was taken over meanwhile and must not grow.
 */
const TAKE = `
if ARGV[4] ~= "" and redis.call("ZSCORE", KEYS[3], ARGV[2]) ~= ARGV[4] then return {err = "LOST"} end
local taken = redis.call("LPOP", KEYS[1], ARGV[1]) or {}
for _, message in ipairs(taken) do redis.call("RPUSH", KEYS[2], message) end
if #taken > 0 then
  redis.call("ZADD", KEYS[3], ARGV[3], ARGV[2])
  redis.call("INCRBY", KEYS[4], #taken)
end
return taken
`.trim();

/** KEYS: leases. ARGV: batch id, end of the new lease, end of the old one. */
const RENEW = `
if redis.call("ZSCORE", KEYS[1], ARGV[1]) ~= ARGV[3] then return {err = "LOST"} end
return redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1])
`.trim();

/** KEYS: batch, leases, buffer size, total, dead. ARGV: batch id, how many were stored, what could not be. */
const RELEASE = `
local length = redis.call("LLEN", KEYS[1])
redis.call("DEL", KEYS[1])
redis.call("ZREM", KEYS[2], ARGV[1])
if length > 0 then
  redis.call("DECRBY", KEYS[3], length)
  redis.call("INCRBY", KEYS[4], ARGV[2])
end
for place = 3, #ARGV do redis.call("RPUSH", KEYS[5], ARGV[place]) end
return length
`.trim();

/** KEYS: leases. ARGV: now, end of the new lease. Takes over one batch whose lease has ended. */
const TAKE_OVER = `
local ended = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, 1)
if #ended == 0 then return {} end
redis.call("ZADD", KEYS[1], "XX", ARGV[2], ended[1])
return {ended[1], unpack(redis.call("LRANGE", KEYS[1] .. ":" .. ended[1], 0, -1))}
`.trim();

/** Messages that are stored together. */
export interface Batch {
  readonly id: string;
  readonly messages: string[];
  /** When its first message was taken, by `performance.now()`. */
  readonly since: number;
  /** Unix ms at which its lease ends; null while it is empty. */
  lease: number | null;
}

/** Another worker has taken over the batch. */
export class BatchLost extends Error {}

/**
 * Takes messages out of the pending list without ever holding them in memory alone: they stay in the batch's own list
 * until they are stored, and go to another worker when the lease ends. A message moves and the buffer's size changes
 * atomically.
 */
export class Buffer {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** An empty batch. */
  static begin(): Batch {
    return { id: randomUUID(), messages: [], since: performance.now(), lease: null };
  }

  /** Adds messages to a batch. @returns how many there were. @throws BatchLost */
  async take(batch: Batch, count: number): Promise<number> {
    const lease = Date.now() + LEASE_MS;
    const taken = (await this.eval(TAKE, {
      keys: [PENDING_LIST, listOf(batch), BATCHES, WORKER_KEYS.buffered],
      arguments: [String(count), batch.id, String(lease), String(batch.lease ?? "")],
    })) as string[];
    if (taken.length > 0) batch.lease = lease;
    batch.messages.push(...taken);
    return taken.length;
  }

  /** Renews a batch's lease. @throws BatchLost */
  async renew(batch: Batch): Promise<void> {
    if (batch.lease === null) return;
    const lease = Date.now() + LEASE_MS;
    await this.eval(RENEW, { keys: [BATCHES], arguments: [batch.id, String(lease), String(batch.lease)] });
    batch.lease = lease;
  }

  /** A batch that another worker left behind; null without one. */
  async takeOver(): Promise<Batch | null> {
    const now = Date.now();
    const lease = now + LEASE_MS;
    const [id, ...messages] = (await this.redis.eval(TAKE_OVER, {
      keys: [BATCHES],
      arguments: [String(now), String(lease)],
    })) as string[];
    return id === undefined ? null : { id, messages, since: Number.NEGATIVE_INFINITY, lease };
  }

  /** Completes a batch. @param dead its messages that cannot be stored. */
  async release(batch: Batch, stored: number, dead: readonly string[]): Promise<void> {
    await this.redis.eval(RELEASE, {
      keys: [listOf(batch), BATCHES, WORKER_KEYS.buffered, WORKER_KEYS.total, DEAD_LIST],
      arguments: [batch.id, String(stored), ...dead],
    });
  }

  private async eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    try {
      return await this.redis.eval(script, options);
    } catch (problem) {
      if (problem instanceof Error && problem.message.includes("LOST"))
        throw new BatchLost("another worker has the batch");
      throw problem;
    }
  }
}

function listOf({ id }: Batch): string {
  return `${BATCHES}:${id}`;
}
