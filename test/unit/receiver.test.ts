import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ResultSchema } from "../../cli/result.ts";
import type { Account } from "../../core/account.ts";
import { Histogram } from "../../core/histogram.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";
import { Misbehaviour } from "../../receiver/misbehaviour.ts";
import { type Receiver, startReceiver } from "../../receiver/server.ts";
import { ENDPOINTS } from "../../systems/ethhook/endpoints.ts";
import { batch } from "./reports.ts";
import { SEQ, webhook } from "./weth-webhook.ts";

const SECRET = "secret";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver({ host: "127.0.0.1", port: 0, farEnds: { webhooks: { secret: SECRET } } });
  await json("/runs/run", { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } });
});
afterEach(() => receiver.close());

async function json(path: string, body: unknown, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  return fetch(receiver.url + path, { method, headers, body: JSON.stringify(body) });
}

async function account(): Promise<Account> {
  return (await (await fetch(`${receiver.url}/runs/run`)).json()) as Account;
}

function deliver(body: string, { path = "/webhook/weth-events", secret = SECRET, attempt = "1" } = {}) {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = {
    "Content-Type": "application/json",
    "X-Webhook-Signature": signature,
    "X-Webhook-Attempt": attempt,
  };
  return fetch(receiver.url + path, { method: "POST", headers, body });
}

describe("a path", () => {
  const report = { path: "a/1", from: 1e12, through: 1e12, closed: false, ids: "", times: [] };

  test("says once what it selects", async () => {
    await json("/runs/paths", { seed: 1, variants: [{ chain: ["a"] }] });
    expect((await json("/runs/paths/arrivals", { paths: [{ ...report, filter: {} }] })).status).toBe(200);
    expect((await json("/runs/paths/arrivals", { paths: [report] })).status).toBe(200);
    expect(await (await fetch(`${receiver.url}/runs/paths`)).json()).toMatchObject({ paths: 1 });
  });

  test("that never said what it selects is refused", async () => {
    await json("/runs/paths", { seed: 1, variants: [{ chain: ["a"] }] });
    const answer = await json("/runs/paths/arrivals", { paths: [report] });
    expect([answer.status, await answer.json()]).toEqual([
      422,
      { error: "paths: a/1 is new, and its first report must say its filter" },
    ]);
  });
});

