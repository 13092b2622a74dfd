/** Requests to the far ends of pipelines of one's own, over HTTP. */
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { spell } from "../../core/identity.ts";
import type { IncomingRequest } from "../../core/observe.ts";
import { CANARY_PUBLISHER, runNumber } from "../../core/trace.ts";
import {
  account,
  began,
  closeReceiver,
  hook,
  identity,
  opened,
  pipelineOf,
  published,
  RUN,
  receiver,
  settle,
} from "./ownrun.ts";

afterEach(closeReceiver);

describe("requests", () => {
  test("that are damaged are told five times, and all of them are in the record", async () => {
    await opened("request", { all: {} }, null);
    const damaged = Array.from({ length: 8 }, (_, seq) => identity(seq).slice(0, -1).concat("!"));
    for (const [seq, text] of damaged.entries()) await hook("all", `${seq} ${text}`);
    await published(8);
    const { findings, causes, examples } = await settle();
    expect(causes).toEqual([]);
    expect(findings).toHaveLength(6);
    expect(findings.at(-1)).toBe("and 3 more of this kind: under account.examples in result.json");
    expect(examples?.slice(0, 5)).toEqual(findings.slice(0, 5));
    expect(examples).toHaveLength(8);
  });

  test("that are damaged fill no record with what they hold, and move no terminal", async () => {
    const damage = (text: string) => `it is \u001b[2J${text}`;
    const receive = ({ path, body }: { path: string; body: string }) =>
      body === "" ? "\u0007no" : { path, text: body };
    await opened("request", { all: {} }, pipelineOf({ kind: "request", paths: { all: {} }, receive }, { damage }));
    await hook("all", `${identity(0)} ${"x".repeat(1_000_000)}`);
    await hook("all", "");
    await published(1);
    const { findings, causes } = await settle();
    const [told = ""] = findings;
    expect(told.startsWith("event 0 is damaged: it is \\u001b[2J")).toBe(true);
    expect(told.length).toBeLessThan(600);
    expect(causes[0]).toContain("was refused: \\u0007no");
  });

  test("are accounted by the last part of their path, several identities in one, in any spelling, also compressed", async () => {
    await opened("request", { all: {} }, null);
    await hook("some/all/", JSON.stringify([identity(0), identity(1, "hash")]));
    await hook("all", gzipSync(identity(2, "uuid")), { "content-encoding": "gzip" });
    await hook("all", brotliCompressSync(identity(3, "number")), { "content-encoding": "br" });
    await published(5);
    await hook("all", `{"again":"${identity(1, "hash")}"}`);
    const settled = await settle();
    expect(settled).toMatchObject({ expected: 5, delivered: 4, lost: 1, duplicated: 1, ordered: false });
    expect(settled.offenders).toMatchObject([{ path: "all", lostSeqs: [4] }]);
    expect(settled.causes.join()).not.toMatch(/never arrived|arrived again/);
  });

  test("on a path that selects others are misrouted, on none are strays, without an identity are told", async () => {
    await opened("request", { invoices: { subject: ["invoice"] } }, null);
    for (let seq = 0; seq < 20; seq++) await hook("invoices", identity(seq));
    await hook("elsewhere", identity(0));
    await hook("invoices", "no identity at all");
    await hook("invoices", spell({ run: runNumber("another"), publisher: 1, seq: 0, publishedAt: began }, "text"));
    await published(20);
    const settled = await settle();
    const misrouted = 20 - settled.expected;
    expect(misrouted).toBeGreaterThan(0);
    expect(settled).toMatchObject({ lost: 0, misrouted: misrouted + 1, foreign: 2, farEnd: { unread: 1, strays: 1 } });
  });

  test("on a wrong path only are one fault: each lost event is known to have come there", async () => {
    await opened("request", { all: {}, invoices: {} }, null);
    await hook("invoice", identity(0, "text", CANARY_PUBLISHER));
    expect((await account()).farEnd).toMatchObject({ canariesAstray: ["invoice"], strays: 0 });
    for (const path of ["all", "invoice"]) for (let seq = 0; seq < 3; seq++) await hook(path, identity(seq));
    await published(3);
    const { lost, misrouted, detours } = await settle();
    expect([lost, misrouted, detours.count]).toEqual([3, 3, 3]);
    expect(detours.first[0]).toEqual({ seq: 0, due: "invoices", arrived: "invoice" });
  });

  test("on a path that gets a copy of everything explain no loss", async () => {
    await opened("request", { all: {}, invoices: {} }, null);
    for (const path of ["all", "audit"]) for (let seq = 0; seq < 3; seq++) await hook(path, identity(seq));
    for (const seq of [0, 2]) await hook("invoices", identity(seq));
    await published(3);
    expect(await settle()).toMatchObject({ lost: 1, misrouted: 3, detours: { count: 0, first: [] } });
  });

  test("on another path beside such a copy are still found there", async () => {
    await opened("request", { all: {}, invoices: {} }, null);
    for (const path of ["all", "audit"]) for (let seq = 0; seq < 3; seq++) await hook(path, identity(seq));
    for (const seq of [0, 2]) await hook("invoices", identity(seq));
    await hook("invoice", identity(1));
    await published(3);
    const { detours } = await settle();
    expect(detours).toMatchObject({ count: 1, repeated: 0, first: [{ seq: 1, due: "invoices", arrived: "invoice" }] });
  });

  test("on a path that has them already, or twice on one that is none, are those that are missing elsewhere", async () => {
    await opened("request", { all: {}, invoices: {}, orders: {} }, null);
    for (let seq = 0; seq < 3; seq++) await hook("all", identity(seq));
    // What was due on invoices came to all, and so did one of the orders; two others came to no path of the run.
    for (const seq of [0, 1, 2, 2]) await hook("all", identity(seq));
    for (const path of ["order", "order"]) for (const seq of [0, 1]) await hook(path, identity(seq));
    await published(3);
    const { lost, duplicated, misrouted, detours } = await settle();
    // One of each two on no path was sent once too often.
    expect([lost, duplicated, misrouted]).toEqual([6, 4, 4]);
    expect([detours.count, detours.repeated]).toEqual([6, 2]);
  });

  test("beside all paths are refused, and told", async () => {
    await opened("request", { all: {} }, null);
    const sent = (body: string) => fetch(`${receiver?.url}/hook/all?key=1`, { method: "POST", body });
    const answer = await sent(JSON.stringify({ ref: identity(0, "text", CANARY_PUBLISHER) }));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: "POST /hook/all: not found; webhooks go to /hooks/ and a path" });
    await sent(identity(3));
    await sent("of somebody else");
    const { farEnd, causes, misrouted, foreign } = await account();
    expect(farEnd).toMatchObject({ canariesAstray: ["/hook/all"], strays: 0 });
    expect(causes).toEqual([
      "a canary came to /hook/all, and not to /hooks/ and a path",
      "event 3 came to /hook/all, and not to /hooks/ and a path",
    ]);
    expect([misrouted, foreign]).toEqual([0, 0]);
  });

  test("are refused as their pipeline says, by its words, and damage is named", async () => {
    const receive = ({ headers, body }: { headers: Record<string, string>; body: string }) =>
      headers["x-signed"] === "yes" ? { path: "all", text: body } : "wrong signature";
    const damage = (text: string) => {
      if (text.startsWith("half")) throw new Error("it ends early");
      return text.includes("broken") ? "it is broken" : null;
    };
    await opened("request", { all: {} }, pipelineOf({ kind: "request", paths: { all: {} }, receive }, { damage }));
    expect((await hook("all", identity(0))).status).toBe(401);
    expect((await account()).farEnd).toMatchObject({ canaryRefused: null });
    await hook("all", `{"ref":"${identity(0, "text", CANARY_PUBLISHER)}"}`);
    expect((await account()).farEnd).toMatchObject({ canaryRefused: "wrong signature" });
    await hook("all", `broken ${identity(0)}`, { "x-signed": "yes" });
    await hook("all", `half of ${identity(1)}`, { "x-signed": "yes" });
    await published(2);
    const { farEnd, causes, findings, delivered } = await settle();
    expect(delivered).toBe(2);
    expect(farEnd).toMatchObject({ refused: { "wrong signature": 2 }, damaged: 2 });
    expect(causes).toEqual(["2 requests were refused: wrong signature; every event arrived all the same"]);
    expect(findings).toEqual([
      "event 0 is damaged: it is broken",
      "event 1 is damaged: damage() failed: it ends early",
    ]);
  });
});

