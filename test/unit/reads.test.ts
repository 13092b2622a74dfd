/** Readings of a far end that fail: which are told, and how. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { describeAstray } from "../../core/misdirection.ts";
import type { NodeAccess } from "../../core/ownaccess.ts";
import { summarize } from "../../core/summary.ts";
import { LastAnswer } from "../../receiver/lastanswer.ts";
import { Reads } from "../../receiver/reads.ts";
import { account, closeReceiver, identity, opened, pipelineOf, published, settle } from "./ownrun.ts";
import { ACCOUNT, dataOf, inputOf } from "./records.ts";

describe("readings", () => {
  const T = Date.UTC(2026, 10, 30, 20, 39, 7);
  test.each<[string, (string | null)[], string | null, boolean]>([
    ["that all worked", [null, null], null, false],
    ["of which one failed", [null, "500 x", null], "1 of 3 polls failed: 500 x (at 20:39:08Z)", false],
    [
      "of which some failed",
      ["500 x", null, "500 x", null, null],
      "2 of 5 polls failed: 500 x (first 20:39:07Z, last 20:39:09Z)",
      false,
    ],
    [
      "that failed for several reasons",
      ["a", "b", "b", "c", "d", "e", null],
      "6 of 7 polls failed: b: 2; a: 1; c: 1; and 2 other reasons (first 20:39:07Z, last 20:39:12Z)",
      false,
    ],
    ["that stopped for good", [null, "gone", "gone"], null, true],
    ["that stopped for good later", ["x", null, "gone"], "1 of 3 polls failed: x (at 20:39:07Z)", true],
    ["that never worked", ["gone", "gone"], null, false],
  ])("%s", (_, problems, told, stopped) => {
    const reads = new Reads();
    for (const [place, problem] of problems.entries()) reads.enter(problem, T + place * 1_000);
    expect(reads.describe()).toBe(told);
    const first = problems.lastIndexOf(null) + 1;
    expect(reads.stoppedAt).toBe(stopped ? T + first * 1_000 : null);
  });
});

test.each<[string, number, string, unknown, string]>([
  ["an error page", 500, "data base\nis locked", new SyntaxError("no JSON"), "500 data base is locked"],
  ["an error that is JSON", 503, "{}", new TypeError("x.map is not a function"), "503 {}"],
  ["the pipeline's own words", 500, "nope", new Error("no orders"), "no orders (answered 500 nope)"],
  ["own words with the status", 500, "nope", new Error("HTTP 500"), "HTTP 500"],
  ["a good answer", 200, "{}", new TypeError("x.map is not a function"), "x.map is not a function"],
])("a reading that failed over %s", async (_, status, body, problem, words) => {
  const last = new LastAnswer();
  const answer = last.note(new Response(body, { status }) as Awaited<ReturnType<NodeAccess["fetch"]>>);
  await answer.json().catch(() => undefined);
  expect(last.explain(problem)).toBe(words);
  last.forget();
  expect(last.explain(new Error("other"))).toBe("other");
});

describe("a list over HTTP", () => {
  let close: () => void = () => undefined;
  afterEach(async () => {
    close();
    await closeReceiver();
  });

  /** @param answer the status and body of the next answers. */
  async function listed(answer: { status: number; rows: unknown }, list?: (all: unknown) => unknown) {
    const server = createServer((_, reply) => {
      reply.writeHead(answer.status, { connection: "close" });
      reply.end(answer.status === 200 ? JSON.stringify(answer.rows) : "nope");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close = () => server.close();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows`;
    const observe = {
      kind: "list",
      paths: { rows: {} },
      list: async ({ LIST_URL }: { LIST_URL: string }, access: NodeAccess) => {
        const rows = await (await access.fetch(LIST_URL)).json();
        return list === undefined ? rows : list(rows);
      },
    };
    const pipeline = pipelineOf(observe, { variables: { LIST_URL: url, EVENTS_URL: "http://127.0.0.1:1" } });
    await opened("list", { rows: {} }, pipeline);
    return { server, url, pipeline };
  }

  test("that fails for a while is told, though the run passes", async () => {
    const answer = { status: 200, rows: [{ id: 1, text: identity(0) }] as unknown };
    await listed(answer);
    await published(1);
    answer.rows = [{ id: 1, text: identity(0) }];
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 1 }));
    answer.status = 500;
    await vi.waitFor(async () => expect((await account()).farEnd?.problem).toContain("500 nope"));
    answer.status = 200;
    await vi.waitFor(async () => expect((await account()).farEnd?.problem).toBe(null));
    const settled = await settle();
    expect(settled).toMatchObject({ lost: 0, causes: [], farEnd: { problem: null, stopped: null } });
    expect(settled.findings).toEqual([expect.stringMatching(/^\d+ of \d+ polls failed: 500 nope \(.*\d\d:\d\dZ\)$/)]);
  });

  test("that stops answering is told with its address and what was missing by then", async () => {
    const answer = { status: 200, rows: [] as unknown };
    const { server, url } = await listed(answer);
    await published(3);
    answer.rows = [0, 1].map((seq) => ({ id: seq, text: identity(seq) }));
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2 }));
    await new Promise((resolve) => server.close(resolve));
    await vi.waitFor(async () => expect((await account()).farEnd?.problem).not.toBe(null));
    const settled = await settle();
    const words = `the list at LIST_URL (${url}) stopped answering at `;
    expect(settled.farEnd).toMatchObject({ problem: expect.stringContaining(words), stopped: { missing: 1 } });
    expect(settled.farEnd?.problem).toMatch(/Z: connect ECONNREFUSED 127/);
    expect(settled.causes).toEqual([settled.farEnd?.problem]);
  });

  test("over which the pipeline's own code fails says so, and what was answered", async () => {
    const { pipeline } = await listed({ status: 200, rows: { rows: [] } });
    await vi.waitFor(async () => expect((await account()).farEnd?.thrown).not.toBe(null));
    const words = describeAstray(await account(), pipeline, { "observe.paths": "own.pipeline.ts:7" });
    expect(words).toMatch(
      /^own\.pipeline\.ts:7: list\(\) gives of type object; allowed: a list; LIST_URL \(.*\) answered 200 \{"rows":\[\]\}: mend list\(\)$/,
    );
  });

  test("that answers errors at first is waited for", async () => {
    const { pipeline } = await listed({ status: 503, rows: [] });
    await vi.waitFor(async () => expect((await account()).farEnd?.problem).toBe("503 nope"));
    expect(describeAstray(await account(), pipeline, {})).toBe(null);
  });
});

test("a run whose far end stopped answering is INVALID for that reason first", () => {
  const problem = "the list at LIST_URL (http://a/b) stopped answering at 20:39:07Z: connect ECONNREFUSED";
  const farEnd = { kind: "list", problem, stopped: { at: 1, missing: 8 }, compared: true } as never;
  const settled = { ...ACCOUNT, delivered: 242, lost: 258, farEnd };
  const data = dataOf({ account_settled: { values: { value: 0 } }, account_lost: { values: { count: 258 } } });
  const { verdict, reasons } = summarize(inputOf({ account: settled, data }));
  expect(verdict).toBe("INVALID");
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatchObject({
    text: problem,
    metric: "account_settled",
    objective: "value == 1",
    evidence: expect.stringContaining("until then 242 of 250 due deliveries had arrived, and 8 had not"),
  });
  expect(reasons[0]?.symptoms.join("\n")).toMatch(/account_lost .*258 cannot be judged/);
});
