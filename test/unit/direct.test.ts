/** Webhooks that go past the router, and those that go through it, are answered and counted alike. */
import { createHmac } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pastRouter } from "../../receiver/direct.ts";
import { type Receiver, startReceiver } from "../../receiver/server.ts";
import { ENDPOINTS } from "../../systems/ethhook/endpoints.ts";
import { webhook } from "./weth-webhook.ts";

const SECRET = "secret";

let receiver: Receiver;
beforeEach(() => start());

async function start(options: object = {}) {
  receiver = await startReceiver({ host: "127.0.0.1", port: 0, farEnds: { webhooks: { secret: SECRET, ...options } } });
  const webhooks = { endpoints: ENDPOINTS, unmatchedShare: 0 };
  await put("/runs/run", { seed: 1, variants: [], webhooks }, "POST");
}
afterEach(() => receiver.close());

async function put(path: string, body: unknown, method = "PUT") {
  const headers = { "Content-Type": "application/json" };
  return fetch(receiver.url + path, { method, headers, body: JSON.stringify(body) });
}

/** @param headers besides the signature: with no Content-Length the body is sent in chunks. */
function open(path: string, body: string, headers: Record<string, string | number> = {}): ClientRequest {
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  const asked = request(receiver.url + path, {
    method: "POST",
    headers: { "X-Webhook-Signature": signature, ...headers },
  });
  asked.on("error", () => {});
  return asked;
}

const sized = (body: string) => ({ "Content-Length": Buffer.byteLength(body) });

async function answerOf(asked: ClientRequest): Promise<{ status?: number | undefined; text: string; type?: string }> {
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer) text += chunk;
  const type = answer.headers["content-type"];
  return { status: answer.statusCode, text, ...(type === undefined ? {} : { type }) };
}

async function counts(): Promise<Record<string, number>> {
  return (await (await fetch(`${receiver.url}/metrics`)).json()) as Record<string, number>;
}

async function badBodies(): Promise<string | undefined> {
  const answer = await fetch(`${receiver.url}/metrics`, { headers: { Accept: "text/plain" } });
  return /outcome="bad.body"\} (\d+)/.exec(await answer.text())?.[1];
}

describe("a webhook gets the same answer past the router and through it", () => {
  const cases: readonly (readonly [string, () => string, Record<string, string>])[] = [
    ["taken", webhook, {}],
    ["wrongly signed", webhook, { "X-Webhook-Signature": "0".repeat(64) }],
    ["no webhook", () => '{"a":1}', {}],
    ["not unpacked", webhook, { "Content-Encoding": "strange" }],
  ];
  test.each(cases)("%s", async (kind, make, headers) => {
    const body = make();
    const past = await answerOf(open("/webhook/weth-events", body, { ...sized(body), ...headers }).end(body));
    // A body in chunks, and a name that has to be decoded, are for the router.
    const chunked = await answerOf(open("/webhook/weth-events", body, headers).end(body));
    const decoded = await answerOf(open("/webhook/weth%2Devents", body, { ...sized(body), ...headers }).end(body));
    expect(chunked).toEqual(past);
    expect(decoded).toEqual(past);
    const { webhooks } = (await (await fetch(`${receiver.url}/runs/run`)).json()) as {
      webhooks: { endpoints: { path: string; attempts: number }[] };
    };
    const attempts = webhooks.endpoints.find(({ path }) => path === "weth-events")?.attempts;
    expect(attempts).toBe(["taken", "wrongly signed"].includes(kind) ? 3 : 0);
    expect(await counts()).toMatchObject({ total_requests: 3, successful: kind === "taken" ? 3 : 0 });
  });
});

test("a sender that goes in the middle of a body is counted as refused", async () => {
  const body = webhook();
  const asked = open("/webhook/weth-events", body, sized(body));
  asked.write(body.slice(0, 100));
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ total_requests: 1 }));
  asked.destroy();
  await vi.waitFor(async () => expect(await badBodies()).toBe("1"));
  expect(await counts()).toMatchObject({ total_requests: 1, successful: 0 });
});

test("a sender that goes before it is answered has sent its webhook", async () => {
  await put("/misbehaviour", { delay: 100 });
  const body = webhook();
  const asked = open("/webhook/weth-events", body, sized(body)).end(body);
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ total_requests: 1 }));
  asked.destroy();
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ successful: 1 }));
  expect(await badBodies()).toBe("0");
});

test("a receiver that is closed answers those that wait for a handover which nobody takes", async () => {
  await receiver.close();
  // Nothing listens on port 1.
  await start({ settleAt: "http://127.0.0.1:1" });
  const asked = Array.from({ length: 5 }, () => {
    const body = webhook();
    return answerOf(open("/webhook/weth-events", body, sized(body)).end(body));
  });
  const answers = Promise.all(asked);
  await vi.waitFor(async () => expect(await counts()).toMatchObject({ total_requests: asked.length }));
  await receiver.close();
  for (const answer of await answers) expect(answer).toMatchObject({ status: 503 });
});

test("a body in many pieces is joined once, at its end", () => {
  const bodies: string[] = [];
  const direct = pastRouter({
    methods: ["POST"],
    path: /^\/all$/,
    bodyLimit: 100,
    begun: () => (body) => void bodies.push(body.toString()),
    broken: () => undefined,
  });
  const asked = Object.assign(new EventEmitter(), { method: "POST", url: "/all", headers: { "content-length": "26" } });
  const joining = vi.spyOn(Buffer, "concat");
  try {
    expect(direct(asked as unknown as IncomingMessage, {} as ServerResponse)).toBe(true);
    const letters = "abcdefghijklmnopqrstuvwxyz";
    for (const letter of letters) asked.emit("data", Buffer.from(letter));
    asked.emit("end");
    expect(bodies).toEqual([letters]);
    expect(joining).toHaveBeenCalledTimes(1);
  } finally {
    joining.mockRestore();
  }
});
