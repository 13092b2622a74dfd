import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "pg";
import * as v from "valibot";
import { messageOf } from "../../../core/problem.ts";
import { type Endpoint, type Selectable, selects } from "../endpoint.ts";
import { createSchema } from "./schema.ts";

/** An endpoint with everything that a delivery needs. */
export interface RegisteredEndpoint extends Endpoint {
  readonly id: string;
  readonly webhook_url: string;
  readonly hmac_secret: string;
  readonly max_retries: number;
  readonly timeout_seconds: number;
}

const Texts = v.nullable(v.array(v.string()));
const RowsSchema = v.array(
  v.object({
    id: v.string(),
    name: v.string(),
    webhook_url: v.string(),
    hmac_secret: v.string(),
    contract_addresses: Texts,
    event_signatures: Texts,
    chain_ids: v.nullable(v.array(v.number())),
    max_retries: v.number(),
    timeout_seconds: v.number(),
    is_active: v.boolean(),
  }),
);

const QUERY = `select id::text, name, webhook_url, hmac_secret, contract_addresses, event_signatures, chain_ids,
  max_retries, timeout_seconds, is_active from endpoints order by id`;

const REFRESH_MS = 500;

/**
 * The endpoints in the database, read again twice a second. While the database is away, the last reading stays valid.
 */
export class Registry {
  private readonly pool: Pool;
  private readonly stopped = new AbortController();
  private readonly log: (text: string) => void;
  private rows: readonly RegisteredEndpoint[] = [];
  private refreshing: Promise<void> = Promise.resolve();

  constructor(url: string, log: (text: string) => void) {
    this.log = log;
    this.pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 2_000 });
    // An idle connection that breaks is replaced by the next query, which fails if that is impossible.
    this.pool.on("error", () => {});
  }

  /** Waits for the database and reads it for the first time. */
  async open(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        await createSchema(this.pool);
        await this.refresh();
        break;
      } catch (problem) {
        this.log(`waiting for PostgreSQL: ${messageOf(problem)}`);
        await pause(REFRESH_MS, undefined, { signal }).catch(() => {});
      }
    }
    this.refreshing = this.keepRefreshing();
  }

  /** All endpoints that must get an event. */
  matching(event: Selectable): readonly RegisteredEndpoint[] {
    return this.rows.filter((row) => selects(row, event));
  }

  /** An endpoint by its id, active or not. */
  find(id: string): RegisteredEndpoint | undefined {
    return this.rows.find((row) => row.id === id);
  }

  /** Another endpoint than the given one, if there is any. */
  stranger(id: string): RegisteredEndpoint | undefined {
    return this.rows.find((row) => row.id !== id && row.is_active);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.refreshing;
    await this.pool.end();
  }

  private async refresh(): Promise<void> {
    const { rows } = await this.pool.query(QUERY);
    this.rows = v.parse(RowsSchema, rows);
  }

  private async keepRefreshing(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await pause(REFRESH_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.refresh().catch((problem) => this.log(`endpoints: ${messageOf(problem)}`));
    }
  }
}
