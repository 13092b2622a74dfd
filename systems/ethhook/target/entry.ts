import * as v from "valibot";
import type { Webhook } from "../wire.ts";

const Decimal = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
const Bytes32 = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{64}$/));
const Bytes = v.pipe(v.string(), v.regex(/^0x(?:[0-9a-fA-F]{2})*$/));

const EntrySchema = v.object({
  chain_id: Decimal,
  block_number: Decimal,
  block_hash: Bytes32,
  tx_hash: Bytes32,
  log_index: Decimal,
  contract: v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{40}$/)),
  topics: v.pipe(v.string(), v.parseJson(), v.array(Bytes32)),
  data: Bytes,
  timestamp: Decimal,
});

/** Reads a stream entry as its webhook. @returns what is wrong with a malformed one. */
export function readEntry(fields: Readonly<Record<string, string>>): Webhook | string {
  const parsed = v.safeParse(EntrySchema, fields);
  if (!parsed.success) return `${v.getDotPath(parsed.issues[0])}: ${parsed.issues[0].message}`;
  const { tx_hash, contract, ...rest } = parsed.output;
  return { ...rest, contract_address: contract, transaction_hash: tx_hash };
}
