/** The receiver under hostile requests over real HTTP: never an error of its own, never a wrong count. */

import { createHmac } from "node:crypto";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../../core/account.ts";
import { eventId, runNumber, traceHash } from "../../../core/trace.ts";
import { type Receiver, startReceiver } from "../../../receiver/server.ts";
import { ENDPOINTS } from "../../../systems/ethhook/endpoints.ts";
import { logEvents } from "../../../systems/ethhook/pipeline.ts";
import { streamOf } from "../../../systems/pulse/events.ts";
import { corpus, damagedText, fuzz, hostileTexts, type PastFailure } from "./fuzzing.ts";

const SECRET = "secret";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver({ host: "127.0.0.1", port: 0, farEnds: { webhooks: { secret: SECRET } } });
  await post("/runs/hooks", JSON.stringify(OPENINGS[1]));
  await post("/runs/run", JSON.stringify(OPENINGS[0]));
});
afterAll(() => receiver?.close());

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(
  path: string,
  body: string,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<Answer> {
  const json = { "Content-Type": "application/json", ...headers };
  const answer = await fetch(receiver.url + path, { method, headers: json, body });
  return { status: answer.status, text: await answer.text() };
}

/** An answer that says what was wrong, and with what. */
function expectAnswer({ status, text }: Answer): void {
  expect([200, 400, 401, 404, 409, 413, 415, 422]).toContain(status);
  if (status !== 200) expect((JSON.parse(text) as { error?: string }).error).toMatch(/./);
}

const FILTER = { chains: ["ethereum"], event_types: [], accounts: [], program_ids: [] };
const OPENINGS = [
  { ...streamOf({ seed: 1, chains: ["ethereum"] }), publisher: "a" },
  { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS.slice(0, 2), unmatchedShare: 0.5 } },
];
const BATCH = { publisher: 1, firstSeq: 0, count: 3, sentFrom: 1e12, sentThrough: 1e12, refused: [1], unknown: [2] };
const PATH = { path: "a/1", filter: FILTER, from: 1e12, through: 1e12, closed: false };
const IDS = [0, 1].map((seq) => eventId({ run: runNumber("run"), publisher: 1, seq, publishedAt: 1e12 })).join("");
const ARRIVALS = { paths: [{ ...PATH, ids: IDS, times: [500, -3] }] };
const HOPS = {
  stream: "events",
  entries: { length: 1, added: null },
  groups: [{ name: "g", pending: 1, lag: 1, read: null }],
  queues: { q: 1 },
};
const SETTLING = { publisher: "a", timeout: 0, quiet: 0 };

const FIELDS = logEvents({ seed: 1, unmatchedShare: 0 }).write({
  run: runNumber("hooks"),
  publisher: 1,
  seq: 5,
  publishedAt: 1_767_225_600_000,
});
const field = (name: string) => FIELDS[FIELDS.indexOf(name) + 1] as string;
const WEBHOOK = {
  block_hash: field("block_hash"),
  block_number: Number(field("block_number")),
  chain_id: Number(field("chain_id")),
  contract_address: field("contract"),
  data: field("data"),
  log_index: 5,
  timestamp: Number(field("timestamp")),
  topics: JSON.parse(field("topics")) as string[],
  transaction_hash: field("tx_hash"),
};
const RELAYED = {
  relay: "6e9f2c52-8f1e-4c5b-9a53-0d6b1f1b7a11",
  before: { deliveries: 0, refusals: 0 },
  deliveries: [{ endpoint: "usdc-transfers", arrivedAt: 1e12, attempt: 1, isSigned: true, body: WEBHOOK }],
  refusals: [{ endpoint: "usdc-transfers", hash: WEBHOOK.transaction_hash, at: 1e12, why: "wrong signature" }],
};

interface PostedRequest {
  readonly path: string;
  readonly body: string;
}
const routes: readonly (readonly [string, unknown])[] = [
  ["/runs/run", OPENINGS[0]],
  ["/runs/hooks", OPENINGS[1]],
  ["/runs/run/published", [BATCH]],
  ["/runs/run/arrivals", ARRIVALS],
  ["/runs/run/hops", { before: HOPS, after: HOPS }],
  ["/runs/hooks/published", [BATCH]],
  ["/relayed", RELAYED],
];
const posts: fc.Arbitrary<PostedRequest> = fc
  .constantFrom(...routes)
  .chain(([path, body]) => hostileTexts(body).map((text) => ({ path, body: text })));

fuzz(
  "a report is entered or refused, and the account stays sound",
  posts,
  corpus<PostedRequest>("reports"),
  150,
  async (one) => {
    expectAnswer(await post(one.path, one.body));
    for (const id of ["run", "hooks"]) {
      const answer = await fetch(`${receiver.url}/runs/${id}`);
      expect(answer.status).toBe(200);
      expectSound((await answer.json()) as Account);
    }
  },
);

