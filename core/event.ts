import { type Filter, type Filterable, matches } from "./filter.ts";

/** The stream of events of one run: everything that decides what event number `seq` is. */
export interface Workload {
  /** Chooses one stream among many: any 32-bit number. */
  readonly seed: number;
  /** The chains that the events are spread over. */
  readonly chains: readonly string[];
}

/** One event of the workload, before it is stamped with a trace and written for a wire. */
export interface Event extends Filterable {
  readonly seq: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly txHash: string;
}

/** What recurs among events: a combination of the attributes that filters look at. */
export interface Variant extends Filterable {
  readonly index: number;
}

export const EVENT_TYPES = ["transfer", "swap", "approval", "mint", "burn"] as const;
const ACCOUNTS_PER_CHAIN = 4;
const PROGRAMS_PER_CHAIN = 2;
const FIRST_BLOCK = 18_000_000;
/** Events that share a block, so that block numbers climb as they do on a chain. */
const EVENTS_PER_BLOCK = 100;

/**
 * A number from 0 to 2^32 - 1 that looks random and depends on nothing but its arguments.
 * The mixing constants are those of MurmurHash3's 32-bit finalizer.
 */
export function draw(seed: number, seq: number): number {
  let mixed = (seed ^ Math.imul(seq + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Every combination of chain, event type, account and program that the workload holds. */
export function variants(workload: Workload): readonly Variant[] {
  const all: Variant[] = [];
  for (const chain of workload.chains) {
    for (const eventType of EVENT_TYPES) {
      for (let account = 0; account < ACCOUNTS_PER_CHAIN; account++) {
        for (let program = 0; program < PROGRAMS_PER_CHAIN; program++) {
          all.push({
            index: all.length,
            chain,
            eventType,
            accounts: [address(chain, "account", account)],
            programId: address(chain, "program", program),
          });
        }
      }
    }
  }
  return all;
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

/** Which variant event number `seq` is: an index into {@link variants}. */
export function variantIndex(seed: number, seq: number, variantCount: number): number {
  return draw(seed, seq) % variantCount;
}

/**
 * Event number `seq` of a workload: a pure function, so that publisher, subscriber and receiver know
 * the same event without telling each other.
 *
 * @param all the workload's variants; pass them when many events are made, they are the same each time.
 */
export function event(workload: Workload, seq: number, all = variants(workload)): Event {
  const { seed } = workload;
  const drawn = draw(seed, seq);
  const variant = all[drawn % all.length] as Variant;
  const blockNumber = FIRST_BLOCK + Math.floor(seq / EVENTS_PER_BLOCK);
  return {
    seq,
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

/** Remembered, because the events of a block are made one after the other. */
function blockHash(seed: number, blockNumber: number): string {
  if (lastBlock.seed !== seed || lastBlock.blockNumber !== blockNumber) {
    lastBlock = { seed, blockNumber, hash: hash(seed, blockNumber, draw(seed, blockNumber)) };
  }
  return lastBlock.hash;
}

/** @param drawn what {@link draw} gives for both. */
function hash(seed: number, place: number, drawn: number): string {
  const tail = (seed >>> 0).toString(16).padStart(8, "0") + place.toString(16).padStart(8, "0");
  return `0x${drawn.toString(16).padStart(8, "0").repeat(6)}${tail}`;
}

/** For a filter, the function that says of a sequence number whether its event passes; cheap per call. */
export function selector(workload: Workload, filter: Filter): (seq: number) => boolean {
  const passes = variants(workload).map((variant) => matches(filter, variant));
  return (seq) => passes[variantIndex(workload.seed, seq, passes.length)] === true;
}

/** For every variant that occurs, the first sequence number whose event is of it. */
export function firstOfEachVariant(workload: Workload): number[] {
  const count = variants(workload).length;
  const found = new Map<number, number>();
  // Of so many draws each of the variants is certain to be among them, but for one run in a billion seeds.
  for (let seq = 0; found.size < count && seq < count * 40; seq++) {
    const index = variantIndex(workload.seed, seq, count);
    if (!found.has(index)) found.set(index, seq);
  }
  return [...found.values()];
}
