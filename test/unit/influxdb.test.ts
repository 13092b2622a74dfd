/** The receiver's writer against a server that answers as an InfluxDB in trouble does. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Influxdb, type InfluxdbState } from "../../receiver/influxdb.ts";
import { readInfluxdb } from "../../receiver/influxdb-address.ts";
import { Runs } from "../../receiver/runs.ts";
import { OPENING } from "./reports.ts";

const DEADLINE_MS = 5_000;
/** Points that may wait here: some dozen rounds of one run. */
const MOST = 500;

let server: Server;
let status: number;
let lines: string[];
let queries: string[];
let runs: Runs;
let influxdb: Influxdb;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  status = 204;
  lines = [];
  queries = [];
  server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const isWrite = request.url?.startsWith("/write") === true;
      if (!isWrite) queries.push(decodeURIComponent(request.url ?? "") + body);
      else if (status === 204) lines.push(...body.split("\n"));
      answer.writeHead(isWrite ? status : 200).end(isWrite ? undefined : '{"results":[{}]}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const database = readInfluxdb(`http://127.0.0.1:${port}/k6`);
  if (database === null) throw new Error("no database");
  runs = new Runs(Date.now);
  influxdb = new Influxdb(database, runs, Date.now, { every: 10, most: MOST });
});

afterEach(async () => {
  await influxdb.close();
  server.closeAllConnections();
  server.close();
  vi.restoreAllMocks();
});

async function until(holds: (state: InfluxdbState) => boolean): Promise<InfluxdbState> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(5)) {
    if (holds(influxdb.state)) return influxdb.state;
  }
  throw new Error(`what was waited for did not come: ${JSON.stringify(influxdb.state)}`);
}

test("a run is written, again and again, in a database that was created", async () => {
  runs.open("run-1", OPENING);
  await until(({ written }) => written > 30);
  expect(queries.join()).toMatch(/create database.*k6/i);
  expect(lines.filter((line) => line.startsWith("throughline_account,testid=run-1 ")).length).toBeGreaterThan(1);
  expect(lines.filter((line) => /^throughline_mark,.*kind=start/.test(line))).toHaveLength(1);
  expect(influxdb.state).toMatchObject({ dropped: 0, failures: 0 });
});

test("what a database in trouble does not take waits, and is written when it does", async () => {
  status = 503;
  runs.open("run-1", OPENING);
  await until(({ failures }) => failures >= 1);
  const { waiting } = await until((state) => state.waiting > 0);
  expect(influxdb.state.dropped).toBe(0);
  status = 204;
  await until((state) => state.written >= waiting && state.waiting === 0);
  expect(lines.filter((line) => /^throughline_mark,.*kind=start/.test(line))).toHaveLength(1);
});

test("what is refused as wrong is dropped and counted, and holds up nothing", async () => {
  status = 400;
  runs.open("run-1", OPENING);
  const { dropped } = await until((state) => state.dropped > 0);
  status = 204;
  await until(({ written, waiting }) => written > 0 && waiting === 0);
  expect(dropped).toBeGreaterThan(0);
});

test("a database that is gone is created again", async () => {
  runs.open("run-1", OPENING);
  await until(({ written }) => written > 0);
  const before = queries.length;
  status = 404;
  await until(({ failures }) => failures > 0);
  status = 204;
  await until(({ waiting }) => waiting === 0 && queries.length > before);
  expect(influxdb.state.dropped).toBe(0);
});

test("what waits is bounded: the oldest points are dropped, and counted", async () => {
  status = 503;
  for (let run = 0; run < 20; run++) runs.open(`run-${run}`, OPENING);
  const { waiting } = await until(({ dropped }) => dropped > 0);
  expect(waiting).toBe(MOST);
});

test("closing writes what is left", async () => {
  runs.open("run-1", OPENING);
  await until(({ written }) => written > 0);
  runs.open("run-2", OPENING);
  await influxdb.close();
  expect(lines.some((line) => line.startsWith("throughline_account,testid=run-2 "))).toBe(true);
});
