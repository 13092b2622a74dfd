/** A webhook of an event that the endpoint for all events of WETH wants. */
import { runNumber, traceHash } from "../../core/trace.ts";
import type { LogVariant } from "../../systems/ethhook/variants.ts";
import { blockHash, blockNumber, logVariantIndex, variantsOf } from "../../systems/ethhook/wire.ts";

const WORKLOAD = { seed: 1, unmatchedShare: 0 };
/** The first such event. */
export const SEQ = [...Array(100).keys()].find((seq) => logVariantIndex(WORKLOAD, seq) === 1) as number;

/** Its body. @param publishedAt Unix ms. */
export function webhook(run = "run", publisher = 1, publishedAt = Date.now() - 5): string {
  const { chainId, contract, topics, data } = variantsOf({})[logVariantIndex(WORKLOAD, SEQ)] as LogVariant;
  return JSON.stringify({
    block_hash: blockHash(1, blockNumber(SEQ)),
    block_number: blockNumber(SEQ),
    chain_id: chainId,
    contract_address: contract,
    data,
    log_index: SEQ,
    timestamp: Math.floor(publishedAt / 1000),
    topics,
    transaction_hash: traceHash({ run: runNumber(run), publisher, seq: SEQ, publishedAt }),
  });
}
