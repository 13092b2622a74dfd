import type { EntryTemplate, NumberSlot, Piece, Template } from "../../core/template.ts";
import { CHAIN_ID } from "./sepolia.ts";
import { FIELDS, FIRST_BLOCK, LOGS_PER_BLOCK, type LogVariant, type LogWorkload, UNWANTED, VARIANTS } from "./wire.ts";

const BLOCK: NumberSlot = { slot: "number", every: LOGS_PER_BLOCK, from: FIRST_BLOCK };

/** The entries of a workload, as `entryOf` writes each of them. */
export function entryTemplate({ seed, unmatchedShare }: LogWorkload): Template<EntryTemplate> {
  return {
    seed: seed >>> 0,
    unwanted: { share: unmatchedShare, count: UNWANTED.length },
    variants: VARIANTS.map((variant) => ({ fields: fieldsOf(variant, seed >>> 0) })),
  };
}

function fieldsOf({ contract, topics, data }: LogVariant, seed: number): readonly (readonly Piece[])[] {
  const values: Readonly<Record<(typeof FIELDS)[number], readonly Piece[]>> = {
    chain_id: [String(CHAIN_ID)],
    block_number: [BLOCK],
    block_hash: ["0x", { ...BLOCK, seed, digits: 8, times: 7 }, { ...BLOCK, digits: 8 }],
    tx_hash: [{ slot: "identity", spelling: "hash" }],
    log_index: [{ slot: "number", modulo: LOGS_PER_BLOCK }],
    contract: [contract],
    topics: [JSON.stringify(topics)],
    data: [data],
    timestamp: [{ slot: "time", unit: "unix" }],
  };
  return FIELDS.flatMap((name) => [[name], values[name]]);
}
