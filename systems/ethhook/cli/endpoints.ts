import * as v from "valibot";
import type { Endpoint } from "../endpoint.ts";

/** An endpoint in the pipeline's database, with the address of its webhooks. */
export interface FoundEndpoint extends Endpoint {
  readonly webhook_url: string;
}

const Row = v.object({
  id: v.string(),
  name: v.string(),
  webhook_url: v.string(),
  contract_addresses: v.nullable(v.array(v.string())),
  event_signatures: v.nullable(v.array(v.string())),
  chain_ids: v.nullable(v.array(v.number())),
  is_active: v.boolean(),
});

/** The last part of an address at the receiver. */
const OWN_PATH = /\/webhook\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/**
 * Reads the endpoints of a pipeline, in a read-only transaction.
 *
 * @param application only its endpoints; all by default.
 * @throws an error when the database cannot be read, or has other tables.
 */
export async function readEndpoints(database: string, application?: string): Promise<FoundEndpoint[]> {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: database, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query("begin read only");
    const { rows } = await client.query(
      `select id::text, name, webhook_url, contract_addresses, event_signatures, chain_ids, is_active
         from endpoints ${application === undefined ? "" : "where application_id::text = $1"} order by name, id`,
      application === undefined ? [] : [application],
    );
    await client.query("rollback");
    return v.parse(v.array(Row), rows).map(({ id, webhook_url: url, ...rule }) => ({
      ...rule,
      // What the receiver tells them apart by: its own path, or else the id in each request's header.
      name: OWN_PATH.exec(pathOf(url))?.[1] ?? id,
      webhook_url: url,
    }));
  } finally {
    await client.end();
  }
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : "";
}
