import { DatabaseError, Pool, type PoolClient } from "pg";
import type { QueuedMessage } from "./message.ts";

const SCHEMA = `
create table if not exists messages (
  id bigserial primary key,
  user_id int not null,
  channel_id int not null,
  content text not null,
  created_at timestamptz not null,
  inserted_at timestamptz not null default clock_timestamp()
);
create table if not exists stored_batches (
  id uuid primary key,
  stored_at timestamptz not null default now()
);
delete from stored_batches where stored_at < now() - interval '1 day';`;

/** Any number; the processes of a pipeline create their tables one after the other. */
const SCHEMA_LOCK = 7_230_100;

const INSERT = `insert into messages (user_id, channel_id, content, created_at)
  select * from unnest($1::int[], $2::int[], $3::text[], $4::timestamptz[])`;

/** The table of messages. */
export class Rows {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 2_000 });
    // An idle connection that breaks is replaced by the next query, which fails if that is impossible.
    this.pool.on("error", () => {});
  }

  /** Creates the schema; an existing one stays. */
  async createSchema(): Promise<void> {
    await this.inTransaction(async (client) => {
      await client.query("select pg_advisory_xact_lock($1)", [SCHEMA_LOCK]);
      await client.query(SCHEMA);
    });
  }

  /**
   * Stores a batch exactly once, even if several workers try it several times.
   *
   * @returns the messages that the database rejects; the others are stored.
   */
  async store(batch: string, messages: readonly QueuedMessage[]): Promise<readonly QueuedMessage[]> {
    try {
      await this.inTransaction(async (client) => {
        if (await isNew(client, batch)) await insert(client, messages);
      });
      return [];
    } catch (problem) {
      if (!isPoison(problem)) throw problem;
      return this.storeEach(batch, messages);
    }
  }

  /** A planted fault: changes the content and user of every row older than `age` ms. */
  async rewrite(age: number): Promise<void> {
    await this.pool.query(
      `update messages set content = 'rewritten', user_id = 1
       where content <> 'rewritten' and inserted_at <= clock_timestamp() - $1 * interval '1 millisecond'`,
      [age],
    );
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async storeEach(batch: string, messages: readonly QueuedMessage[]): Promise<readonly QueuedMessage[]> {
    const dead: QueuedMessage[] = [];
    await this.inTransaction(async (client) => {
      if (!(await isNew(client, batch))) return;
      for (const message of messages) {
        await client.query("savepoint one");
        try {
          await insert(client, [message]);
        } catch (problem) {
          if (!isPoison(problem)) throw problem;
          await client.query("rollback to savepoint one");
          dead.push(message);
        }
      }
    });
    return dead;
  }

  private async inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query("begin");
      await work(client);
      await client.query("commit");
    } catch (problem) {
      await client.query("rollback").catch(() => {});
      throw problem;
    } finally {
      client.release();
    }
  }
}

async function isNew(client: PoolClient, batch: string): Promise<boolean> {
  const { rowCount } = await client.query("insert into stored_batches (id) values ($1) on conflict do nothing", [
    batch,
  ]);
  return rowCount === 1;
}

async function insert(client: PoolClient, messages: readonly QueuedMessage[]): Promise<void> {
  await client.query(INSERT, [
    messages.map(({ user_id }) => user_id),
    messages.map(({ channel_id }) => channel_id),
    messages.map(({ content }) => content),
    messages.map(({ created_at }) => created_at),
  ]);
}

/** Whether the data are at fault (SQLSTATE classes 22 and 23), so that another attempt would fail, too. */
export function isPoison(problem: unknown): boolean {
  return problem instanceof DatabaseError && /^2[23]/.test(problem.code ?? "");
}
