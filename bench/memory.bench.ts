/** What the account of ten million events costs the receiver in memory. */

import { runNumber, traceHash } from "../core/trace.ts";
import { Run } from "../receiver/run.ts";
import { selects } from "../systems/ethhook/endpoint.ts";
import { ENDPOINTS } from "../systems/ethhook/endpoints.ts";
import { Endpoints } from "../systems/ethhook/receiver/endpoints.ts";
import type { LogVariant } from "../systems/ethhook/variants.ts";
import { blockHash, blockNumber, LOGS_PER_BLOCK, logVariantIndex, variantsOf } from "../systems/ethhook/wire.ts";
import { bench, held } from "./bench.ts";

const EVENTS = 10_000_000;
const RUN = "memory";
const WORKLOAD = { seed: 1, unmatchedShare: 0 };
const LATENCY_MS = 5;

await bench(`the account of ${EVENTS} events, each delivered once as a webhook`, async () => {
  for (const batch of [25, 1]) {
    const before = megabytes();
    const started = performance.now();
    const run = new Run(RUN, { seed: WORKLOAD.seed, variants: [] }, Date.now, {
      observers: (observed) => [new Endpoints(WORKLOAD.seed, { endpoints: ENDPOINTS, unmatchedShare: 0 }, observed)],
    });
    for (let seq = 0; seq < EVENTS; seq += batch) {
      const sentFrom = 1_000_000 + seq / 5;
      run.published({
        publisher: 1,
        firstSeq: seq,
        count: batch,
        sentFrom,
        sentThrough: sentFrom,
        refused: [],
        unknown: [],
      });
      for (let place = 0; place < batch; place++) deliver(run, seq + place, sentFrom);
    }
    const { delivered, expected, lost } = run.account();
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `  published ${batch} at a time: ${delivered} of ${expected} accounted for, ${lost} lost, in ${seconds.toFixed(0)} s; ` +
        `${(megabytes() - before).toFixed(0)} MB more than before`,
    );
    held(["every event", delivered === EVENTS && expected === EVENTS && lost === 0]);
  }
});

function deliver(run: Run, seq: number, publishedAt: number): void {
  const { chainId, contract, topics, data } = variantsOf({})[logVariantIndex(WORKLOAD, seq)] as LogVariant;
  const trace = { run: runNumber(RUN), publisher: 1, seq, publishedAt };
  const endpoint = ENDPOINTS.find((each) => selects(each, { chainId, contract, topics }));
  run.observer(Endpoints)?.delivered(
    endpoint?.name as string,
    { trace, headersAt: publishedAt, arrivedAt: publishedAt + LATENCY_MS, attempt: 1, isSigned: true },
    {
      block_hash: blockHash(WORKLOAD.seed, blockNumber(seq)),
      block_number: blockNumber(seq),
      chain_id: chainId,
      contract_address: contract,
      data,
      log_index: seq % LOGS_PER_BLOCK,
      timestamp: Math.floor(publishedAt / 1000),
      topics: [...topics],
      transaction_hash: traceHash(trace),
    },
  );
}

/** What the process holds once everything that can be thrown away is. */
function megabytes(): number {
  if (globalThis.gc === undefined) throw new Error("memory is measured with node --expose-gc");
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}
