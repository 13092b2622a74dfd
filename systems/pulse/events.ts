import { draw, type Stream, variantIndex } from "../../core/event.ts";
import { randomSeedOf } from "../../core/made.ts";
import { hex } from "../../core/trace.ts";
import { attributesOf, type Filterable } from "./filters.ts";

/** The stream of events of one run: decides everything about event number `seq`. */
export interface Workload {
  /** Selects one of many streams: any 32-bit number. */
  readonly seed: number;
  /** The chains of the events. */
  readonly chains: readonly string[];
}

/** One event of the workload, without trace and format. */
export interface Event extends Filterable {
  readonly seq: number;
  /** Index among the {@link variants}. */
  readonly variant: number;
  readonly blockNumber: number;
  readonly txHash: string;
}

/** A combination of the attributes that filters select by. */
export interface Variant extends Filterable {
  readonly index: number;
}

export const EVENT_TYPES = ["transfer", "swap", "approval", "mint", "burn"] as const;
const ACCOUNTS_PER_CHAIN = 4;
const PROGRAMS_PER_CHAIN = 2;
const FIRST_BLOCK = 18_000_000;
/** Events per block, so that block numbers rise as on a chain. */
const EVENTS_PER_BLOCK = 100;

/** Every combination of chain, event type, account and program. */
export function variants(workload: Workload): readonly Variant[] {
  const all: Variant[] = [];
  for (const chain of workload.chains) {
    // Computed once per chain: for each variant, it took 40 of the 60 ms in which k6 creates a virtual user.
    const accounts = addresses(chain, "account", ACCOUNTS_PER_CHAIN);
    const programs = addresses(chain, "program", PROGRAMS_PER_CHAIN);
    for (const eventType of EVENT_TYPES) {
      for (const account of accounts) {
        for (const programId of programs) {
          all.push({ index: all.length, chain, eventType, accounts: [account], programId });
        }
      }
    }
  }
  return all;
}

function addresses(chain: string, kind: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => address(chain, kind, place));
}

function address(chain: string, kind: string, place: number): string {
  let digits = "";
  for (let word = 0; word < 5; word++) {
    let mixed = draw(place, word);
    for (const letter of chain + kind) mixed = draw(mixed, letter.charCodeAt(0));
    digits += mixed.toString(16).padStart(8, "0");
  }
  return `0x${digits}`;
}

/**
 * Event number `seq` of a workload: a pure function, so that publisher, subscriber and receiver know the same event
 * without communication.
 *
 * @param all the workload's variants, to avoid computing them for each event.
 */
export function event(workload: Workload, seq: number, all = variants(workload)): Event {
  const { seed } = workload;
  const variant = all[variantIndex(seed, seq, all.length)] as Variant;
  return {
    seq,
    variant: variant.index,
    blockNumber: blockOf(seq),
    txHash: txHash(seed, seq, draw(randomSeedOf(seed), seq)),
    chain: variant.chain,
    eventType: variant.eventType,
    accounts: variant.accounts,
    programId: variant.programId,
  };
}

/** The block of event number `seq`. */
export function blockOf(seq: number): number {
  return FIRST_BLOCK + Math.floor(seq / EVENTS_PER_BLOCK);
}

/** The hash of a block: 32 bytes that name the seed too. */
export function blockHash(seed: number, block: number): string {
  return `0x${hex(seed >>> 0, 8)}${hex(block, 8).repeat(7)}`;
}

/** @param random what the event draws. */
export function txHash(seed: number, seq: number, random: number): string {
  return `0x${hex(random, 8).repeat(6)}${hex(seed >>> 0, 8)}${hex(seq, 8)}`;
}

/** What a receiver has to know about a workload: its seed, and the attributes for filters. */
export function streamOf(workload: Workload): Stream {
  return { seed: workload.seed, variants: variants(workload).map(attributesOf) };
}
