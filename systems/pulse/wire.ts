import * as v from "valibot";
import { variantIndex } from "../../core/event.ts";
import { eventId, type Trace } from "../../core/trace.ts";
import { type Event, event, type Variant, variants, type Workload } from "./events.ts";
import type { Filter } from "./filters.ts";

/** The gateway's names of chains and its numbers for them; real systems disagree, so both are settings. */
export type ChainNumbers = Readonly<Record<string, number>>;

/** The numbers of the contract. */
export const CHAIN_NUMBERS: ChainNumbers = {
  ethereum: 1,
  solana: 2,
  polygon: 3,
  arbitrum: 4,
  optimism: 5,
  base: 6,
  bsc: 7,
  avalanche: 8,
};

export const STREAM = "CANONICAL_EVENTS";
export const SUBJECTS = "events.canonical.>";

/** The subject an event is published on: `events.canonical.<chain number>.<event type>`. */
export function subject(numbers: ChainNumbers, variant: Variant): string {
  return `events.canonical.${numbers[variant.chain]}.${variant.eventType}`;
}

/** An event as the gateway reads it from JetStream. */
export interface CanonicalEvent {
  readonly event_id: string;
  readonly chain: number;
  readonly commitment_level: string;
  readonly block_number: number;
  readonly block_hash: string;
  readonly tx_hash: string;
  readonly event_type: string;
  readonly accounts: readonly string[];
  readonly timestamp: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly reorg_action: string;
  readonly program_id: string;
  readonly native_value: number;
  readonly published_at: string;
}

/** An event as the gateway sends it to a subscriber: the `data` of an `event` frame. */
export interface DeliveredEvent {
  readonly event_id: string;
  readonly chain: string;
  readonly block_num: number;
  readonly tx_hash: string;
  readonly event_type: string;
  readonly accounts: readonly string[];
  readonly program_id: string;
  readonly native_value: number;
  readonly timestamp: string;
}

const ControlFrameSchema = v.object({
  type: v.string(),
  data: v.nullish(
    v.object({
      subscription_id: v.optional(v.string()),
      count: v.optional(v.number()),
      code: v.optional(v.string()),
      message: v.optional(v.string()),
    }),
  ),
});

/** A frame that is no event, as far as a client looks at it. */
export type ControlFrame = v.InferOutput<typeof ControlFrameSchema>;

/** Reads a frame that is no event; null when it is none of the contract. */
export function readControlFrame(text: string): ControlFrame | null {
  const parsed = v.safeParse(ControlFrameSchema, parseJson(text), { abortEarly: true });
  return parsed.success ? parsed.output : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message ready to be stamped: the costly part is done, the trace is not yet in it. */
export interface PreparedMessage {
  readonly seq: number;
  readonly subject: string;
  /** Writes the payload with its trace; call it just before sending. */
  stamp(trace: Trace): string;
}

/**
 * Prepares the messages of a workload. What recurs is written once per variant, because a JSON
 * serializer per event would cost the publisher most of its rate.
 */
export class MessagePress {
  private readonly all: readonly Variant[];
  private readonly subjects: readonly string[];
  private readonly tails: readonly string[];
  private readonly numbers: readonly string[];

  private readonly workload: Workload;

  /** @throws RangeError for a chain that has no number: its events would have no subject. */
  constructor(workload: Workload, numbers: ChainNumbers = CHAIN_NUMBERS) {
    const unknown = workload.chains.find((chain) => !Object.hasOwn(numbers, chain));
    if (unknown !== undefined) {
      throw new RangeError(`CHAINS=${unknown}: has no number; allowed: ${Object.keys(numbers).join(", ")}`);
    }
    this.workload = workload;
    this.all = variants(workload);
    this.subjects = this.all.map((variant) => subject(numbers, variant));
    this.numbers = this.all.map((variant) => String(numbers[variant.chain]));
    this.tails = this.all.map(
      (variant) =>
        `"event_type":"${variant.eventType}","accounts":${JSON.stringify(variant.accounts)},` +
        `"payload":{"from":"${variant.accounts[0]}","to":"${variant.programId}","amount":"1000000000000000000"},` +
        `"reorg_action":"","program_id":"${variant.programId}","native_value":0,`,
    );
  }

  /** Prepares event number `seq`. */
  prepare(seq: number): PreparedMessage {
    const index = variantIndex(this.workload.seed, seq, this.all.length);
    const made = event(this.workload, seq, this.all);
    const body =
      `","chain":${this.numbers[index]},"commitment_level":"finalized",` +
      `"block_number":${made.blockNumber},"block_hash":"${made.blockHash}","tx_hash":"${made.txHash}",` +
      this.tails[index];
    return {
      seq,
      subject: this.subjects[index] as string,
      stamp: (trace) => {
        const time = isoTime(trace.publishedAt);
        return `{"event_id":"${eventId(trace)}${body}"timestamp":"${time.slice(0, 19)}Z","published_at":"${time}"}`;
      },
    };
  }
}

let lastTime = { millisecond: 0, text: "" };

/** ISO 8601 time, remembered for a millisecond because a batch asks for the same one many times. */
function isoTime(unixMs: number): string {
  const millisecond = Math.floor(unixMs);
  if (millisecond !== lastTime.millisecond) {
    lastTime = { millisecond, text: new Date(millisecond).toISOString() };
  }
  return lastTime.text;
}

/**
 * What is wrong with an event frame, or null. Each field is held against the event that was sent, which says
 * its type too; a schema before that would take longer than all else a subscriber does with a frame.
 */
export function damageOf(frame: string, sent: Event): string | null {
  const delivered = (parseJson(frame) as { data?: Record<keyof DeliveredEvent, unknown> } | null | undefined)?.data;
  if (typeof delivered !== "object" || delivered === null) return "it is no JSON object with data";
  const field = damagedField(delivered, sent);
  return field === null ? null : `its ${field} is ${String(JSON.stringify(delivered[field])).slice(0, LONGEST_VALUE)}`;
}

/** Characters of a damaged value that are told. */
const LONGEST_VALUE = 100;

function damagedField(
  delivered: Readonly<Record<keyof DeliveredEvent, unknown>>,
  sent: Event,
): keyof DeliveredEvent | null {
  if (delivered.chain !== sent.chain) return "chain";
  if (delivered.block_num !== sent.blockNumber) return "block_num";
  if (delivered.tx_hash !== sent.txHash) return "tx_hash";
  if (delivered.event_type !== sent.eventType) return "event_type";
  const { accounts } = delivered;
  const same = Array.isArray(accounts) && accounts.length === sent.accounts.length;
  if (!same || accounts.some((account, place) => account !== sent.accounts[place])) return "accounts";
  if (delivered.program_id !== sent.programId) return "program_id";
  if (typeof delivered.native_value !== "number") return "native_value";
  if (typeof delivered.timestamp !== "string") return "timestamp";
  return null;
}

/** The frames a client sends to the gateway. */
export const frames = {
  ping: (): string => JSON.stringify({ type: "ping" }),
  subscribe: (filter: Filter, ttlSeconds: number): string =>
    JSON.stringify({ type: "subscribe", data: { ...filter, ttl_seconds: ttlSeconds } }),
  listSubscriptions: (): string => JSON.stringify({ type: "list_subscriptions" }),
  unsubscribe: (subscriptionId: string): string =>
    JSON.stringify({ type: "unsubscribe", data: { subscription_id: subscriptionId } }),
};

/** How an event frame starts when the gateway writes `type` first, as the contract shows it. */
export const EVENT_FRAME_START = '{"type":"event"';
