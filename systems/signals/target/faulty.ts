import type { Redis } from "../../../target/redis.ts";
import type { SignalsFaults } from "./faults.ts";
import { EXECUTED, type Gate, IDEMPOTENT_MS, LIMIT, type Passage, RedisGate, type Request } from "./gate.ts";

/** A process's gate with its planted faults. */
export function gateOf(redis: Redis, faults: SignalsFaults): Gate {
  const counted = faults["no-limit"] === undefined && faults["limit-per-process"] === undefined;
  const remembered = faults["no-idempotency"] === undefined && faults["racing-idempotency"] === undefined;
  let gate: Gate = new RedisGate(redis, {
    limit: counted ? LIMIT + (faults["loose-limit"] ?? 0) : 0,
    idempotentMs: remembered ? IDEMPOTENT_MS : 0,
  });
  if (faults["racing-idempotency"]) gate = new RacingGate(gate, redis);
  if (faults["limit-per-process"]) gate = new OwnLimitGate(gate, redis);
  if (faults["remember-limited"]) gate = new GrudgingGate(gate, redis);
  if (faults["execute-limited"]) gate = new EagerGate(gate, redis);
  if (faults.again !== undefined) gate = new RepeatingGate(gate, redis, faults.again);
  if (faults.flip !== undefined) gate = new FlippingGate(gate, redis, faults.flip);
  if (faults.forget !== undefined) gate = new ForgetfulGate(gate, redis, faults.forget);
  return gate;
}

/** A gate with one fault, before the gate of the process. */
abstract class FaultyGate implements Gate {
  protected readonly inner: Gate;
  protected readonly redis: Redis;

  constructor(inner: Gate, redis: Redis) {
    this.inner = inner;
    this.redis = redis;
  }

  abstract admit(request: Request): Promise<Passage>;
}

/** Looks a signal up first and records it only after execution: check, then set. */
class RacingGate extends FaultyGate {
  async admit(request: Request): Promise<Passage> {
    const key = `signals:first:${request.webhook}:${request.digest}`;
    const known = await this.redis.get(key);
    const passage = await this.inner.admit(known === null ? request : { ...request, signal: "" });
    if (passage === "limited") return passage;
    if (known !== null) return { acceptedAt: Number(known) };
    await this.redis.set(key, String(passage.acceptedAt), { expiration: { type: "PX", value: IDEMPOTENT_MS } });
    return passage;
  }
}

/** Counts per process instead of across processes. */
class OwnLimitGate extends FaultyGate {
  private readonly requests = new Map<string, number[]>();

  async admit(request: Request): Promise<Passage> {
    const client = `${request.webhook} ${request.client}`;
    const now = performance.now();
    const recent = (this.requests.get(client) ?? []).filter((time) => now - time < 1_000);
    if (recent.length >= LIMIT) return "limited";
    this.requests.set(client, [...recent, now]);
    return this.inner.admit(request);
  }
}

/** Remembers refused signals. */
class GrudgingGate extends FaultyGate {
  private readonly refused = new Map<string, number>();

  async admit(request: Request): Promise<Passage> {
    const name = `${request.webhook} ${request.digest}`;
    if (performance.now() < (this.refused.get(name) ?? 0)) return "limited";
    const passage = await this.inner.admit(request);
    if (passage === "limited") this.refused.set(name, performance.now() + GRUDGE_MS);
    return passage;
  }
}

const GRUDGE_MS = 60_000;

/** Executes refused signals. */
class EagerGate extends FaultyGate {
  async admit(request: Request): Promise<Passage> {
    const passage = await this.inner.admit(request);
    if (passage === "limited") await this.redis.rPush(EXECUTED, `${Date.now() * 1000} ${request.signal}`);
    return passage;
  }
}

/** Executes a signal again some time later. */
class RepeatingGate extends FaultyGate {
  private readonly after: number;

  constructor(inner: Gate, redis: Redis, after: number) {
    super(inner, redis);
    this.after = after;
  }

  async admit(request: Request): Promise<Passage> {
    const passage = await this.inner.admit(request);
    if (passage === "limited") return passage;
    const repeat = () => this.redis.rPush(EXECUTED, `${Date.now() * 1000} ${request.signal}`).catch(() => undefined);
    setTimeout(repeat, this.after).unref();
    return passage;
  }
}

/** Executes something else than every N-th signal. */
abstract class ChangingGate extends FaultyGate {
  private readonly every: number;
  private signals = 0;

  constructor(inner: Gate, redis: Redis, every: number) {
    super(inner, redis);
    this.every = every;
  }

  admit(request: Request): Promise<Passage> {
    const isChanged = ++this.signals % this.every === 0;
    return this.inner.admit(isChanged ? { ...request, signal: this.changed(request.signal) } : request);
  }

  /** What to execute instead. */
  protected abstract changed(signal: string): string;
}

/** Accepts every N-th signal without executing it. */
class ForgetfulGate extends ChangingGate {
  protected changed(): string {
    return "";
  }
}

/** Executes a SELL as a BUY. */
class FlippingGate extends ChangingGate {
  protected changed(signal: string): string {
    return signal.replace(/"(BUY|SELL)"/, (action) => (action === '"BUY"' ? '"SELL"' : '"BUY"'));
  }
}
