import { createHash } from "node:crypto";
import type { Client } from "pg";
import { asLibpqMeans } from "../../../core/postgresurl.ts";
import type { Endpoint } from "../endpoint.ts";
import { ENDPOINTS, NEVER_MATCHING } from "../endpoints.ts";
import { SIGNATURES, TOPICS } from "../sepolia.ts";
import { type Columns, checkColumns } from "./columns.ts";
import { topicHash } from "./topics.ts";

/** What is set up. */
export interface EthhookSetup {
  readonly database: string;
  /** The receiver: webhooks go to its `/webhook/<endpoint>`. */
  readonly receiverUrl: string;
  /** Secret for signatures. */
  readonly secret: string;
  /** Also sets up an endpoint that must never get a webhook. */
  readonly neverMatching: boolean;
}

const WANTED: Columns = {
  users: { id: "uuid" },
  applications: { id: "uuid", user_id: "uuid", name: "text" },
  endpoints: {
    id: "uuid",
    application_id: "uuid",
    name: "text",
    webhook_url: "text",
    hmac_secret: "text",
    contract_addresses: "texts",
    event_signatures: "texts",
    chain_ids: "integers",
    rate_limit_per_second: "integer",
    max_retries: "integer",
    timeout_seconds: "integer",
    is_active: "boolean",
  },
};

/** Optional columns that are known from real systems. */
const OPTIONAL: Columns = {
  users: { email: "text", password_hash: "text", name: "text", full_name: "text" },
  applications: { description: "text", api_key: "text", api_secret: "text", webhook_secret: "text" },
  endpoints: { description: "text" },
};

const NAME = "Throughline load test";
const USER = { id: idOf("user"), name: NAME, full_name: NAME, email: "load-test@throughline.invalid" };
const LIMITS = { rate_limit_per_second: 100_000, max_retries: 5, timeout_seconds: 10 };

/** Ids follow from names, so that a repeated setup changes the same rows. */
function idOf(name: string): string {
  const digits = createHash("sha256").update(`throughline ethhook ${name}`).digest("hex");
  // Version 8 of RFC 9562: the other digits are free.
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

/**
 * Sets up the load test's user, application and endpoints in the pipeline's database, in one transaction. An earlier
 * setup is updated; nothing else is changed.
 *
 * @returns the names of the endpoints.
 * @throws an error that names the column when the tables do not fit.
 */
export async function setupEthhook(setup: EthhookSetup): Promise<readonly string[]> {
  checkTopics();
  const endpoints = setup.neverMatching ? [...ENDPOINTS, NEVER_MATCHING] : ENDPOINTS;
  const { default: pg } = await import("pg");
  const client: Client = new pg.Client({
    connectionString: asLibpqMeans(setup.database),
    connectionTimeoutMillis: 5_000,
  });
  await client.connect();
  try {
    const optional = await checkColumns(client, WANTED, OPTIONAL);
    const upsert = (table: string, row: Readonly<Record<string, unknown>>) => upsertRow(client, optional, table, row);
    await client.query("begin");
    await upsert("users", { ...USER, password_hash: "!" });
    const secrets = { api_key: idOf("key"), api_secret: setup.secret, webhook_secret: setup.secret };
    const application = { id: idOf("application"), user_id: USER.id, name: NAME, description: NAME };
    await upsert("applications", { ...application, ...secrets });
    for (const endpoint of endpoints) await upsert("endpoints", rowOf(endpoint, setup));
    // An endpoint of an earlier setup that is not wanted now must be deactivated.
    await client.query("delete from endpoints where application_id = $1 and not (id = any ($2))", [
      idOf("application"),
      endpoints.map(({ name }) => idOf(name)),
    ]);
    await client.query("commit");
  } catch (problem) {
    await client.query("rollback").catch(() => {});
    throw problem;
  } finally {
    await client.end();
  }
  return endpoints.map(({ name }) => name);
}

function rowOf({ name, ...rule }: Endpoint, { receiverUrl, secret }: EthhookSetup): Record<string, unknown> {
  const webhook_url = `${receiverUrl.replace(/\/+$/, "")}/webhook/${name}`;
  const owner = { id: idOf(name), application_id: idOf("application"), name };
  return { ...owner, webhook_url, hmac_secret: secret, description: NAME, ...rule, ...LIMITS };
}

/** Writes a row by its id, without optional columns that do not exist. */
async function upsertRow(
  client: Client,
  optional: ReadonlySet<string>,
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const wanted = WANTED[table] ?? {};
  const names = Object.keys(row).filter((name) => name in wanted || optional.has(`${table}.${name}`));
  const places = names.map((_, place) => `$${place + 1}`);
  const rest = names.filter((name) => name !== "id");
  const action =
    rest.length === 0 ? "nothing" : `update set ${rest.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  await client.query(
    `insert into ${table} (${names.join(", ")}) values (${places.join(", ")}) on conflict (id) do ${action}`,
    names.map((name) => row[name]),
  );
}

/** Checks the hashes again, which are written out because k6 cannot compute them. */
function checkTopics(): void {
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    const computed = topicHash(signature);
    if (computed !== TOPICS[name as keyof typeof TOPICS])
      throw new Error(`topic hash of ${signature}: it is ${computed}`);
  }
}