describe("a webhook", () => {
  test("is joined to its run, and a second one is a duplicate", async () => {
    const batch = { publisher: 1, firstSeq: SEQ, count: 1, sentFrom: 1, sentThrough: 2, refused: [], unknown: [] };
    await json("/runs/run/published", [batch]);
    expect(await account()).toMatchObject({ expected: 1, delivered: 0, lost: 1 });
    expect((await deliver(webhook(), { attempt: "3" })).status).toBe(200);
    expect((await deliver(webhook())).status).toBe(200);
    const settled = await account();
    expect(settled).toMatchObject({ expected: 1, delivered: 1, lost: 0, duplicated: 1, unreported: 0 });
    expect(settled.webhooks).toMatchObject({ attempts: 2, retried: 1, damaged: 0, uncheckedSignatures: 0 });
    expect(settled.latency).toMatchObject({ samples: 1, negative: 0 });
  });

  test("that comes when the account is closed is late: a first, a repetition or a stray, but no canary", async () => {
    await json("/runs/run/published", [batch(SEQ, 1, Date.now() - 5)]);
    await deliver(webhook());
    expect(await (await json("/runs/run/settle", { timeout: 0, quiet: 0 })).json()).toMatchObject({ late: 0 });
    await deliver(webhook());
    await deliver(webhook(), { path: "/webhook/nobody" });
    await deliver(webhook("run", CANARY_PUBLISHER));
    expect(await account()).toMatchObject({ delivered: 1, duplicated: 0, misrouted: 0, late: 2 });
    await deliver(webhook(), { path: "/webhook/dai-transfers" });
    expect(await account()).toMatchObject({ late: 3 });
  });

  test("that came changed is counted and described, with the field and what is in it", async () => {
    await json("/runs/run/published", [batch(SEQ, 1, Date.now() - 5)]);
    await deliver(JSON.stringify({ ...JSON.parse(webhook()), data: "0xbad" }));
    const { delivered, webhooks, findings } = await account();
    expect({ delivered, damaged: webhooks?.damaged }).toEqual({ delivered: 1, damaged: 1 });
    expect(findings).toEqual([`event ${SEQ} came to weth-events damaged: its data is "0xbad"`]);
  });

  test("is in the timeline and among the latencies of its endpoint", async () => {
    await json("/runs/run/published", [batch(SEQ, 1, Date.now() - 5)]);
    await deliver(webhook());
    const timeline = v.parse(
      ResultSchema.entries.timeline,
      await (await fetch(`${receiver.url}/runs/run/timeline`)).json(),
    );
    expect(timeline.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(1);
    expect(timeline.reduce((sum, { published }) => sum + published, 0)).toBe(1);
    const text: unknown = await (await fetch(`${receiver.url}/runs/run/latencies`)).json();
    const [latencies, ...others] = v.parse(ResultSchema.entries.latencies, text);
    expect(others).toEqual([]);
    expect(latencies?.path).toBe("weth-events");
    expect(Histogram.read(latencies?.histogram ?? "").percentiles().samples).toBe(1);
    expect((await fetch(`${receiver.url}/runs/other/timeline`)).status).toBe(404);
  });

  test("at an endpoint that does not want it is misrouted, at none of the run's a stray", async () => {
    await deliver(webhook(), { path: "/webhook/dai-transfers" });
    await deliver(webhook(), { path: "/webhook/nobody" });
    expect(await account()).toMatchObject({ misrouted: 2, webhooks: { strays: 1 } });
  });

  test("of another run, or a canary, is not counted as a delivery", async () => {
    expect((await deliver(webhook("earlier"))).status).toBe(200);
    expect((await deliver(webhook("run", CANARY_PUBLISHER))).status).toBe(200);
    expect(await account()).toMatchObject({ delivered: 0, unreported: 0, misrouted: 0, ready: 1, foreign: 1 });
  });

  test("that an earlier run of the same id left behind is none of this run's, taken or refused", async () => {
    const old = webhook("run", 1, Date.now() - 3_600_000);
    expect((await deliver(old)).status).toBe(200);
    expect((await deliver(old, { secret: "other" })).status).toBe(401);
    const { delivered, open, foreign, webhooks } = await account();
    expect({ delivered, open, foreign }).toEqual({ delivered: 0, open: 0, foreign: 1 });
    expect(webhooks).toMatchObject({ attempts: 0, wrongSignatures: 0 });
  });

  test("whose identity is damaged, or that carries none of ours, is counted as such", async () => {
    const whole = webhook();
    const hash = (JSON.parse(whole) as { transaction_hash: string }).transaction_hash;
    await deliver(whole);
    const last = hash.endsWith("0") ? "1" : "0";
    for (const other of [hash.slice(0, -1) + last, hash.slice(0, -9), `0x${"5e".repeat(32)}`, "0xabc"]) {
      expect((await deliver(whole.replace(hash, other))).status).toBe(200);
    }
    expect(await account()).toMatchObject({ damaged: 2, foreign: 2, duplicated: 0, unreported: 1 });
  });

  test("that is wrongly signed, no JSON, no webhook or too large is refused, counted, and harms nothing", async () => {
    expect((await deliver(webhook(), { secret: "other" })).status).toBe(401);
    expect((await deliver("{")).status).toBe(400);
    expect((await deliver('{"a":1}')).status).toBe(400);
    expect((await deliver("")).status).toBe(400);
    expect((await deliver(" ".repeat(300_000))).status).toBe(413);
    expect((await account()).webhooks).toMatchObject({ wrongSignatures: 1 });
    const metrics = (await (await fetch(`${receiver.url}/metrics`)).json()) as object;
    expect(metrics).toMatchObject({ total_requests: 5, successful: 0, failed: 5 });
    expect((await deliver(webhook())).status).toBe(200);
  });
});

test("a receiver without a secret says how many signatures it did not look at", async () => {
  const first = receiver;
  receiver = await startReceiver({ host: "127.0.0.1", port: 0 });
  try {
    await json("/runs/run", { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } });
    await deliver(webhook(), { secret: "any" });
    await deliver(webhook("run", CANARY_PUBLISHER), { secret: "any" });
    expect((await account()).webhooks).toMatchObject({ attempts: 1, wrongSignatures: 0, uncheckedSignatures: 1 });
  } finally {
    await receiver.close();
    receiver = first;
  }
});

describe("/metrics", () => {
  test("is the document of the replaced receiver, and starts again after a reset", async () => {
    await deliver(webhook());
    const read = async () => (await (await fetch(`${receiver.url}/metrics`)).json()) as Record<string, unknown>;
    const metrics = await read();
    const names = [
      "total_requests",
      "successful",
      "failed",
      "uptime_seconds",
      "throughput_rps",
      "recent_throughput_rps",
    ];
    expect(Object.keys(metrics)).toEqual([...names, "latency_ms"]);
    expect(Object.keys(metrics["latency_ms"] as object)).toEqual(["min", "max", "avg", "median", "p95", "p99"]);
    expect(metrics).toMatchObject({ total_requests: 1, successful: 1, failed: 0 });
    await json("/metrics/reset", {});
    expect(await read()).toMatchObject({ total_requests: 0, successful: 0, throughput_rps: 0 });
  });

  test("is Prometheus text for who asks for it", async () => {
    await deliver(webhook());
    const answer = await fetch(`${receiver.url}/metrics`, { headers: { Accept: "text/plain;version=0.0.4" } });
    const text = await answer.text();
    expect(text).toContain('throughline_webhooks{outcome="taken"} 1');
    expect(text).toContain('throughline_misrouted{run="run"} 0');
  });
});

