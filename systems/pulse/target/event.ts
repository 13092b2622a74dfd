import * as v from "valibot";
import type { Filterable } from "../filters.ts";
import type { CanonicalEvent, ChainNumbers, DeliveredEvent } from "../wire.ts";

/** What the gateway reads of a canonical event; everything else in the message is passed over. */
const canonical = v.object({
  event_id: v.string(),
  chain: v.number(),
  commitment_level: v.string(),
  block_number: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  block_hash: v.string(),
  tx_hash: v.string(),
  event_type: v.string(),
  accounts: v.array(v.string()),
  timestamp: v.string(),
  program_id: v.string(),
  native_value: v.pipe(v.number(), v.finite()),
}) satisfies v.GenericSchema<unknown, Partial<CanonicalEvent>>;

type Canonical = v.InferOutput<typeof canonical>;

/** A message that is not an event; `message` says why. */
export class MalformedEvent extends Error {
  override readonly name = "MalformedEvent";
}

/** One event as it came from the stream, in the gateway's own terms. */
export class ReceivedEvent implements Filterable {
  readonly chain: string;
  readonly canonical: Canonical;
  /** When it was received, by `performance.now()`. */
  readonly receivedAt: number;
  private written: Buffer | null = null;

  constructor(chain: string, event: Canonical, receivedAt: number) {
    this.chain = chain;
    this.canonical = event;
    this.receivedAt = receivedAt;
  }

  get eventType(): string {
    return this.canonical.event_type;
  }

  get accounts(): readonly string[] {
    return this.canonical.accounts;
  }

  get programId(): string {
    return this.canonical.program_id;
  }

  /** The `event` frame for subscribers, written once and only if somebody wants it. */
  get frame(): Buffer {
    this.written ??= Buffer.from(JSON.stringify({ type: "event", data: this.delivered() }));
    return this.written;
  }

  /** `event_id` comes first, because subscribers find the trace without parsing the frame. */
  private delivered(): DeliveredEvent {
    const { canonical: event } = this;
    return {
      event_id: event.event_id,
      chain: this.chain,
      block_num: event.block_number,
      tx_hash: event.tx_hash,
      event_type: event.event_type,
      accounts: event.accounts,
      program_id: event.program_id,
      native_value: event.native_value,
      timestamp: event.timestamp,
    };
  }
}

/** Reads events from the payloads of stream messages. */
export class EventReader {
  private readonly names: ReadonlyMap<number, string>;

  constructor(numbers: ChainNumbers) {
    this.names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
  }

  /**
   * Reads one payload.
   *
   * @param receivedAt when it came, by `performance.now()`.
   * @throws MalformedEvent when the payload is not an event of a known chain.
   */
  read(payload: Uint8Array, receivedAt: number): ReceivedEvent {
    const event = v.safeParse(canonical, parseJson(payload), { abortEarly: true });
    if (!event.success) throw new MalformedEvent(problem(event.issues[0]));
    const chain = this.names.get(event.output.chain);
    if (chain === undefined)
      throw new MalformedEvent(`chain: ${event.output.chain} is not the number of a known chain`);
    return new ReceivedEvent(chain, event.output, receivedAt);
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
  } catch (error) {
    throw new MalformedEvent(`not JSON: ${(error as Error).message}`);
  }
}

function problem(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}