test("requests that are too large, or that end in mid-body, are told", async () => {
  await opened("request", { all: {} }, null);
  expect((await hook("all", Buffer.alloc(5 * 1024 * 1024))).status).toBe(413);
  const { hostname, port } = new URL(receiver?.url ?? "");
  const socket = connect(Number(port), hostname);
  socket.write(`POST /hooks/all HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 100\r\n\r\n${identity(0)}`);
  setTimeout(() => socket.destroy(), 50);
  await vi.waitFor(async () =>
    expect((await account()).causes).toEqual([
      "1 request was refused: Request body is too large",
      "1 request was refused: the sender closed the connection before its body was whole",
    ]),
  );
});

test("requests that cannot be unpacked, or of which nothing is made, are refused by name", async () => {
  await opened("request", { all: {} }, pipelineOf({ kind: "request", paths: { all: {} }, receive: () => undefined }));
  expect((await hook("all", identity(0))).status).toBe(401);
  const packed = { "content-encoding": "gzip" };
  expect((await hook("all", gzipSync(Buffer.alloc(5 * 1024 * 1024)), packed)).status).toBe(400);
  expect((await hook("all", identity(0), packed)).status).toBe(400);
  const { causes } = await account();
  expect(causes).toEqual([
    expect.stringContaining("1 request was refused: receive gives what has no text; allowed: { path, text }"),
    expect.stringContaining("1 request was refused: it unpacks to more than 4194304 bytes"),
    expect.stringContaining("1 request was refused: it is not gzip"),
  ]);
});