/** No count of an account is negative or no number, and its parts add up. */
function expectSound(account: Account): void {
  const { published, acknowledged, refused, unknown, expected, delivered, lost } = account;
  for (const [name, value] of Object.entries(account)) {
    if (typeof value === "number") expect(value, name).toBeGreaterThanOrEqual(0);
  }
  for (const [name, value] of Object.entries(account.latency)) expect(value, name).toBeGreaterThanOrEqual(0);
  expect(acknowledged + refused + unknown).toBe(published);
  expect(delivered + lost).toBe(expected);
  for (const { firstLostAt } of account.offenders) {
    if (firstLostAt !== null) expect(() => new Date(firstLostAt).toISOString()).not.toThrow();
  }
}

test("settling takes what makes sense only", async () => {
  await fc.assert(
    fc.asyncProperty(hostileTexts(SETTLING), async (text) => {
      // An accepted one waits as long as it says.
      if (/[1-9]/.test(text)) return;
      expectAnswer(await post("/runs/hooks/settle", text));
    }),
    { numRuns: 100 },
  );
});

interface WebhookDelivery {
  readonly body: string;
  readonly signature: string;
  readonly attempt: string;
  readonly path: string;
}
const headerTexts = fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFxyz -+.e,;=\"'"), maxLength: 70 });
const deliveries: fc.Arbitrary<WebhookDelivery> = fc
  .tuple(
    fc.oneof(hostileTexts(WEBHOOK), fc.constant(JSON.stringify(WEBHOOK))),
    fc.oneof(fc.constant("right"), headerTexts),
    fc.oneof(fc.constantFrom("1", "2", "0", "-1", "1e400", "Infinity", "NaN", "99999999999999999999"), headerTexts),
    fc.constantFrom(
      "/webhook",
      "/webhook/usdc-transfers",
      "/webhook/nobody",
      "/webhook/__proto__",
      "/webhook/%2e%2e%2fx",
    ),
  )
  .map(([body, signature, attempt, path]) => ({ body, signature, attempt, path }));

/** The counts after the last webhook. */
let seen: Record<string, unknown> | null = null;

fuzz("a webhook is taken or refused, and counted once", deliveries, pastDeliveries(), 150, async (delivery) => {
  const { body, signature, attempt, path } = delivery;
  const right = createHmac("sha256", SECRET).update(body).digest("hex");
  const before = seen ?? (await metrics());
  const headers = { "X-Webhook-Signature": signature.replace("right", right), "X-Webhook-Attempt": attempt };
  const answer = await post(path, body, headers);
  expectAnswer(answer);
  // Blanks around a header's value are none of it.
  if (signature.replace("right", right).trim().toLowerCase() !== right) expect(answer.status).not.toBe(200);
  const after = await metrics();
  seen = after;
  expect(after["total_requests"]).toBe((before["total_requests"] as number) + 1);
  expect(after["successful"]).toBe((before["successful"] as number) + (answer.status === 200 ? 1 : 0));
  expect((after["successful"] as number) + (after["failed"] as number)).toBe(after["total_requests"]);
});

/** A past failure of a damaged identity that cannot be written down, because its check digits have to fit. */
function pastDeliveries(): readonly PastFailure<WebhookDelivery>[] {
  const trace = { run: runNumber("hooks"), publisher: 1, seq: 2 ** 32 - 1, publishedAt: 1_767_225_600_000 };
  const body = JSON.stringify({ ...WEBHOOK, transaction_hash: traceHash(trace) });
  const why = "a sequence number that would have cost half a gigabyte";
  const input = { body, signature: "right", attempt: "1", path: "/webhook/usdc-transfers" };
  return [...corpus<WebhookDelivery>("webhooks"), { why, input }];
}

async function metrics(): Promise<Record<string, unknown>> {
  return (await (await fetch(`${receiver.url}/metrics`)).json()) as Record<string, unknown>;
}

describe("raw bytes", () => {
  const request = (path: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  const requests = fc.oneof(
    ...["/webhook/usdc-transfers", "/runs/run/published", "/misbehaviour", "/metrics"].map((path) =>
      damagedText(fc.constant(request(path, JSON.stringify(BATCH)))),
    ),
  );

  fuzz("get no answer or an answer below 500", requests, corpus<string>("requests-raw"), 200, async (text) => {
    const answer = await exchange(text);
    if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 [1-4]\d\d /);
    expect((await fetch(`${receiver.url}/health`)).status).toBe(200);
  });
});

describe("paths", () => {
  const names = [
    "..",
    "../..",
    "..%2f..",
    "%2e%2e",
    "%2e%2e%2fetc",
    ".hidden",
    "a/b",
    "a%2fb",
    "a%00",
    "%ff",
    "x".repeat(65),
  ];
  test.each([...names, "", "a b", "a%20b", "%zz", "-", "..;"])("%j is never the name of a run", async (name) => {
    const before = (await (await fetch(`${receiver.url}/health`)).json()) as { runs: number };
    const text = `POST /runs/${name} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    const body = JSON.stringify({ seed: 1, variants: [] });
    const answer = await exchange(`${text}Content-Length: ${body.length}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await (await fetch(`${receiver.url}/health`)).json()).toEqual({ ...before });
  });
});

/** Sends bytes as they are and takes what comes back until the connection ends. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    // Half a request is never answered: the end of ours ends it.
    const socket = connect(Number(new URL(receiver.url).port), "127.0.0.1", () => socket.end(text, "latin1"));
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("error", () => {}).on("close", () => resolve(answer));
  });
}
