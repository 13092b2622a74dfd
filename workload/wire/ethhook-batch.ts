import { type Trace, traceHash } from "../trace.ts";
import {
  blockHash,
  blockNumber,
  FIELDS,
  LOGS_PER_BLOCK,
  type LogWorkload,
  logVariantIndex,
  VARIANTS,
} from "./ethhook.ts";
import { CHAIN_ID } from "./sepolia.ts";

/**
 * A Lua script that adds a batch of entries. What recurs among the entries is part of the script, so
 * that an event costs the publisher 65 characters. It answers how many it added, and why no more.
 *
 * KEYS: the stream. ARGV: timestamp, first block, first log index, one digit per event for its
 * variant, the trace hashes without their `0x` one behind the other, and the hash of each block.
 */
export const BATCH_SCRIPT = `
local variants = {
${VARIANTS.map(({ contract, topics, data }) => `  {"${contract}", '${JSON.stringify(topics)}', "${data}"},`).join("\n")}
}
local stream, timestamp, block, index, kinds, hashes = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local place = 6
for event = 1, #kinds do
  local kind = variants[string.byte(kinds, event) - 47]
  local added = redis.pcall("XADD", stream, "*", "${FIELDS[0]}", "${CHAIN_ID}", "${FIELDS[1]}", block,
    "${FIELDS[2]}", ARGV[place], "${FIELDS[3]}", "0x" .. string.sub(hashes, event * 64 - 63, event * 64),
    "${FIELDS[4]}", index, "${FIELDS[5]}", kind[1], "${FIELDS[6]}", kind[2], "${FIELDS[7]}", kind[3], "${FIELDS[8]}", timestamp)
  if added.err then return {event - 1, added.err} end
  index = index + 1
  if index == ${LOGS_PER_BLOCK} then
    index, block, place = 0, block + 1, place + 1
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
  const firstBlock = blockNumber(firstSeq);
  const blocks: string[] = [];
  for (let block = firstBlock; block <= blockNumber(firstSeq + count - 1); block++) {
    blocks.push(blockHash(workload.seed, block));
  }
  return {
    stamp(first) {
      let hashes = "";
      for (let seq = firstSeq; seq < firstSeq + count; seq++) hashes += traceHash({ ...first, seq }).substring(2);
      const timestamp = String(Math.floor(first.publishedAt / 1000));
      return [timestamp, String(firstBlock), String(firstSeq % LOGS_PER_BLOCK), kinds, hashes, ...blocks];
    },
  };
}
