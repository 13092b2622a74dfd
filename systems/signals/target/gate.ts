import type { Redis } from "../../../target/redis.ts";

/** A signal at the gate. */
export interface Request {
  readonly webhook: string;
  /** The client's address. */
  readonly client: string;
  /** Equal for equal signals. */
  readonly digest: string;
  /** The signal to execute, as JSON. */
  readonly signal: string;
}

/** The gate's decision: the time of first acceptance, in Unix microseconds, or that the limit is reached. */
export type Passage = { readonly acceptedAt: number } | "limited";

/** Decides about every signal, across processes. */
export interface Gate {
  admit(request: Request): Promise<Passage>;
}

export const LIMIT = 10;
const WINDOW_US = 1_000_000;
export const IDEMPOTENT_MS = 1_000;

/** Executed signals, oldest first: `<Unix us> <JSON>`. */
export const EXECUTED = "signals:executed";

/**
 * Limit, idempotency and execution in one atomic step: with any number of processes, 10 pass in any second, and equal
 * signals within a second are executed once.
 *
 * KEYS: times of the client's requests, first acceptance of this signal, executed signals. ARGV: limit (0 for none),
 * its window in microseconds, ms of idempotency (0 for none), unique name, signal (empty to execute nothing).
 */
const ADMIT = `
local time = redis.call('TIME')
local now = string.format('%d%06d', time[1], time[2])
if ARGV[1] ~= '0' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(now) - tonumber(ARGV[2]))
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return false end
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2]) / 1000))
end
if ARGV[3] ~= '0' then
  local first = redis.call('GET', KEYS[2])
  if first then return first end
  redis.call('SET', KEYS[2], now, 'PX', ARGV[3])
end
if ARGV[5] ~= '' then redis.call('RPUSH', KEYS[3], now .. ' ' .. ARGV[5]) end
return now
`;

/** What of its rules a gate keeps; a healthy one keeps all. */
interface Rules {
  readonly limit: number;
  readonly idempotentMs: number;
}

/** The gate, which all processes share through Redis. */
export class RedisGate implements Gate {
  private readonly redis: Redis;
  private readonly rules: Rules;
  private requests = 0;

  constructor(redis: Redis, rules: Rules = { limit: LIMIT, idempotentMs: IDEMPOTENT_MS }) {
    this.redis = redis;
    this.rules = rules;
  }

  async admit({ webhook, client, digest, signal }: Request): Promise<Passage> {
    const { limit, idempotentMs } = this.rules;
    const name = `${process.pid}-${++this.requests}`;
    const answer = await this.redis.eval(ADMIT, {
      keys: [`signals:requests:${webhook}:${client}`, `signals:first:${webhook}:${digest}`, EXECUTED],
      arguments: [String(limit), String(WINDOW_US), String(idempotentMs), name, signal],
    });
    return answer === null ? "limited" : { acceptedAt: Number(answer) };
  }
}
