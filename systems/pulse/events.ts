import { draw, type Stream } from "../../core/event.ts";
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
  readonly blockHash: string;
  readonly txHash: string;
}

/** A combination of the attributes that filters select by. */
export interface Variant extends Filterable {
  readonly index: number;
}

export const EVENT_TYPES = ["transfer", "swap", "approval", "mint", "burn"] as const;
const ACCOUNTS_PER_CHAIN = 4;
const PROGRAMS_PER_CHAIN = 2;
export const FIRST_BLOCK = 18_000_000;
/** Events per block, so that block numbers rise as on a chain. */
export const EVENTS_PER_BLOCK = 100;

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
  const drawn = draw(seed, seq);
  const variant = all[drawn % all.length] as Variant;
  const blockNumber = FIRST_BLOCK + Math.floor(seq / EVENTS_PER_BLOCK);
  return {
    seq,
    variant: variant.index,
    blockNumber,
    blockHash: blockHash(seed, blockNumber),
    txHash: hash(seed, seq, drawn),
    chain: variant.chain,
    eventType: variant.eventType,
    accounts: variant.accounts,
    programId: variant.programId,
  };
}

let lastBlock = { seed: Number.NaN, blockNumber: Number.NaN, hash: "" };

/** Cached, because the events of a block are made one after the other. */
function blockHash(seed: number, blockNumber: number): string {
  if (lastBlock.seed !== seed || lastBlock.blockNumber !== blockNumber) {
    lastBlock = { seed, blockNumber, hash: hash(seed, blockNumber, draw(seed, blockNumber)) };
  }
  return lastBlock.hash;
}

/** @param drawn the result of {@link draw} for both. */
function hash(seed: number, place: number, drawn: number): string {
  const tail = (seed >>> 0).toString(16).padStart(8, "0") + place.toString(16).padStart(8, "0");
  return `0x${drawn.toString(16).padStart(8, "0").repeat(6)}${tail}`;
}

/** What a receiver has to know about a workload: its seed, and the attributes for filters. */
export function streamOf(workload: Workload): Stream {
  return { seed: workload.seed, variants: variants(workload).map(attributesOf) };
}
