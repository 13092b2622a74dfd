import { type Stream, variantIndex } from "../../core/event.ts";
import type { WorkloadEvent } from "../../core/made.ts";
import { hex, publishedMs, type Trace } from "../../core/trace.ts";
import { type Endpoint, selects } from "./endpoint.ts";
import { ADDRESSES, CHAIN_ID, TOPICS } from "./sepolia.ts";
import { ALICE, AMOUNT, BOB, type LogVariant, type LogVariants } from "./variants.ts";

/** The nine fields of a stream entry, in the order in which they are written. */
export const FIELDS = [
  "chain_id",
  "block_number",
  "block_hash",
  "tx_hash",
  "log_index",
  "contract",
  "topics",
  "data",
  "timestamp",
] as const;

/** The stream that the pipeline reads for a chain. */
export function streamOfChain(chainId: number): string {
  return `events:${chainId}`;
}

export const EVENT_STREAM = streamOfChain(CHAIN_ID);

/** The list that holds what is matched and not yet delivered. */
export const DELIVERY_QUEUE = "delivery_queue";

/** The stream of log entries of one run. */
export interface LogWorkload {
  /** Chooses one stream among many: any 32-bit number. */
  readonly seed: number;
  /** Share of the events, from 0 to 1, that no endpoint wants. */
  readonly unmatchedShare: number;
  /** What the events are drawn from; those of the load test's endpoints unless told. */
  readonly variants?: LogVariants | undefined;
}

function log(contract: keyof typeof ADDRESSES, topics: readonly string[], data: string): LogVariant {
  return { chainId: CHAIN_ID, contract: ADDRESSES[contract], topics, data };
}

const SWAP = `0x${["de0b6b3a7640000", "77359400", "1000000000000000000000000", "2386f26fc10000", "31b8c"]
  .map((digits) => digits.padStart(64, "0"))
  .join("")}`;

/** The log entries that the endpoints are made for. */
export const WANTED: readonly LogVariant[] = [
  log("usdc", [TOPICS.transfer, ALICE, BOB], AMOUNT),
  log("weth", [TOPICS.transfer, ALICE, BOB], AMOUNT),
  log("weth", [TOPICS.deposit, ALICE], AMOUNT),
  log("weth", [TOPICS.withdrawal, BOB], AMOUNT),
  log("dai", [TOPICS.transfer, BOB, ALICE], AMOUNT),
  log("link", [TOPICS.transfer, ALICE, BOB], AMOUNT),
  log("uniswap", [TOPICS.swap, ALICE, BOB], SWAP),
];

/** Well-formed log entries that no endpoint wants: another contract, and another event of a known one. */
export const UNWANTED: readonly LogVariant[] = [
  log("usdt", [TOPICS.transfer, ALICE, BOB], AMOUNT),
  log("usdc", [TOPICS.approval, ALICE, BOB], AMOUNT),
];

const SEPOLIA: LogVariants = { wanted: WANTED, unwanted: UNWANTED };

/** All variants of a workload; those that are wanted come first. */
export function variantsOf({ variants = SEPOLIA }: Pick<LogWorkload, "variants">): readonly LogVariant[] {
  return [...variants.wanted, ...variants.unwanted];
}

const FIRST_BLOCK = 18_000_000;
/** Log entries of one block, so that log indexes run from 0 to 99 as blocks climb. */
export const LOGS_PER_BLOCK = 100;

/** Those that no endpoint wants. */
export function unwantedOf({ variants = SEPOLIA }: Pick<LogWorkload, "variants">): readonly LogVariant[] {
  return variants.unwanted;
}

/** Which variant event number `seq` is, see {@link variantsOf}: a pure function of the workload and the number. */
export function logVariantIndex({ seed, unmatchedShare, variants = SEPOLIA }: LogWorkload, seq: number): number {
  const { wanted, unwanted } = variants;
  const { length: count } = unwanted;
  return variantIndex(seed, seq, wanted.length + count, { share: unmatchedShare, count });
}

