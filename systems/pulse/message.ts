import { variantIndex } from "../../core/event.ts";
import { eventId, type Trace } from "../../core/trace.ts";
import { event, type Variant, variants, type Workload } from "./events.ts";
import { type FieldTypes, writeField } from "./fieldtypes.ts";
import { CHAIN_NUMBERS, type ChainNumbers, SUBJECT, subject } from "./wire.ts";

/** A message ready to be stamped: the costly part is done, the trace is not yet in it. */
export interface PreparedMessage {
  readonly seq: number;
  readonly subject: string;
  /** Writes the payload with its trace; call it just before sending. */
  stamp(trace: Trace): string;
}

/** Where events are published, and how they are spelled, where that differs from the gateway's contract. */
export interface Spelling {
  readonly numbers?: ChainNumbers | undefined;
  readonly prefix?: string | undefined;
  readonly types?: FieldTypes | undefined;
}

/**
 * Prepares the messages of a workload. What recurs is written once per variant, because a JSON
 * serializer per event would cost the publisher most of its rate.
 */
export class MessagePress {
  private readonly all: readonly Variant[];
  /** The subject of each variant. */
  readonly subjects: readonly string[];
  private readonly heads: readonly string[];
  private readonly tails: readonly string[];
  private readonly workload: Workload;
  private readonly types: FieldTypes;

  /** @throws RangeError for a chain that has no number: its events would have no subject. */
  constructor(workload: Workload, { numbers = CHAIN_NUMBERS, prefix = SUBJECT, types = {} }: Spelling = {}) {
    const unknown = workload.chains.find((chain) => !Object.hasOwn(numbers, chain));
    if (unknown !== undefined) {
      throw new RangeError(`CHAINS=${unknown}: has no number; allowed: ${Object.keys(numbers).join(", ")}`);
    }
    this.workload = workload;
    this.types = types;
    this.all = variants(workload);
    const numberOf = ({ chain }: Variant) => numbers[chain] as number;
    this.subjects = this.all.map((variant) => subject(prefix, numberOf(variant), variant.eventType));
    const written = this.all.map((variant) => {
      const values = { chain: { name: variant.chain, number: numberOf(variant) }, programId: variant.programId };
      const write = (field: Parameters<typeof writeField>[1]) => writeField(types, field, values);
      return {
        head: `",${write("chain")}${write("commitment_level")}`,
        tail:
          `"event_type":"${variant.eventType}","accounts":${JSON.stringify(variant.accounts)},` +
          write("payload") +
          write("reorg_action") +
          write("program_id") +
          write("native_value"),
      };
    });
    this.heads = written.map(({ head }) => head);
    this.tails = written.map(({ tail }) => tail);
  }

  /** Prepares event number `seq`. */
  prepare(seq: number): PreparedMessage {
    const { types } = this;
    const index = variantIndex(this.workload.seed, seq, this.all.length);
    const made = event(this.workload, seq, this.all);
    const block = types.block_number === "text" ? `"${made.blockNumber}"` : made.blockNumber;
    const body =
      this.heads[index] +
      `"block_number":${block},"block_hash":"${made.blockHash}","tx_hash":"${made.txHash}",` +
      this.tails[index];
    return {
      seq,
      subject: this.subjects[index] as string,
      stamp: (trace) => {
        const time = isoTime(trace.publishedAt);
        const published = types.published_at === "absent" ? "" : `,"published_at":"${time}"`;
        return `{"event_id":"${eventId(trace)}${body}"timestamp":"${time.slice(0, 19)}Z"${published}}`;
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