test("a canary on a path that is none is named before the load", async () => {
  await opened("request", { all: {} }, null);
  await hook("elsewhere", identity(0, "text", CANARY_PUBLISHER));
  expect((await account()).causes).toEqual(["a canary arrived on elsewhere, which is not a path of own"]);
});

test("events on a path that is none are one line, with the first of them", async () => {
  await opened("request", { all: {} }, null);
  for (let seq = 0; seq < 12; seq++) await hook("elsewhere", identity(seq));
  await hook("elsewhere", identity(0));
  await hook("nowhere", identity(7));
  await published(12);
  const { causes, farEnd, misrouted } = await settle();
  expect(causes).toEqual([
    "12 events arrived on elsewhere, which is not a path of own: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more",
    "event 7 arrived on nowhere, which is not a path of own",
  ]);
  expect([farEnd?.strayPaths, misrouted]).toEqual([["elsewhere", "nowhere"], 14]);
});

test("the name of a path that is none moves no terminal and shows no credentials", async () => {
  const receive = ({ body }: { body: string }) => ({ path: "\u001b[2Jhttp://u:secret@h/x", text: body });
  await opened("request", { all: {} }, pipelineOf({ kind: "request", paths: { all: {} }, receive }));
  await hook("all", identity(0, "text", CANARY_PUBLISHER));
  await hook("all", identity(0));
  await published(1);
  const { farEnd, detours } = await settle();
  const shown = "\\u001b[2Jhttp://(hidden)@h/x";
  expect([farEnd?.strayPaths, farEnd?.canariesAstray, detours.first[0]?.arrived]).toEqual([[shown], [shown], shown]);
});

