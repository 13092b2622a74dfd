/** Far ends that the receiver looks at itself: rows, lists, streams and counts. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { follow } from "../../receiver/followers.ts";
import type { FarEndContext } from "../../receiver/poll.ts";
import { account, closeReceiver, identity, opened, pipelineOf, published, settle } from "./ownrun.ts";

afterEach(closeReceiver);

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
    expect(settled.findings).toContain("events that had arrived and are gone: 0");
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
    expect(settled.causes).toEqual([]);
    expect(settled.findings).toEqual([
      "event 1 has been changed since it arrived: it is broken",
      "event 0 has been changed since it arrived: event 2 stood there",
      "event 3 has been changed since it arrived: it is on none, where it does not belong",
      "1 event was found only by the final reading: its arrival time is unknown, so it has no latency",
    ]);
  });

  test("what looks find is dated by them, and how far apart they were is told", async () => {
    const rows: { id: number; text: string }[] = [];
    const after = async (id: unknown) => rows.slice(id === null ? 0 : Number(id));
    await opened("rows", { table: {} }, pipelineOf({ kind: "rows", paths: { table: {} }, rows: after }));
    await published(2);
    for (const seq of [0, 1]) rows.push({ id: seq + 1, text: identity(seq) });
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 2 }));
    const { looks, latency } = await settle();
    expect(looks?.longest).toBeGreaterThan(0);
    expect(looks?.earliest.samples).toBe(latency.samples);
    expect(looks?.earliest.max).toBeLessThanOrEqual(latency.max);
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
    const farEnd = {
      now: () => 0,
      arrived: () => 0,
      looked: (problem: string | null) => problems.push(problem),
      read: () => {},
    };
    const context = { kind: "list", absentAt: () => undefined, ...farEnd } as unknown as FarEndContext;
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

  test("a list that begins anew holds other events under known ids: these arrive, and the earlier ones are gone", async () => {
    let items = [0, 1, 2, 3].map((seq) => ({ id: seq, text: identity(seq) }));
    await opened("list", { all: {} }, pipelineOf({ kind: "list", paths: { all: {} }, list: async () => items }));
    await published(7);
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 4 }));
    items = [{ id: 0, text: identity(4) }];
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 5 }));
    // Event 1 is stored again, under another id.
    items.push({ id: 1, text: identity(5) }, { id: 2, text: identity(1) });
    await vi.waitFor(async () => expect(await account()).toMatchObject({ delivered: 6, duplicated: 0 }));
    // And then twice.
    items.push({ id: 3, text: identity(1) });
    await vi.waitFor(async () => expect(await account()).toMatchObject({ duplicated: 1 }));
    const settled = await settle();
    expect(settled).toMatchObject({ delivered: 6, lost: 1, duplicated: 1, damaged: 0, farEnd: { vanished: 3 } });
    expect(settled.causes).toEqual([expect.stringMatching(/^the far end began anew at .*counts as delivered/)]);
    expect(settled.findings).toEqual([expect.stringMatching(/^events that had arrived and are gone: /)]);
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
    expect(settled.findings).toEqual([
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
    await closeReceiver();
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
    await vi.waitFor(async () => expect(await account()).toMatchObject({ lost: 0, farEnd: { surplus: 1 } }));
    // Two replicas need not be at the same number.
    count -= 2;
    await vi.waitFor(async () => expect(await account()).toMatchObject({ lost: 1, farEnd: { problem: null } }));
    count += 2;
    expect(await settle()).toMatchObject({ lost: 0, duplicated: 0, farEnd: { surplus: 1, problem: null } });
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
