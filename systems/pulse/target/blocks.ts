import type { ReceivedEvent } from "./event.ts";
import { timestamp } from "./time.ts";

/** What the gateway knows about one block, from its events. */
export interface Manifest {
  readonly chain: string;
  readonly block_num: number;
  readonly block_hash: string;
  readonly commitment_level: number;
  readonly event_count: number;
  /** Number of events by type. */
  readonly event_types: Readonly<Record<string, number>>;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
}

/** The state of a chain; all null before its first event. */
export interface Watermark {
  readonly chain: string;
  /** The highest block with an event. */
  readonly block_num: number | null;
  /** The latest event. */
  readonly event_id: string | null;
  readonly updated_at: string | null;
}

/** Blocks without an event although blocks around them had some. */
export interface Gap {
  readonly chain: string;
  readonly from_block: number;
  readonly to_block: number;
}

/** Most remembered blocks of a chain. */
const MEMORY = 256;

interface Block {
  readonly number: number;
  readonly hash: string;
  readonly types: Map<string, number>;
  readonly firstSeen: number;
  lastSeen: number;
  commitment: number;
}

/** One chain as its events show it: the most recent blocks, in bounded memory. */
export class Chain {
  readonly name: string;
  private readonly blocks = new Map<number, Block>();
  private highest: number | null = null;
  private lastEvent: { readonly id: string; readonly seen: number } | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /** Enters an event. @param now Unix ms. */
  note({ canonical: event }: ReceivedEvent, now: number): void {
    let block = this.blocks.get(event.block_number);
    // Another hash at the same height is a reorganisation: the earlier block is gone.
    if (block === undefined || block.hash !== event.block_hash) {
      block = {
        number: event.block_number,
        hash: event.block_hash,
        types: new Map(),
        firstSeen: now,
        lastSeen: now,
        commitment: event.commitment_level,
      };
      this.remember(block);
    }
    block.types.set(event.event_type, (block.types.get(event.event_type) ?? 0) + 1);
    block.lastSeen = now;
    block.commitment = event.commitment_level;
    this.highest = Math.max(this.highest ?? 0, event.block_number);
    this.lastEvent = { id: event.event_id, seen: now };
  }

  /** A block that is still remembered. */
  manifest(number: number): Manifest | undefined {
    const block = this.blocks.get(number);
    return block === undefined ? undefined : this.describe(block);
  }

  /** The blocks by their first event, newest first. */
  recent(limit: number): Manifest[] {
    return [...this.blocks.values()]
      .slice(-limit)
      .reverse()
      .map((block) => this.describe(block));
  }

  watermark(): Watermark {
    return {
      chain: this.name,
      block_num: this.highest,
      event_id: this.lastEvent?.id ?? null,
      updated_at: this.lastEvent === null ? null : timestamp(this.lastEvent.seen),
    };
  }

  /** The gaps among the remembered blocks, lowest first. */
  gaps(): Gap[] {
    const numbers = [...this.blocks.keys()].sort((a, b) => a - b);
    return numbers.slice(1).flatMap((number, index) => {
      const before = numbers[index] as number;
      return number === before + 1 ? [] : [{ chain: this.name, from_block: before + 1, to_block: number - 1 }];
    });
  }

  private remember(block: Block): void {
    this.blocks.delete(block.number);
    this.blocks.set(block.number, block);
    if (this.blocks.size <= MEMORY) return;
    const [oldest] = this.blocks.keys();
    if (oldest !== undefined) this.blocks.delete(oldest);
  }

  private describe(block: Block): Manifest {
    let events = 0;
    for (const count of block.types.values()) events += count;
    return {
      chain: this.name,
      block_num: block.number,
      block_hash: block.hash,
      commitment_level: block.commitment,
      event_count: events,
      event_types: Object.fromEntries(block.types),
      first_seen_at: timestamp(block.firstSeen),
      last_seen_at: timestamp(block.lastSeen),
    };
  }
}