test("order is judged per publisher, or per value of an attribute, where it is promised", async () => {
  for (const [order, reordered] of [
    ["per publisher", 1],
    [{ per: "subject" }, 0],
  ] as const) {
    await opened("request", { all: {} }, null, order);
    await published(2);
    // 0 and 1 are of different subjects.
    for (const seq of [1, 0]) await hook("all", identity(seq));
    const settled = await account();
    expect(settled).toMatchObject({ reordered, ordered: true });
    expect(settled.orderedWithin).toBe(order === "per publisher" ? 1 : undefined);
    await receiver?.close();
  }
});

test.each([
  [false, undefined],
  [true, expect.stringContaining("--pipeline dist/node/own.mjs")],
])("a run whose code judges requests (%s) is opened only where the receiver has that code", async (judges, error) => {
  expect((await opened("request", { all: {} }, null, "none", judges)).error).toEqual(error);
});

test("what an earlier run of the same id left behind is foreign, and hides no loss", async () => {
  await opened("request", { all: {} }, null);
  const old = spell({ run: runNumber(RUN), publisher: 1, seq: 0, publishedAt: began - 3_600_000 }, "text");
  await hook("all", old);
  await hook("all", identity(1));
  await published(2);
  expect(await settle()).toMatchObject({ delivered: 1, lost: 1, duplicated: 0, foreign: 1 });
});

test("a request has arrived with the last byte of its body", async () => {
  await opened("request", { all: {} }, null);
  await published(1);
  let ended = 0;
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(identity(0)));
      await new Promise((resolve) => setTimeout(resolve, 300));
      ended = Date.now();
      controller.close();
    },
  });
  await fetch(`${receiver?.url}/hooks/all`, { method: "POST", body, duplex: "half" } as RequestInit);
  const { latency } = await account();
  expect(latency).toMatchObject({ samples: 1 });
  // By the same clock: from the publishing of the event, which lies before, to the last byte at the earliest.
  expect(latency.max).toBeGreaterThanOrEqual(ended - began - 1);
});

describe("a request gets the same answer past the router and through it", () => {
  const receive = ({ path, query, headers, body, bytes }: IncomingRequest) =>
    headers["x-refused"] === "yes"
      ? "not signed"
      : {
          path: "all",
          text: [
            body,
            path,
            bytes.length,
            headers["x-list"],
            headers["content-type"],
            JSON.stringify({ ...query }),
          ].join(),
        };
  const cases: readonly (readonly [string, Record<string, string>, number])[] = [
    ["taken", {}, 200],
    ["taken, of a type that is none", { "content-type": "json" }, 200],
    ["refused", { "x-refused": "yes" }, 401],
    ["not unpacked", { "content-encoding": "gzip" }, 400],
  ];
  test.each(cases)("%s", async (_, headers, status) => {
    const texts: string[] = [];
    const damage = (text: string) => {
      texts.push(text);
      return null;
    };
    await opened("request", { all: {} }, pipelineOf({ kind: "request", paths: { all: {} }, receive }, { damage }));
    await published(1);
    const told = { "x-list": "a, b", ...headers };
    // A name that has to be decoded is for the router.
    const answers = [await hook("some/all/", identity(0), told), await hook("some/a%6Cl/", identity(0), told)];
    const read = await Promise.all(
      answers.map(async (one) => [one.status, one.headers.get("content-type"), await one.text()]),
    );
    expect(read[0]?.[0]).toBe(status);
    expect(read[1]).toEqual(read[0]);
    const { farEnd, delivered, duplicated } = await settle();
    const seen = status === 200 ? { delivered: 1, duplicated: 1 } : { delivered: 0, duplicated: 0 };
    expect({ delivered, duplicated }).toEqual(seen);
    expect(Object.values(farEnd?.refused ?? {})).toEqual(status === 200 ? [] : [2]);
    expect(new Set(texts).size).toBe(status === 200 ? 1 : 0);
  });

  test("where no run waits", async () => {
    await opened("list", { all: {} }, null);
    const answers = await Promise.all(["all", "a%6Cl"].map((path) => hook(path, identity(0))));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(texts[1]).toEqual(texts[0]);
  });
});
