/** Far ends of pipelines of one's own, over HTTP. */
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { toJsonSchema } from "@valibot/to-json-schema";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Account } from "../../core/account.ts";
import { type Spelling, spell } from "../../core/identity.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { ObservedSchema } from "../../core/report.ts";
import { CANARY_PUBLISHER, runNumber } from "../../core/trace.ts";
import { follow } from "../../receiver/followers.ts";
import type { FarEndContext } from "../../receiver/items.ts";
import { type Receiver, startReceiver } from "../../receiver/server.ts";

const RUN = "own";
/** Unix ms; each event is sent one later than the one before. */
const BEGAN = Date.now() - 1_000;
const VARIANTS = [{ subject: ["invoice"] }, { subject: ["order"] }];

let receiver: Receiver | null = null;
afterEach(async () => {
  await receiver?.close();
  receiver = null;
});

const pipelineOf = (observe: object, more: object = {}) =>
  ({
    name: "own",
    events: { attributes: {}, write: ({ id }: { id: string }) => id },
    publish: () => async () => "acknowledged",
    observe,
    ...more,
  }) as unknown as AnyPipeline;

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${receiver?.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as Answer;
}

async function opened(
  kind: string,
  paths: object,
  pipeline: AnyPipeline | null,
  order: unknown = "none",
  judges?: boolean,
) {
  receiver = await startReceiver({
    host: "127.0.0.1",
    port: 0,
    farEnds: { farEnd: pipeline === null ? [] : [pipeline] },
  });
  const farEnd = { pipeline: "own", kind, paths, order, judges };
  return post<{ error?: string }>(`/runs/${RUN}`, { seed: 1, variants: VARIANTS, publisher: "one", farEnd });
}

const account = async () => (await (await fetch(`${receiver?.url}/runs/${RUN}`)).json()) as Account;
const settle = () => post<Account>(`/runs/${RUN}/settle`, { publisher: "one", timeout: 3_000, quiet: 200 });

function identity(seq: number, spelling: Spelling = "text", publisher = 1): string {
  return spell({ run: runNumber(RUN), publisher, seq, publishedAt: BEGAN + seq }, spelling);
}

async function published(count: number): Promise<void> {
  const now = Date.now();
  const batch = { publisher: 1, firstSeq: 0, count, sentFrom: now, sentThrough: now, refused: [], unknown: [] };
  await post(`/runs/${RUN}/published`, [batch]);
}

