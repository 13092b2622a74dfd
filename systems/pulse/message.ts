import type { WorkloadEvent } from "../../core/made.ts";
import { blockHash, blockOf, txHash } from "./events.ts";
import { type FieldTypes, typedFields } from "./fieldtypes.ts";
import type { FilterField } from "./filters.ts";
import { type ChainNumbers, subject } from "./wire.ts";

/** Where events are published, and how they are spelled. */
export interface Spelling {
  readonly numbers: ChainNumbers;
  readonly prefix: string;
  readonly types: FieldTypes;
}

/** Writes the events of a workload as the gateway decodes them. */
export function messageWriter(seed: number, { numbers, prefix, types }: Spelling) {
  return (event: WorkloadEvent<Readonly<Record<FilterField, readonly string[]>>>) => {
    const { id, seq, random, publishedAt, chains: chain, event_types: type, accounts: account } = event;
    const number = numbers[chain] as number;
    const block = blockOf(seq);
    const at = new Date(publishedAt).toISOString();
    const typed = typedFields(types, { chain, number, block, programId: event.program_ids, at });
    const message = {
      event_id: id,
      chain: typed.chain,
      commitment_level: typed.commitment_level,
      block_number: typed.block_number,
      block_hash: blockHash(seed, block),
      tx_hash: txHash(seed, seq, random),
      event_type: type,
      accounts: [account],
      payload: typed.payload,
      reorg_action: typed.reorg_action,
      program_id: typed.program_id,
      native_value: typed.native_value,
      timestamp: `${at.slice(0, 19)}Z`,
      published_at: typed.published_at,
    };
    return { subject: subject(prefix, number, type), data: JSON.stringify(message) };
  };
}
