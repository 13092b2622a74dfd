/** How many signed webhooks a second one receiver accounts for. */
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { startService } from "../cli/service.ts";
import type { Account } from "../core/account.ts";
import { selects } from "../core/endpoint.ts";
import { runNumber, traceHash } from "../core/trace.ts";
import type { LogVariant } from "../systems/ethhook/variants.ts";
import {
  blockHash,
  blockNumber,
  ENDPOINTS,
  LOGS_PER_BLOCK,
  logVariantIndex,
  variantsOf,
} from "../systems/ethhook/wire.ts";
import { bench, held, root } from "./bench.ts";

const EVENTS = 100_000;
const CONNECTIONS = 50;
const RUN = "bench";
const SECRET = "secret";
const WORKLOAD = { seed: 1, unmatchedShare: 0 };

await bench(`${EVENTS} signed webhooks over ${CONNECTIONS} connections to one receiver`, async (folder) => {
  const program = join(root, "dist/node/receiver.js");
  const command = [process.execPath, program, "--port", "0", "--secret", SECRET];
  const receiver = await startService("receiver", command, join(folder, "receiver.log"));
  try {
    await post(receiver.url, "", { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } });
    const requests = Array.from({ length: EVENTS }, (_, seq) => webhook(seq));
    const started = performance.now();
    const sentFrom = Date.now();
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, lane) => sendLane(receiver.url, requests, lane)));
    const seconds = (performance.now() - started) / 1000;
    const batch = { publisher: 1, firstSeq: 0, count: EVENTS, refused: [], unknown: [] };
    await post(receiver.url, "/published", { ...batch, sentFrom, sentThrough: Date.now() });
    const account = (await post(receiver.url, "/settle", { timeout: 1_000, quiet: 1_000 })) as Account;
    console.log(
      `  ${Math.round(EVENTS / seconds)}/s answered; ${account.delivered} of ${account.expected} accounted for, ` +
        `${account.lost} lost, ${account.duplicated} duplicated, ${account.webhooks?.wrongSignatures} wrongly signed`,
    );
    const { delivered, expected, lost, duplicated, webhooks } = account;
    held(
      ["every webhook, once", delivered === EVENTS && expected === EVENTS && lost + duplicated === 0],
      ["every signature", webhooks?.wrongSignatures === 0],
    );
  } finally {
    await receiver.stop();
  }
});

async function post(receiver: string, what: string, body: object): Promise<unknown> {
  const answer = await fetch(`${receiver}/runs/${RUN}${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
  return answer.json();
}

/** A whole HTTP request, so that the measurement spends its time on nothing but sending. */
function webhook(seq: number): string {
  const variant = variantsOf({})[logVariantIndex(WORKLOAD, seq)] as LogVariant;
  const publishedAt = Date.now();
  const body = JSON.stringify({
    block_hash: blockHash(WORKLOAD.seed, blockNumber(seq)),
    block_number: blockNumber(seq),
    chain_id: variant.chainId,
    contract_address: variant.contract,
    data: variant.data,
    log_index: seq % LOGS_PER_BLOCK,
    timestamp: Math.floor(publishedAt / 1000),
    topics: variant.topics,
    transaction_hash: traceHash({ run: runNumber(RUN), publisher: 1, seq, publishedAt }),
  });
  const endpoint = ENDPOINTS.find((each) => selects(each, variant));
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  return (
    `POST /webhook/${endpoint?.name} HTTP/1.1\r\nHost: receiver\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\nX-Webhook-Signature: ${signature}\r\nX-Webhook-Attempt: 1\r\n\r\n${body}`
  );
}

/** Sends every n-th request over one connection, each when the one before it is answered. */
function sendLane(receiver: string, requests: readonly string[], lane: number): Promise<void> {
  const { hostname, port } = new URL(receiver);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).setNoDelay();
    let next = lane;
    const sendNext = () => {
      const request = requests[next];
      next += CONNECTIONS;
      if (request !== undefined) return void socket.write(request);
      socket.end();
      resolve();
    };
    socket.on("connect", sendNext).on("error", reject);
    socket.on("data", (answer) => {
      if (answer.toString("latin1", 0, 15).startsWith("HTTP/1.1 200")) sendNext();
      else reject(new Error(answer.toString()));
    });
  });
}
