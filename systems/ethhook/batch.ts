import { TRACE_CHECK, type Trace, traceHashParts } from "../../core/trace.ts";
import { CHAIN_ID } from "./sepolia.ts";
import {
  blockHash,
  blockNumber,
  FIELDS,
  LOGS_PER_BLOCK,
  type LogWorkload,
  logVariantIndex,
  timestampOf,
  VARIANTS,
} from "./wire.ts";

/**
 * A Lua script that adds a batch of entries. What recurs among the entries is part of the script, so
 * that an event costs the publisher one character. It answers how many it added, and why no more.
 *
 * KEYS: the stream. ARGV: timestamp, first sequence number, one digit per event for its variant, the
 * three parts of the trace hashes, and the hash of each block.
 */
export const BATCH_SCRIPT = `
local variants = {
${VARIANTS.map(({ contract, topics, data }) => `  {"${contract}", '${JSON.stringify(topics)}', "${data}"},`).join("\n")}
}
local indexes = {${Array.from({ length: LOGS_PER_BLOCK }, (_, index) => `"${index}"`).join()}}
local stream, timestamp, seq, kinds = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local head, tail, check = ARGV[4], ARGV[5], tonumber(ARGV[6])
local place, index = 7, seq % ${LOGS_PER_BLOCK}
local number = ${blockNumber(0)} + (seq - index) / ${LOGS_PER_BLOCK}
local block, format, byte, xadd = tostring(number), string.format, string.byte, redis.pcall
for event = 1, #kinds do
  local kind = variants[byte(kinds, event) - 47]
  local hash = format("%s%08x%s%04x", head, seq, tail, (check + (seq % ${TRACE_CHECK.prime}) * ${TRACE_CHECK.weight}) % ${TRACE_CHECK.prime})
  local added = xadd("XADD", stream, "*", "${FIELDS[0]}", "${CHAIN_ID}", "${FIELDS[1]}", block, "${FIELDS[2]}", ARGV[place],
    "${FIELDS[3]}", hash, "${FIELDS[4]}", indexes[index + 1], "${FIELDS[5]}", kind[1], "${FIELDS[6]}", kind[2], "${FIELDS[7]}", kind[3], "${FIELDS[8]}", timestamp)
  if added.err then return {event - 1, added.err} end
  seq, index = seq + 1, index + 1
  if index == ${LOGS_PER_BLOCK} then
    index, number, place = 0, number + 1, place + 1
    block = tostring(number)
  end
end
return {#kinds, ""}
`.trim();

/** Consecutive events that are ready to be stamped. */
export interface PreparedBatch {
  /** Writes the script's arguments; call it just before sending. The trace is that of the first event. */
  stamp(first: Trace): string[];
}

/** Prepares the events from `firstSeq` on for {@link BATCH_SCRIPT}. */
export function prepareBatch(workload: LogWorkload, firstSeq: number, count: number): PreparedBatch {
  let kinds = "";
  for (let seq = firstSeq; seq < firstSeq + count; seq++) kinds += logVariantIndex(workload, seq);
  const blocks: string[] = [];
  for (let block = blockNumber(firstSeq); block <= blockNumber(firstSeq + count - 1); block++) {
    blocks.push(blockHash(workload.seed, block));
  }
  return {
    stamp(first) {
      const { head, tail, check } = traceHashParts(first);
      const timestamp = String(timestampOf(first));
      return [timestamp, String(firstSeq), kinds, head, tail, String(check), ...blocks];
    },
  };
}
