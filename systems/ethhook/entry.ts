import type { EntryTemplate, NumberSlot, Piece, Template } from "../../core/template.ts";
import type { LogVariant } from "./variants.ts";
import { FIELDS, FIRST_BLOCK, LOGS_PER_BLOCK, type LogWorkload, unwantedOf, variantsOf } from "./wire.ts";

const BLOCK: NumberSlot = { slot: "number", every: LOGS_PER_BLOCK, from: FIRST_BLOCK };

/** The entries of a workload, as `entryOf` writes each of them. */
export function entryTemplate(workload: LogWorkload): Template<EntryTemplate> {
  const { seed, unmatchedShare } = workload;
  const count = unwantedOf(workload).length;
  return {
    seed: seed >>> 0,
    unwanted: { share: count === 0 ? 0 : unmatchedShare, count },
    variants: variantsOf(workload).map((variant) => ({ fields: fieldsOf(variant, seed >>> 0) })),
  };
}

function fieldsOf({ chainId, contract, topics, data }: LogVariant, seed: number): readonly (readonly Piece[])[] {
  const values: Readonly<Record<(typeof FIELDS)[number], readonly Piece[]>> = {
    chain_id: [String(chainId)],
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
