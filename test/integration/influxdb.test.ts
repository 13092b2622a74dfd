/** The receiver's accounts in a real InfluxDB, also when it is away. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import { eventId, runNumber } from "../../core/trace.ts";
import { readInfluxdb } from "../../receiver/influxdb-address.ts";
import { type Receiver, startReceiver } from "../../receiver/server.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import { type Database, startInfluxd } from "../databases.ts";
import { ask } from "./asking.ts";

const RUN = "away";
const DEADLINE_MS = 30_000;

/** Holds the port until the database comes, and cuts off whoever asks. */
let absent: Server;
let port: number;
let receiver: Receiver;
let influxd: Database | undefined;
beforeAll(async () => {
  absent = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(absent, "listening");
  port = (absent.address() as AddressInfo).port;
  const influxdb = readInfluxdb(`http://127.0.0.1:${port}/k6`) ?? undefined;
  receiver = await startReceiver({ host: "127.0.0.1", port: 0, influxdb });
});
afterAll(async () => {
  await receiver?.close();
  absent?.close();
  await influxd?.stop();
});

async function post(path: string, body: object): Promise<Account> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${receiver.url}/runs/${RUN}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Account;
}

interface State {
  readonly written: number;
  readonly waiting: number;
  readonly dropped: number;
  readonly failures: number;
}

async function until(holds: (state: State) => boolean): Promise<State> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(50)) {
    const { influxdb } = (await (await fetch(`${receiver.url}/health`)).json()) as { influxdb: State };
    if (holds(influxdb)) return influxdb;
  }
  throw new Error("what was waited for did not come");
}

test("while the database is away runs are settled as ever, and nothing is lost when it comes back", async () => {
  const from = Date.now();
  await post("", { ...streamOf({ seed: 1, chains: ["ethereum"] }), publisher: "one" });
  await post("/published", [
    { publisher: 1, firstSeq: 0, count: 5, sentFrom: from, sentThrough: from + 1, refused: [], unknown: [] },
  ]);
  const filter = { chains: [], event_types: [], accounts: [], program_ids: [] };
  const path = { path: "p", filter, from: from - 10_000, through: Date.now() + 10_000, closed: false };
  const ids = [0, 1, 2, 4].map((seq) => eventId({ run: runNumber(RUN), publisher: 1, seq, publishedAt: from }));
  const times = [1, 1.5, 3, 40].map((latency) => (from + latency - path.from) * 1000);
  await post("/arrivals", { paths: [{ ...path, ids: ids.join(""), times }] });
  const account = await post("/settle", { publisher: "one", timeout: 1_000, quiet: 200 });
  expect(account).toMatchObject({ ending: "quiet", published: 5, expected: 5, delivered: 4, lost: 1 });

  const failed = await until(({ failures, waiting }) => failures > 0 && waiting > 0);
  expect(failed).toMatchObject({ written: 0, dropped: 0 });
  absent.close();
  influxd = await startInfluxd(port);
  const state = await until(({ written, waiting }) => written > 0 && waiting === 0);
  expect(state.dropped).toBe(0);

  const chosen = { testid: [RUN], test: [], scenario: [], from, to: Date.now() };
  const value = async (query: string) => {
    const { raw } = await ask("influxdb", influxd?.url as string, query, chosen, "instant");
    return JSON.stringify(raw);
  };
  expect(await value('SELECT last("lost") FROM "throughline_account"')).toMatch(/,1\]/);
  expect(await value('SELECT last("delivered") FROM "throughline_account"')).toMatch(/,4\]/);
  expect(await value(`SELECT last("value") FROM "throughline_delivery_latency_bucket" WHERE "ms" = '50'`)).toMatch(
    /,1\]/,
  );
  expect(await value(`SELECT count("text") FROM "throughline_mark" WHERE "kind" = 'end'`)).toMatch(/,1\]/);
});
