/** The ways into a real PostgreSQL: TLS in the modes of its own clients, and a table in a schema. */
import { chmod, chown, copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import { openStorage } from "../../systems/ingestor/receiver/storage.ts";
import { type Authority, authority } from "./certificates.ts";
import { root } from "./k6.ts";

const TABLE = "ingest.messages";
const SCHEMA = `create schema ingest; create table ${TABLE} (id bigserial primary key, user_id text, channel_id text,
  content text, inserted_at timestamptz default now()); create table ingest.keyed (id uuid primary key, user_id text,
  channel_id text, content text, inserted_at timestamptz)`;

let folder: string;
let postgres: Service;
let admin: pg.Client;
let own: Authority;
let other: Authority;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-tls-"));
  const authorityIn = async (name: string) => authority(await mkdtemp(join(folder, name)));
  [own, other] = [await authorityIn("own-"), await authorityIn("other-")];
  const log = join(folder, "postgres.log");
  postgres = await startService("postgres", [process.execPath, join(root, "dist/node/postgres.js")], log);
  admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(SCHEMA);
  const { rows } = await admin.query("select current_setting('data_directory') as data");
  const data = rows[0].data as string;
  const { uid, gid } = await stat(data);
  for (const [from, to] of [
    [own.server.certFile, "server.pem"],
    [own.server.keyFile, "server.key"],
  ] as const) {
    await copyFile(from, join(data, to));
    await chown(join(data, to), uid, gid);
    await chmod(join(data, to), 0o600);
  }
  await admin.query("alter system set ssl_cert_file = 'server.pem'");
  await admin.query("alter system set ssl_key_file = 'server.key'");
  await admin.query("alter system set ssl = on");
  await admin.query("select pg_reload_conf()");
  await vi.waitFor(async () => expect((await admin.query("show ssl")).rows).toEqual([{ ssl: "on" }]), 10_000);
});

afterAll(async () => {
  await admin?.end();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** How the receiver's connection is made, by the server. */
async function openedWith(query: string, host = "127.0.0.1", table = TABLE) {
  const database = `${postgres.url.replace("127.0.0.1", host)}${query}`;
  const storage = await openStorage({ database, table }, Date.now);
  const sessions = await admin.query(
    "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'throughline'",
  );
  await storage.close();
  return sessions.rows;
}

const ENCRYPTED = [{ ssl: true }];

test("by sslmode the connection is encrypted, and the driver says nothing on the screen", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  expect(await openedWith("")).toEqual([{ ssl: false }]);
  expect(await openedWith("?sslmode=disable")).toEqual([{ ssl: false }]);
  expect(await openedWith("?sslmode=require")).toEqual(ENCRYPTED);
  expect(await openedWith(`?sslmode=verify-ca&sslrootcert=${own.ca.certFile}`)).toEqual(ENCRYPTED);
  expect(await openedWith(`?sslmode=verify-full&sslrootcert=${own.ca.certFile}`, "localhost")).toEqual(ENCRYPTED);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test("a certificate of another authority is refused in one line, without the password", async () => {
  const refused = openedWith(`?sslmode=verify-full&sslrootcert=${other.ca.certFile}`);
  await expect(refused).rejects.toThrow(
    /^--database postgres:\/\/\S+ (?:unable to \w+ .*certificate|self-signed certificate in certificate chain)$/,
  );
  await expect(refused).rejects.not.toThrow(/:throughline@/);
});

test("a table whose key says nothing of the order is watched by the time of insertion", async () => {
  expect(await openedWith("", "127.0.0.1", "ingest.keyed")).toEqual([{ ssl: false }]);
});
