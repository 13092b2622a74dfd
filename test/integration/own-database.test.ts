/** A pipeline of one's own whose events become rows: its receiver outlives the database, and names what it does not. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { type Service, startService } from "../../cli/service.ts";
import { root } from "./k6.ts";
import { recordIn, throughlineWith } from "./throughline.ts";
import { BUSY } from "./untimed.ts";

/** What the receiver calls itself, so that its connections are known among those of the database. */
const WATCHER = "throughline-watcher";

/** What `init` writes, and what it was before its pool had a listener. */
const LISTENING = template("orders", "http", "table");
const DEAF = LISTENING.replace('.on("error", () => {})', "");

let folder: string;
let postgres: Service;
let client: pg.Pool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-own-database-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const program = [process.execPath, join(root, "dist/node/postgres.js")];
  postgres = await startService("postgres", program, join(folder, "postgres.log"));
  client = new pg.Pool({ connectionString: postgres.url, max: 4 });
  client.on("error", () => {});
  await client.query("create table orders (id bigserial primary key, ref text, kind text, amount int)");
});
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A shop that stores each order. @param stored told how many there are. */
async function shopWith(stored: (count: number) => Promise<void>, table = "orders"): Promise<string> {
  let count = 0;
  const server = createServer((request, reply) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", async () => {
        const { ref, kind, amount } = JSON.parse(body) as Record<string, unknown>;
        await client.query(`insert into ${table} (ref, kind, amount) values ($1, $2, $3)`, [ref, kind, amount]);
        await stored(++count);
        reply.writeHead(201).end("{}");
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
}

/** Ends the receiver's connections, as a restart of the database does. @returns how many there were. */
async function cutOff(): Promise<number> {
  const { rowCount } = await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
    [WATCHER],
  );
  return rowCount ?? 0;
}

async function runOf(id: string, file: string, shop: string, options = "") {
  await writeFile(join(folder, "orders.pipeline.ts"), file);
  const environment = {
    THROUGHLINE_EVENTS_URL: shop,
    THROUGHLINE_DATABASE_URL: `${postgres.url}?application_name=${WATCHER}${options}`,
  };
  const load = ["--rate", "40", "--events", "160", "--run-id", id, "--out", "results"];
  const { stdout, stderr } = await throughlineWith(environment, folder, "run", "orders", ...load);
  return { record: await recordIn(join(folder, "results"), id), text: stdout + stderr };
}

test("a receiver whose connections break in mid-run accounts for every row", async () => {
  const ended: number[] = [];
  const shop = await shopWith(async (count) => {
    if ([40, 80, 81, 120].includes(count)) ended.push(await cutOff());
  });
  const { record, text } = await runOf("restarted", LISTENING, shop);
  const { account, reasons } = record;
  expect(Math.max(...ended), "nobody was cut off").toBeGreaterThan(0);
  expect(account, text).toMatchObject({ acknowledged: 160, delivered: 160, lost: 0, duplicated: 0 });
  expect(reasons.filter(({ metric }) => !BUSY.test(metric ?? ""))).toEqual([]);
});

test.each([
  ["uuid", "id uuid primary key default gen_random_uuid(), ref text", "id"],
  ["bigint", "id bigint generated always as identity primary key, ref uuid", "uuid"],
  ["text", "id text primary key default md5(random()::text), ref bigint", "number"],
  ["numeric", "id numeric primary key default random(), ref varchar(80)", "hash"],
])("every row of a table whose key is %s is accounted for: %s", async (type, columns, spelling) => {
  await client.query(`create schema keys_${type}`);
  await client.query(`create table keys_${type}.orders (${columns}, kind text, amount int)`);
  const shop = await shopWith(async () => {}, `keys_${type}.orders`);
  const file = LISTENING.replace("({ id, kind", `({ ${spelling}, kind`).replace("ref: id", `ref: ${spelling}`);
  const { record, text } = await runOf(
    type,
    file,
    shop,
    `&options=${encodeURIComponent(`-c search_path=keys_${type}`)}`,
  );
  expect(record.account, text).toMatchObject({ acknowledged: 160, delivered: 160, lost: 0, duplicated: 0 });
  expect(record.reasons.filter(({ metric }) => !BUSY.test(metric ?? ""))).toEqual([]);
});

test("a file that lets an error go ends the run, in one line with the file and what to do", async () => {
  const shop = await shopWith(async (count) => {
    if (count >= 60) await cutOff();
  });
  const { record, text } = await runOf("deaf", DEAF, shop);
  expect(record.verdict, text).toBe("INVALID");
  const [first] = record.reasons.map((reason) => reason.text);
  expect(first).toMatch(
    /^receiver ended \(code 1\): receiver: orders\.pipeline\.ts: an error that nothing in it caught: .*: give what it opens a listener/,
  );
  expect(text).not.toMatch(/^\s+at /m);
});
