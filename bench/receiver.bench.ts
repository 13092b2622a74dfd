/** How many signed webhooks a second one receiver accounts for, beside a server that accounts for nothing. */
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { startService } from "../cli/service.ts";
import type { Account } from "../core/account.ts";
import { runNumber, traceHash } from "../core/trace.ts";
import { selects } from "../systems/ethhook/endpoint.ts";
import { ENDPOINTS } from "../systems/ethhook/endpoints.ts";
import type { LogVariant } from "../systems/ethhook/variants.ts";
import { blockHash, blockNumber, LOGS_PER_BLOCK, logVariantIndex, variantsOf } from "../systems/ethhook/wire.ts";
import { bench, held, root, sideBySide } from "./bench.ts";

const EVENTS = 60_000;
const CONNECTIONS = 50;
const SECRET = "secret";
const WORKLOAD = { seed: 1, unmatchedShare: 0 };
/** What the receiver must reach of a server that accounts for nothing. */
const LEAST_SHARE = 0.8;

/** Reads the body, checks its signature, answers. */
const BARE = `
  const { createHmac, timingSafeEqual } = require("node:crypto");
  const server = require("node:http").createServer((request, reply) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
      const right = createHmac("sha256", "${SECRET}").update(Buffer.concat(chunks)).digest();
      const isRight = timingSafeEqual(Buffer.from(request.headers["x-webhook-signature"], "hex"), right);
      reply.writeHead(isRight ? 200 : 401, { "Content-Type": "application/json" });
      reply.end(isRight ? '{"status":"received"}' : '{"error":"wrong"}');
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const url = "http://127.0.0.1:" + server.address().port;
    console.log(JSON.stringify({ service: "bare", url }));
  });
  process.stdin.on("end", () => process.exit()).resume();
`;

await bench(
  `${EVENTS} signed webhooks over ${CONNECTIONS} connections: the receiver beside a bare server`,
  async (folder) => {
    const program = join(root, "dist/node/receiver.js");
    const command = [process.execPath, program, "--port", "0", "--secret", SECRET];
    const receiver = await startService("receiver", command, join(folder, "receiver.log"));
    const bare = await startService("bare", [process.execPath, "-e", BARE, "--"], join(folder, "bare.log"));
    let round = 0;

    async function byReceiver(): Promise<number> {
      const run = `bench-${round++}`;
      const post = (what: string, body: object) => report(`${receiver.url}/runs/${run}${what}`, body);
      await post("", { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } });
      const sentFrom = Date.now();
      const rate = await send(receiver.url, run);
      const batch = { publisher: 1, firstSeq: 0, count: EVENTS, refused: [], unknown: [] };
      await post("/published", [{ ...batch, sentFrom, sentThrough: Date.now() }]);
      const account = (await post("/settle", { timeout: 1_000, quiet: 1_000 })) as Account;
      const { delivered, expected, lost, duplicated, webhooks } = account;
      held(
        ["every webhook, once", delivered === EVENTS && expected === EVENTS && lost + duplicated === 0],
        ["every signature", webhooks?.wrongSignatures === 0],
      );
      return rate;
    }

    try {
      const [share = 0] = await sideBySide(
        { name: "receiver", measure: byReceiver },
        { name: "bare server", measure: () => send(bare.url, "bare") },
      );
      held([`${LEAST_SHARE} times the bare server`, share >= LEAST_SHARE]);
    } finally {
      await bare.stop();
      await receiver.stop();
    }
  },
);

/** Webhooks per second that are answered. */
async function send(url: string, run: string): Promise<number> {
  const requests = Array.from({ length: EVENTS }, (_, seq) => webhook(run, seq));
  const started = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, lane) => sendLane(url, requests, lane)));
  return (EVENTS * 1000) / (performance.now() - started);
}

async function report(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
  return answer.json();
}

/** A whole HTTP request, so that the measurement spends its time on nothing but sending. */
function webhook(run: string, seq: number): string {
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
    transaction_hash: traceHash({ run: runNumber(run), publisher: 1, seq, publishedAt }),
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
