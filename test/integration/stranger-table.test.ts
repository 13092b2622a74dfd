/** An ingestor of somebody else: its table has names of its own, keys that do not grow, and no column for what it drops. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import { quoted } from "../../systems/ingestor/receiver/columns.ts";
import { beginRun } from "./ingest-run.ts";
import { root } from "./k6.ts";

let folder: string;
let postgres: Service;
let client: pg.Pool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-stranger-"));
  const program = [process.execPath, join(root, "dist/node/postgres.js")];
  postgres = await startService("postgres", program, join(folder, "postgres.log"));
  client = new pg.Pool({ connectionString: postgres.url, max: 8 });
  // Its connections are still closing when the server ends, which tells them so.
  client.on("error", () => {});
  await client.query("create schema app");
});
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Tables as others make them, and how the receiver is told of each. */
const TABLES = {
  Events: {
    columns: '"eventId" uuid primary key default gen_random_uuid(), body text, "createdAt" timestamptz default now()',
    told: "id=eventId,content=body,inserted_at=createdAt,user_id=none,channel_id=none",
    insert: (table: string) => [`insert into ${table} (body) values ($1)`, ["content"]],
  },
  notes: {
    columns:
      "note_key text primary key default md5(random()::text), author bigint, message varchar(4000), at timestamp default now()",
    told: "id=note_key, content=message, inserted_at=at, user_id=author, channel_id=none",
    insert: (table: string) => [`insert into ${table} (message, author) values ($1, $2)`, ["content", "user_id"]],
  },
  numbered: {
    columns: "no bigserial primary key, text text, sender int, room int",
    told: "id=no,content=text,user_id=sender,channel_id=room,inserted_at=none",
    insert: (table: string) => [
      `insert into ${table} (text, sender, room) values ($1, $2, $3)`,
      ["content", "user_id", "channel_id"],
    ],
  },
} as const satisfies Record<
  string,
  { columns: string; told: string; insert: (table: string) => readonly [string, readonly string[]] | unknown[] }
>;
type TableName = keyof typeof TABLES;

/**
 * Nobody has a queue in Redis here: what is under way cannot be weighed against what is stored. Nobody keeps a part of a
 * batch either: the latest row comes after 0.7 s.
 */
const WITHOUT_REDIS = { SLO_ACCOUNT_SHORTFALL_COUNT: "off", BUFFER_TIMEOUT: "2s" };

/** What the ingestor does with a message; stores it unless told. */
type Manner = (number: number, store: () => Promise<unknown>) => Promise<unknown>;

/** An ingestor that writes straight into its table, and a receiver that watches it. */
async function ingestorWith(name: TableName, manner: Manner = (_, store) => store()) {
  const table = `app.${name}`;
  const { columns, told, insert } = TABLES[name];
  await client.query(`create table if not exists ${quoted(table)} (${columns})`);
  const [statement, fields] = insert(quoted(table)) as [string, string[]];
  let number = 0;
  const server = createServer((request, reply) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", async () => {
        if (request.method === "GET") return reply.writeHead(200).end('{"status":"healthy"}');
        const message = JSON.parse(body) as Record<string, unknown>;
        const values = fields.map((field) => message[field]);
        const mine = ++number;
        await manner(mine, () => client.query(statement, values));
        return reply.writeHead(201).end(JSON.stringify({ message_id: `m-${mine}` }));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flags = ["--database", postgres.url, "--table", table, "--columns", told];
  const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0", ...flags];
  const receiver = await startService("receiver", command, join(folder, "receiver.log"));
  onTestFinished(async () => {
    server.close();
    await receiver.stop();
  });
  const api = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return { api, receiver, table: quoted(table) } as const;
}

const rowsOf = async (table: string) => Number((await client.query(`select count(*) from ${table}`)).rows[0].count);

describe.each(Object.keys(TABLES) as TableName[])("table %s", (name) => {
  test("is watched by its own names: every message is a row, and the run passes", async () => {
    const pipeline = await ingestorWith(name);
    const before = await rowsOf(pipeline.table);
    const run = beginRun(pipeline as never, WITHOUT_REDIS);
    const { exitCode, stdout, log } = await run.outcome;
    const account = await run.account();
    expect(exitCode, `${stdout}${log}${JSON.stringify(account)}`).toBe(0);
    expect(account).toMatchObject({ acknowledged: 600, delivered: 600, lost: 0, duplicated: 0, damaged: 0 });
    expect(account?.storage).toMatchObject({ rows: 600, changed: 0, vanished: 0, problem: null });
    expect(await rowsOf(pipeline.table)).toBeGreaterThanOrEqual(before + 600);
  });

  test("tells what is not stored, stored twice, late, changed and removed", async () => {
    const column = { Events: "body", notes: "message", numbered: "text" }[name];
    const late: Promise<unknown>[] = [];
    const pipeline = await ingestorWith(name, async (number, store) => {
      if (number % 100 === 50) return;
      if (number % 100 === 60) await store();
      if (number % 100 === 70) {
        // It is answered at once, and its transaction ends when rows behind it are long there.
        late.push(new Promise((resolve) => setTimeout(() => resolve(store()), 700)));
        return;
      }
      await store();
    });
    const run = beginRun(pipeline as never, { ...WITHOUT_REDIS, EVENTS: "1000" });
    await run.until(({ storage }) => (storage?.rows ?? 0) > 300);
    const key = { Events: '"eventId"', notes: "note_key", numbered: "no" }[name];
    const some = (place: number) =>
      `(select ${key} from ${pipeline.table} where ${column} like 'tl-%' order by ${column} offset ${place} limit 1)`;
    await client.query(
      `update ${pipeline.table} set ${column} = replace(${column}, ' ', '_') where ${key} = ${some(40)}`,
    );
    await client.query(`delete from ${pipeline.table} where ${key} = ${some(80)}`);
    const { exitCode } = await run.outcome;
    await Promise.all(late);
    const account = await run.account();
    expect(exitCode).toBe(99);
    expect(account?.lost).toBeGreaterThanOrEqual(9);
    expect(account?.lost).toBeLessThanOrEqual(11);
    expect(account?.duplicated).toBeGreaterThanOrEqual(9);
  });
});

test.each([
  [
    "id=eventId,content=body",
    /table app\.Events has no column user_id, channel_id, inserted_at; --columns names others out of eventId, body, createdAt/,
  ],
  [
    "id=eventId,content=body,inserted_at=none,user_id=none,channel_id=none",
    /app\.Events\.eventId is of type uuid, .*inserted_at=/,
  ],
  [
    "id=eventId,content=createdAt,inserted_at=body,user_id=none,channel_id=none",
    /app\.Events\.createdAt is of type timestamp with time zone; allowed: text/,
  ],
  [
    "id=eventId,content=body,inserted_at=body,user_id=none,channel_id=none",
    /app\.Events\.body is of type text; allowed: timestamp/,
  ],
])("columns %s are refused in one line", async (told, said) => {
  await client.query(`create table if not exists ${quoted("app.Events")} (${TABLES.Events.columns})`);
  const flags = ["--database", postgres.url, "--table", "app.Events", "--columns", told];
  const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0", ...flags];
  await expect(startService("receiver", command, join(folder, "refused.log"))).rejects.toThrow(said);
});