/** The first event of each wanted variant: together they reach every endpoint that wants anything. */
export function oneOfEach(workload: LogWorkload): readonly number[] {
  const { wanted } = workload.variants ?? SEPOLIA;
  const firsts = new Map<number, number>();
  for (let seq = 0; firsts.size < wanted.length; seq++) {
    const index = logVariantIndex({ ...workload, unmatchedShare: 0 }, seq);
    if (!firsts.has(index)) firsts.set(index, seq);
  }
  return [...firsts.values()];
}

/** The block of event number `seq`. */
export function blockNumber(seq: number): number {
  return FIRST_BLOCK + Math.floor(seq / LOGS_PER_BLOCK);
}

/** The hash of a block: 32 bytes that name the seed too. */
export function blockHash(seed: number, block: number): string {
  return `0x${hex(seed >>> 0, 8)}${hex(block, 8).repeat(7)}`;
}

/** For an endpoint, the function that says of a sequence number whether it must be delivered there. */
export function endpointSelector(workload: LogWorkload, wanted: Endpoint): (seq: number) => boolean {
  const passes = variantsOf(workload).map((variant) => selects(wanted, variant));
  return (seq) => passes[logVariantIndex(workload, seq)] === true;
}

/** Whether an endpoint wants any event that a workload can hold; one that does not needs no canary. */
export function wantsAnything(workload: LogWorkload, wanted: Endpoint): boolean {
  return variantsOf(workload).some((variant) => selects(wanted, variant));
}

/** What a workload's entries are drawn from. */
export function logStream(workload: LogWorkload): Stream {
  const { seed, unmatchedShare } = workload;
  const { length: count } = unwantedOf(workload);
  const variants = variantsOf(workload).map(({ chainId, contract, topics, data }) => {
    return { chain_id: [String(chainId)], contract: [contract], topics: [JSON.stringify(topics)], data: [data] };
  });
  return { seed, variants, ...(count === 0 ? {} : { unwanted: { share: unmatchedShare, count } }) };
}

/** Writes stream entries: names and values in turn, as `XADD` takes them. */
export function entryWriter(seed: number) {
  return (event: WorkloadEvent<Readonly<Record<"chain_id" | "contract" | "topics" | "data", readonly string[]>>>) => {
    const { hash, seq, publishedAt, chain_id, contract, topics, data } = event;
    const block = blockNumber(seq);
    return [
      "chain_id",
      chain_id,
      "block_number",
      String(block),
      "block_hash",
      blockHash(seed, block),
      "tx_hash",
      hash,
      "log_index",
      String(seq % LOGS_PER_BLOCK),
      "contract",
      contract,
      "topics",
      topics,
      "data",
      data,
      "timestamp",
      String(Math.floor(publishedAt / 1000)),
    ];
  };
}

/** The whole second of an entry. */
export function timestampOf(trace: Pick<Trace, "publishedAt">): number {
  return Math.floor(publishedMs(trace) / 1000);
}

/** The body of a webhook. */
export interface Webhook {
  readonly block_hash: string;
  readonly block_number: number;
  readonly chain_id: number;
  readonly contract_address: string;
  readonly data: string;
  readonly log_index: number;
  readonly timestamp: number;
  readonly topics: readonly string[];
  readonly transaction_hash: string;
}

/** The first field of a delivered webhook that is not what was published, or null if all are right. */
export function damagedField(
  webhook: Webhook,
  workload: LogWorkload,
  { seq, publishedAt }: Trace,
): keyof Webhook | null {
  const { wanted, unwanted } = workload.variants ?? SEPOLIA;
  const index = logVariantIndex(workload, seq);
  const variant = (wanted[index] ?? unwanted[index - wanted.length]) as LogVariant;
  const block = blockNumber(seq);
  if (webhook.block_number !== block) return "block_number";
  if (webhook.block_hash !== blockHash(workload.seed, block)) return "block_hash";
  if (webhook.chain_id !== variant.chainId) return "chain_id";
  if (webhook.contract_address !== variant.contract) return "contract_address";
  if (webhook.data !== variant.data) return "data";
  if (webhook.log_index !== seq % LOGS_PER_BLOCK) return "log_index";
  if (webhook.timestamp !== timestampOf({ publishedAt })) return "timestamp";
  const same = webhook.topics.length === variant.topics.length;
  return same && webhook.topics.every((topic, place) => topic === variant.topics[place]) ? null : "topics";
}