describe("misbehaviour", () => {
  test("strikes the share that was asked for, one webhook at a time", () => {
    const misbehaviour = new Misbehaviour();
    misbehaviour.settings = { unavailable: 0.1, notFound: 0.2, dropped: 0.05, delay: 0 };
    const strikes = Array.from({ length: 1_000 }, () => misbehaviour.next());
    const count = (strike: unknown) => strikes.filter((one) => one === strike).length;
    // What was owed to a webhook that something else struck may still be owed at the end.
    expect(count(503)).toBe(100);
    expect(count(404)).toBeGreaterThanOrEqual(198);
    expect(count("drop")).toBeGreaterThanOrEqual(48);
    expect(count(null)).toBeLessThanOrEqual(654);
  });

  test("is set by HTTP, and refused where it makes no sense", async () => {
    expect((await json("/misbehaviour", { unavailable: 2 }, "PUT")).status).toBe(422);
    expect((await json("/misbehaviour", { unavailable: 1 }, "PUT")).status).toBe(200);
    expect((await deliver(webhook())).status).toBe(503);
    await json("/misbehaviour", { dropped: 1 }, "PUT");
    await expect(deliver(webhook())).rejects.toThrow();
    expect((await account()).webhooks).toMatchObject({ misbehaved: 2, attempts: 2 });
  });

  test("shows how a sender comes back: what it left undelivered, and what it tried again at once", async () => {
    await json("/runs/run/published", [batch(SEQ, 1, Date.now() - 5)]);
    await json("/misbehaviour", { notFound: 1 }, "PUT");
    const body = webhook();
    await deliver(body);
    // It may come again: until its time is over it is neither lost nor given up.
    expect(await account()).toMatchObject({ expected: 1, lost: 0, open: 1, webhooks: { hasty: 0, abandoned: {} } });
    // As often as it takes: how long a request is on its way is not for a test to say.
    await vi.waitFor(async () => {
      await deliver(body);
      expect((await account()).webhooks?.hasty).toBeGreaterThan(0);
    });
    await json("/misbehaviour", {}, "PUT");
    await deliver(body);
    // Each attempt said that it was the first.
    const { open, webhooks } = await account();
    expect(open).toBe(0);
    expect(webhooks).toMatchObject({ abandoned: {}, retried: 1 });
    expect(webhooks?.unraisedHeaders).toBe((webhooks?.attempts ?? 0) - 1);
  });

  test("that a sender does not answer to is told in the end", async () => {
    const endpoints = { endpoints: ENDPOINTS, unmatchedShare: 0, retryPauses: [50] };
    await json("/runs/brief", { seed: 1, variants: [], webhooks: endpoints });
    await json("/runs/brief/published", [batch(SEQ, 1, Date.now() - 5)]);
    await json("/misbehaviour", { notFound: 1 }, "PUT");
    await deliver(webhook("brief"));
    const settled = (await (await json("/runs/brief/settle", { timeout: 10_000, quiet: 1 })).json()) as Account;
    expect(settled).toMatchObject({
      ending: "quiet",
      lost: 1,
      open: 0,
      webhooks: { abandoned: { "answered 404": 1 } },
    });
  });
});

test("a webhook arrives with the last byte of its body, not with its headers", async () => {
  const body = webhook();
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  const headers = { "X-Webhook-Signature": signature, "Content-Length": String(Buffer.byteLength(body)) };
  const sent = request(`${receiver.url}/webhook/weth-events`, { method: "POST", headers });
  const answer = once(sent, "response");
  sent.write(body.slice(0, 10));
  // Until the receiver has begun with it, and then a while that shows.
  await vi.waitFor(async () => {
    const { total_requests } = (await (await fetch(`${receiver.url}/metrics`)).json()) as { total_requests: number };
    expect(total_requests).toBe(1);
  });
  await pause(300);
  sent.end(body.slice(10));
  const [response] = (await answer) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
  const { webhooks, latency } = await account();
  expect(webhooks?.transfer.max).toBeGreaterThan(290);
  expect(latency.max).toBeGreaterThan(290);
});

test("a body that is no webhook is told of in every run that is open, with what is wrong", async () => {
  await json("/runs/closed", { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } });
  await json("/runs/closed/settle", { timeout: 0, quiet: 0 });
  const answer = await deliver("{");
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: expect.stringContaining('begins with "{"') });
  expect((await account()).webhooks?.unreadable).toEqual({ 'it is not JSON, but begins with "{"': 1 });
  const closed = (await (await fetch(`${receiver.url}/runs/closed`)).json()) as Account;
  expect(closed.webhooks?.unreadable).toEqual({});
});

test("webhooks that another receiver took are settled with the run", async () => {
  const other = await startReceiver({
    host: "127.0.0.1",
    port: 0,
    farEnds: { webhooks: { secret: SECRET, settleAt: receiver.url } },
  });
  try {
    const first = receiver;
    receiver = other;
    expect((await deliver(webhook())).status).toBe(200);
    expect((await deliver(webhook(), { secret: "wrong" })).status).toBe(401);
    receiver = first;
    await vi.waitFor(async () => {
      expect((await account()).webhooks).toMatchObject({ attempts: 2, wrongSignatures: 1, uncheckedSignatures: 0 });
    });
    expect(await account()).toMatchObject({ misrouted: 0, latency: { samples: 1 } });
  } finally {
    await other.close();
  }
});
