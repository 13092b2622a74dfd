/** A few rows of the fault matrix, one of each kind; `npm run faults` runs them all. */
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { runTables } from "../faults/matrix.ts";
import { Network } from "../faults/network.ts";
import { TABLES } from "../faults/rows.ts";
import { root } from "./k6.ts";
import { BUSY } from "./untimed.ts";

const LONGEST_MS = 300_000;

test("planted faults are caught and named, healthy runs pass, and nothing is left running", {
  timeout: LONGEST_MS,
}, async () => {
  const seen: Record<string, readonly string[]> = {};
  const runnable = TABLES.filter((table) => table.lacks() === null);
  await runTables(
    root,
    runnable,
    ({ fast }) => fast === true,
    ({ row, wrong }) => {
      seen[row.name] = beyondTimes(wrong);
    },
    // A row takes half of a core, and what a second one costs is times, which are not looked at here.
    { lanes: 2 },
  );
  const fast = runnable.flatMap(({ rows }) => rows).filter((row) => row.fast === true);
  expect(fast.length).toBeGreaterThanOrEqual(6);
  expect(seen).toEqual(Object.fromEntries(fast.map(({ name }) => [name, []])));
});

/** What is wrong with a row beside times, which a busy machine misses, and beside a verdict that rests on nothing else. */
function beyondTimes(wrong: readonly string[]): readonly string[] {
  const others = wrong.filter((one) => !BUSY.test(/^named without cause: (\S+)/.exec(one)?.[1] ?? ""));
  const isVerdict = (one: string) => one.startsWith("the verdict is ");
  return others.length < wrong.length && others.every(isVerdict) ? [] : others;
}

describe("the network of the tests", () => {
  /** A server that sends back what it is sent, a network in front of it, and a client. */
  async function echo(conditions: Network["conditions"]) {
    const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const network = await Network.to(`nats://127.0.0.1:${port}`, conditions);
    const { hostname, port: way } = new URL(network.url);
    const client = connect(Number(way), hostname);
    onTestFinished(async () => {
      client.destroy();
      await network.close();
      server.close();
    });
    await new Promise((resolve) => client.once("connect", resolve));
    return { network, client };
  }

  /** Sends a text and waits until as much has come back. */
  async function roundTrip(client: Socket, text: string): Promise<{ answer: string; milliseconds: number }> {
    const started = performance.now();
    client.write(text);
    let answer = "";
    for await (const chunk of client.iterator({ destroyOnReturn: false })) {
      answer += (chunk as Buffer).toString();
      if (answer.length >= text.length) break;
    }
    return { answer, milliseconds: performance.now() - started };
  }

  test("changes nothing unless it is told to", async () => {
    const { client } = await echo({});
    expect((await roundTrip(client, "hello")).answer).toBe("hello");
  });

  test("takes its time in each direction, and keeps the order", async () => {
    const { client } = await echo({ latency: 50 });
    client.write("one ");
    await pause(5);
    const { answer, milliseconds } = await roundTrip(client, "two ");
    expect("one two ".startsWith(answer)).toBe(true);
    expect(milliseconds).toBeGreaterThanOrEqual(90);
  });

  test("carries no more than its bandwidth", async () => {
    const { client } = await echo({ bandwidth: 100_000 });
    const text = "x".repeat(30_000);
    const { answer, milliseconds } = await roundTrip(client, text);
    expect(answer).toBe(text);
    expect(milliseconds).toBeGreaterThan(250);
  });

  test("swallows everything and tells nobody, or resets every connection", async () => {
    const { network, client } = await echo({});
    network.conditions.silent = true;
    let heard = false;
    client.on("data", () => {
      heard = true;
    });
    client.write("hello");
    await pause(100);
    expect([heard, client.destroyed]).toEqual([false, false]);
    const broken = new Promise<string | undefined>((resolve) =>
      client.once("error", (problem: NodeJS.ErrnoException) => resolve(problem.code)),
    );
    network.reset();
    expect(await broken).toBe("ECONNRESET");
  });
});
