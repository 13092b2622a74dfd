import * as v from "valibot";
import type { Manner } from "../../../target/manner.ts";
import type { Filterable } from "../filters.ts";
import type { ChainNumbers, DeliveredEvent } from "../wire.ts";
import { write } from "./manner.ts";

// Absent and null mean an empty value, as in a decoder of Go.
const text = v.nullish(v.string(), "");
const integer = v.nullish(v.pipe(v.number(), v.safeInteger()), 0);
const time = v.nullish(v.pipe(v.string(), v.isoTimestamp()));

/** A canonical event as the gateway decodes it. A field of another JSON type makes it drop the event. */
const canonical = v.object({
  event_id: text,
  chain: integer,
  commitment_level: integer,
  block_number: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  block_hash: text,
  tx_hash: text,
  event_type: text,
  accounts: v.nullish(v.array(v.string()), []),
  timestamp: time,
  payload: v.nullish(v.union([v.literal(""), v.pipe(v.string(), v.base64())])),
  reorg_action: integer,
  native_value: v.nullish(v.pipe(v.number(), v.finite()), 0),
  published_at: time,
});

/** The real decoder has no such field, so that it accepts anything. */
const withProgram = v.object({ ...canonical.entries, program_id: text });

type Canonical = v.InferOutput<typeof canonical> & { readonly program_id?: string };

/** A message that is not an event; `message` says why. */
export class MalformedEvent extends Error {
  override readonly name = "MalformedEvent";
}

/** How Go writes a time that was never set. */
const NO_TIME = "0001-01-01T00:00:00Z";

/** The chain of an event with an unknown number. */
const UNKNOWN_CHAIN = "unknown";

/** One event from the stream, in the gateway's terms. */
export class ReceivedEvent implements Filterable {
  readonly chain: string;
  readonly canonical: Canonical;
  /** When it was received, by `performance.now()`. */
  readonly receivedAt: number;
  private readonly manner: Manner;
  private written: Buffer | null = null;

  constructor(chain: string, event: Canonical, receivedAt: number, manner: Manner) {
    this.chain = chain;
    this.canonical = event;
    this.receivedAt = receivedAt;
    this.manner = manner;
  }

  /** The same event with other contents. */
  changed(changes: Partial<Canonical>): ReceivedEvent {
    return new ReceivedEvent(this.chain, { ...this.canonical, ...changes }, this.receivedAt, this.manner);
  }

  /** An event of an unknown chain goes to every subscription. */
  get matchesAll(): boolean {
    return this.chain === UNKNOWN_CHAIN;
  }

  get eventType(): string {
    return this.canonical.event_type;
  }

  get accounts(): readonly string[] {
    return this.canonical.accounts;
  }

  get programId(): string {
    return this.canonical.program_id ?? "";
  }

  /** The `event` frame for subscribers, written once and only if somebody subscribed to it. */
  get frame(): Buffer {
    this.written ??= Buffer.from(write(this.manner, { type: "event", data: this.delivered() }));
    return this.written;
  }

  private delivered(): DeliveredEvent {
    const { canonical: event } = this;
    return {
      event_id: event.event_id,
      chain: this.chain,
      block_num: event.block_number,
      tx_hash: event.tx_hash,
      event_type: event.event_type,
      accounts: event.accounts,
      program_id: this.programId,
      native_value: event.native_value,
      timestamp: event.timestamp ?? NO_TIME,
    };
  }
}

/** Reads events from the payloads of stream messages. */
export class EventReader {
  private readonly names: ReadonlyMap<number, string>;
  private readonly manner: Manner;

  constructor(numbers: ChainNumbers, manner: Manner) {
    this.names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
    this.manner = manner;
  }

  /**
   * Decodes a payload.
   *
   * @param receivedAt by `performance.now()`.
   * @throws MalformedEvent when it is no event.
   */
  read(payload: Uint8Array, receivedAt: number): ReceivedEvent {
    const schema: v.GenericSchema<unknown, Canonical> = this.manner === "real" ? canonical : withProgram;
    const message = parseJson(payload);
    // All its fields are optional, and a list has none of them.
    if (Array.isArray(message)) throw new MalformedEvent("a list, not an object");
    const event = v.safeParse(schema, message, { abortEarly: true });
    if (!event.success) throw new MalformedEvent(problem(event.issues[0]));
    const chain = this.names.get(event.output.chain) ?? UNKNOWN_CHAIN;
    return new ReceivedEvent(chain, event.output, receivedAt, this.manner);
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