const hook = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${receiver?.url}/hooks/${path}`, { method: "POST", body, headers });

describe("requests", () => {
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
    expect(settled.causes).toEqual(
      expect.arrayContaining(["events that never arrived on all: 4", "events that arrived again on all: 1"]),
    );
  });

  test("on a path that selects others are misrouted, on none are strays, without an identity are told", async () => {
    await opened("request", { invoices: { subject: ["invoice"] } }, null);
    for (let seq = 0; seq < 20; seq++) await hook("invoices", identity(seq));
    await hook("elsewhere", identity(0));
    await hook("invoices", "no identity at all");
    await hook("invoices", spell({ run: runNumber("another"), publisher: 1, seq: 0, publishedAt: BEGAN }, "text"));
    await published(20);
    const settled = await settle();
    const misrouted = 20 - settled.expected;
    expect(misrouted).toBeGreaterThan(0);
    expect(settled).toMatchObject({ lost: 0, misrouted: misrouted + 1, foreign: 2, farEnd: { unread: 1, strays: 1 } });
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
    await hook("all", `broken ${identity(0)}`, { "x-signed": "yes" });
    await hook("all", `half of ${identity(1)}`, { "x-signed": "yes" });
    await published(2);
    const { farEnd, causes, delivered } = await settle();
    expect(delivered).toBe(2);
    expect(farEnd).toMatchObject({ refused: { "wrong signature": 1 }, damaged: 2 });
    expect(causes).toEqual([
      "1 request was refused: wrong signature",
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

test("order is judged per publisher, or per value of an attribute, where it is promised", async () => {
  for (const [order, reordered] of [
    ["per publisher", 1],
    [{ per: "subject" }, 0],
  ] as const) {
    await opened("request", { all: {} }, null, order);
    // 0 and 1 are of different subjects.
    for (const seq of [1, 0]) await hook("all", identity(seq));
    expect(await account()).toMatchObject({ reordered, ordered: true });
    await receiver?.close();
  }
});

test.each([
  [false, undefined],
  [true, expect.stringContaining("--pipeline dist/node/own.mjs")],
])("a run whose code judges requests (%s) is opened only where the receiver has that code", async (judges, error) => {
  expect((await opened("request", { all: {} }, null, "none", judges)).error).toEqual(error);
});

test("the schema of what an observer elsewhere reports is in the docs", async () => {
  const schema = toJsonSchema(ObservedSchema, { errorMode: "throw" });
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot("../../docs/observed.schema.json");
});

test("an observer elsewhere reports whole texts", async () => {
  await opened("reported", { table: {} }, null);
  const canary = identity(0, "text", CANARY_PUBLISHER);
  await post(`/runs/${RUN}/observed`, { arrivals: [{ path: "table", text: `canary ${canary}` }] });
  expect(await account()).toMatchObject({ paths: 1, ready: 1, delivered: 0 });
  await published(1);
  const answer = await post(`/runs/${RUN}/observed`, { arrivals: [{ text: identity(0), at: Date.now() }] });
  expect(answer).toEqual({ identities: 1, draining: false, settled: false });
  expect(await settle()).toMatchObject({ expected: 1, delivered: 1, lost: 0, ending: "complete" });
});

describe("an observer's clock that is ahead", () => {
  const reported = (ahead: number, ...seqs: readonly number[]) =>
    post(`/runs/${RUN}/observed`, { arrivals: seqs.map((seq) => ({ text: identity(seq), at: Date.now() + ahead })) });

  test("is not believed any more, leaves what it dated before in doubt, and is told", async () => {
    await opened("reported", { table: {} }, null);
    await published(5);
    await reported(0, 0);
    // In one report, those long before it look right.
    const arrivals = [0, 3_000].map((ahead, place) => ({ text: identity(place + 1), at: Date.now() + ahead }));
    await post(`/runs/${RUN}/observed`, { arrivals });
    await reported(0, 3);
    // Without a time it is the receiver's.
    await post(`/runs/${RUN}/observed`, { arrivals: [{ text: identity(4) }] });
    const { delivered, latency, causes, clocks } = await settle();
    expect([delivered, latency.samples]).toEqual([5, 2]);
    expect(causes).toEqual([
      expect.stringMatching(/^3 events were reported by a clock .* ahead of the receiver's: they have no latency$/),
    ]);
    expect(clocks).toMatchObject([{ role: "observer", evidence: expect.stringContaining("observer own") }]);
    expect(clocks[0]?.uncertainty).toBeGreaterThan(1_000);
  });

  test("still shows the order", async () => {
    await opened("reported", { table: {} }, null, "per publisher");
    await published(2);
    await reported(3_000, 1, 0);
    expect(await settle()).toMatchObject({ delivered: 2, reordered: 1, ordered: true });
  });
});

test("what an earlier run of the same id left behind is foreign, and hides no loss", async () => {
  await opened("request", { all: {} }, null);
  const old = spell({ run: runNumber(RUN), publisher: 1, seq: 0, publishedAt: BEGAN - 3_600_000 }, "text");
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
  expect(latency.max).toBeGreaterThanOrEqual(ended - BEGAN - 1);
});

describe("what the receiver looks at itself", () => {
  test("needs the pipeline's code", async () => {
    expect((await opened("rows", { table: {} }, null)).error).toContain("--pipeline dist/node/own.mjs");
  });

  test("rows are read once, also those that become visible late, and those that vanish are counted", async () => {
    const table: { id: number; text: string }[] = [{ id: 1, text: "of somebody else" }];
    const rows = async (after: number | null) =>
      table.filter(({ id }) => id > (after ?? 0)).sort((a, b) => a.id - b.id);
    await opened("rows", { table: {} }, pipelineOf({ kind: "rows", paths: { table: {} }, rows }));
    table.push({ id: 2, text: identity(0) }, { id: 4, text: identity(1) }, { id: 5, text: identity(1) });
    await published(3);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2, duplicated: 1 }));
    table.push({ id: 3, text: identity(2) });
    table.splice(1, 1);
    const settled = await settle();
    expect(settled).toMatchObject({ delivered: 3, lost: 0, duplicated: 1, ending: "complete" });
    expect(settled.farEnd).toMatchObject({ vanished: 1, problem: null, unread: 0 });
    expect(settled.causes).toContain("events that had arrived and are gone: 0");
  });

  test("rows count as they stand at the end: what was changed is damaged, where it is not what was published", async () => {
    const table = [0, 1, 2, 3, 4].map((seq) => ({ id: seq + 1, path: "table", text: `new ${identity(seq)}` }));
    const rows = async (after: number | null) => table.filter(({ id }) => id > (after ?? 0));
    const damage = (text: string) => (text.includes("broken") ? "it is broken" : null);
    const paths = { table: {}, none: { subject: ["nothing"] } };
    await opened("rows", paths, pipelineOf({ kind: "rows", paths, rows }, { damage }));
    await published(6);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 5 }));
    const become = (place: number, row: object) => Object.assign(table[place] as object, row);
    become(0, { text: `done ${identity(0)}` });
    become(1, { text: `broken ${identity(1)}` });
    become(2, { text: `done ${identity(0)}` });
    become(3, { path: "none" });
    // A row may be of several events: what it gains arrives.
    become(4, { text: `new ${identity(4)} ${identity(5)}` });
    const settled = await settle();
    expect(settled).toMatchObject({ delivered: 6, lost: 0, duplicated: 0, damaged: 3, farEnd: { vanished: 0 } });
    expect(settled.causes).toEqual([
      "1 event was found only by the final reading: its arrival time is unknown, so it has no latency",
      "event 1 has been changed since it arrived: it is broken",
      "event 0 has been changed since it arrived: event 2 stood there",
      "event 3 has been changed since it arrived: it is on none, where it does not belong",
    ]);
  });

  test("rows that cannot be read are a problem that is named", async () => {
    const rows = () => Promise.reject(new Error("no such table"));
    await opened("rows", { table: {} }, pipelineOf({ kind: "rows", paths: { table: {} }, rows }));
    await published(1);
    expect((await settle()).causes).toContain("the far end could not be read: no such table");
  });

  /** Follows a far end that is slow after 20 ms. */
  function followed(observe: object) {
    const problems: (string | null)[] = [];
    const farEnd = { now: () => 0, arrived: () => 0, looked: (problem: string | null) => problems.push(problem) };
    const context = { kind: "list", ...farEnd } as unknown as FarEndContext;
    return { problems, follower: follow(pipelineOf({ paths: { all: {} }, ...observe }), context, 20) };
  }

  test("a far end that never answers is a problem that is named, and holds nobody up", async () => {
    const { problems, follower } = followed({ kind: "list", list: () => new Promise<never>(() => undefined) });
    await vi.waitFor(() => expect(problems).toEqual(["reading it takes longer than 0.02 s"]));
    await follower?.finish(30);
    await follower?.finish(30);
    expect(problems.at(-1)).toBe("its last reading took longer than 0.03 s: raise DRAIN_TIMEOUT");
    await follower?.stop();
  });

  test("what a far end answers when it has been given up changes nothing", async () => {
    const answers: ((items: readonly string[]) => void)[] = [];
    const list = () => new Promise<readonly string[]>((resolve) => answers.push(resolve));
    const { problems, follower } = followed({ kind: "list", list });
    await follower?.finish(30);
    const told = problems.length;
    answers[0]?.([]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([answers.length, problems.length]).toEqual([1, told]);
  });

  test("a far end that is slow is asked nothing else meanwhile, and is read to the end", async () => {
    let [asked, most] = [0, 0];
    const list = async () => {
      most = Math.max(most, ++asked);
      await new Promise((resolve) => setTimeout(resolve, 100));
      asked--;
      return [];
    };
    const { problems, follower } = followed({ kind: "list", list });
    await vi.waitFor(() => expect(problems[0]).toBe("reading it takes longer than 0.02 s"));
    await follower?.finish(60_000);
    expect([most, problems.at(-1)]).toEqual([1, null]);
  });

  test("an item of a list that gains an event has it, when it gains it", async () => {
    const items = [{ id: "of one customer", text: identity(0) }];
    const list = async () => items;
    await opened("list", { all: {} }, pipelineOf({ kind: "list", paths: { all: {} }, list }));
    await published(2);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 1 }));
    Object.assign(items[0] as object, { text: `${identity(0)} ${identity(1)}` });
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2 }));
    expect(await settle()).toMatchObject({ delivered: 2, lost: 0, duplicated: 0, damaged: 0, ending: "complete" });
  });

  test("a row that gains an event while others come is dated when it has it, and what only the last look shows is not", async () => {
    const table = [{ id: 1, text: "of somebody else" }];
    const readFrom: (number | null)[] = [];
    const rows = async (after: number | null) => {
      readFrom.push(after);
      return table.filter(({ id }) => id > (after ?? 0));
    };
    await opened("rows", { table: {} }, pipelineOf({ kind: "rows", paths: { table: {} }, rows }));
    await vi.waitFor(() => expect(readFrom.length).toBeGreaterThan(2));
    table.push({ id: 2, text: identity(0) });
    await published(3);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 1 }));
    Object.assign(table[1] as object, { text: `${identity(0)} ${identity(1)}` });
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2, latency: { samples: 2 } }));
    // Behind what was there before the run, where nobody looks again before the end.
    table.unshift({ id: 0.5, text: identity(2) });
    const settled = await settle();
    expect(settled).toMatchObject({ delivered: 3, lost: 0, ending: "complete", farEnd: { undated: 1 } });
    expect(settled.latency.samples).toBe(2);
    expect(settled.causes).toEqual([
      "1 event was found only by the final reading: its arrival time is unknown, so it has no latency",
    ]);
  });

  test("lists give each item once, equal ones as often as they are there", async () => {
    const items: string[] = [];
    await opened("list", { list: {} }, pipelineOf({ kind: "list", paths: { list: {} }, list: async () => items }));
    const one = identity(0);
    items.push(one, one, identity(1));
    await published(2);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2, duplicated: 1 }));
  });

  test("streams tell what arrives, and are closed with the receiver", async () => {
    const close = vi.fn();
    let arrived: (text: string) => void = () => undefined;
    const consume = (_: object, tell: typeof arrived) => {
      arrived = tell;
      return { close };
    };
    await opened("stream", { stream: {} }, pipelineOf({ kind: "stream", paths: { stream: {} }, consume }));
    arrived(identity(0));
    await published(1);
    expect(await settle()).toMatchObject({ delivered: 1, lost: 0 });
    await receiver?.close();
    receiver = null;
    expect(close).toHaveBeenCalledOnce();
  });

  test("a stream that we close ourselves is not interrupted", async () => {
    const close = vi.fn();
    const consume = (_env: object, _arrived: object, _access: object, failed: (why: string) => void) => ({
      close: () => {
        close();
        failed("closed");
      },
    });
    const { problems, follower } = followed({ kind: "stream", consume });
    await follower?.stop();
    expect(close).toHaveBeenCalledOnce();
    expect(problems).toEqual([]);
  });

  test("a stream that is interrupted is a problem that is named", async () => {
    let failed: (why: string) => void = () => undefined;
    const consume = (_env: object, arrived: (text: string) => void, _access: object, interrupted: typeof failed) => {
      failed = interrupted;
      arrived(identity(0));
      return { close: () => undefined };
    };
    await opened("stream", { stream: {} }, pipelineOf({ kind: "stream", paths: { stream: {} }, consume }));
    await published(2);
    failed("the server went away");
    const { farEnd, causes } = await settle();
    expect(farEnd?.problem).toBe("the stream was interrupted: the server went away");
    expect(causes).toContain(`the far end could not be read: ${farEnd?.problem}`);
  });

  test("where only numbers can be compared, what is missing and what is too much is counted", async () => {
    let count = 1_000;
    const observe = { kind: "count", paths: { sum: {} }, count: async () => count };
    await opened("count", { sum: {} }, pipelineOf(observe));
    await vi.waitFor(async () => expect(await account()).toMatchObject({ paths: 1, ready: 0 }));
    count++;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ ready: 1 }));
    await published(10);
    count += 8;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ expected: 10, delivered: 8, lost: 2 }));
    count += 3;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ lost: 0, duplicated: 1 }));
    // Two replicas need not be at the same number.
    count -= 2;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ lost: 1, farEnd: { problem: null } }));
    count += 2;
    expect(await settle()).toMatchObject({ lost: 0, duplicated: 1, farEnd: { problem: null } });
  });

  test("a count that goes back to where it began says nothing of what is lost", async () => {
    let count = 1_000;
    await opened("count", { sum: {} }, pipelineOf({ kind: "count", paths: { sum: {} }, count: async () => count }));
    await vi.waitFor(async () => expect(await account()).toMatchObject({ paths: 1 }));
    count++;
    await published(10);
    count += 8;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 8 }));
    count = 2;
    const settled = await settle();
    expect(settled.farEnd?.problem).toBe(
      "count() went back from 1009 to 2: it began anew, or what was counted is gone",
    );
    expect(settled.causes).toContain(`the far end could not be read: ${settled.farEnd?.problem}`);
  });
});
