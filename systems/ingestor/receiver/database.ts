import { Pool } from "pg";
import * as v from "valibot";
import { ClockComparison, correctionOf } from "../../../core/clock.ts";
import type { ClockReport } from "../../../core/clocks.ts";
import { asLibpqMeans } from "../../../core/postgresurl.ts";
import { IdsSchema, NumberSchema, RowsSchema, SumsSchema, WholeNumber } from "./answers.ts";
import { Catalogue, type Layout } from "./catalogue.ts";
import { COLUMNS, type Columns } from "./columns.ts";
import { byKey, type Cursor, keyOf } from "./cursor.ts";
import { Queries } from "./queries.ts";
import type { BucketSum, RowId } from "./rowindex.ts";
import type { Row } from "./table.ts";

/** Rows per query. */
const AT_ONCE = 1_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Limit for reading all rows of a run; its user waits slightly longer. */
const LAST_LOOK_TIMEOUT_MS = 15_000;
const CLOCK_ROUND_TRIPS = 5;

/** How to find a database and its table. */
interface DatabaseOptions {
  readonly url: string;
  readonly table: string;
  /** Its column names; by default those of the contract. */
  readonly columns?: Columns | undefined;
  /** Unix ms by the receiver's clock. */
  readonly now: () => number;
}

/**
 * The ingestor's table, read only: a role that may select is enough. During the load it is read in the order of a
 * growing key or of the insertion time, so that a reading costs as much as there are new rows. At the end it is read by
 * the rows' contents, so that nothing depends on that order.
 */
export class MessageTable {
  readonly name: string;
  private readonly columns: Columns;
  private readonly pool: Pool;
  private readonly catalogue: Catalogue;
  private readonly now: () => number;
  private layout: Layout;
  private cursor: Cursor;
  private queries: Queries;
  /** Correction of its times; null before the first comparison. */
  private clockOffset: number | null = null;
  /** How far below the largest id new rows may come; null where their order is unknown. */
  private cached: number | null = null;

  constructor({ url, table, columns = COLUMNS, now }: DatabaseOptions) {
    this.name = table;
    this.columns = columns;
    this.layout = { key: keyOf(columns, "bigint"), timed: null, inserted: "null::float8" };
    this.cursor = byKey(columns);
    this.queries = new Queries(table, columns, this.layout, this.cursor);
    this.now = now;
    this.pool = new Pool({
      connectionString: asLibpqMeans(url),
      max: 2,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: "throughline",
      // The pool waits for it; a session that rejects the setting can be read all the same.
      onConnect: (client) =>
        client.query("set default_transaction_read_only = on").then(
          () => undefined,
          () => undefined,
        ),
    });
    // An idle connection that breaks is replaced by the next query, which fails if that is impossible.
    this.pool.on("error", () => {});
    this.catalogue = new Catalogue(this.pool, table, columns);
  }

  /** @throws an error in one line when the table cannot be read or lacks a needed column. */
  async open(): Promise<void> {
    this.layout = await this.catalogue.layout();
    await this.readOrder();
    await this.pool.query(this.queries.any);
    await this.compareClocks();
  }

  /** Decides how to find new rows. Keys do not show it if they are no numbers, come from no sequence, or count down. */
  private async readOrder(): Promise<void> {
    const { key, timed } = this.layout;
    this.cached = key.isNumber ? await this.catalogue.cachedKeys() : null;
    this.cursor = this.cached === null && timed !== null ? timed : byKey(this.columns);
    this.queries = new Queries(this.name, this.columns, this.layout, this.cursor);
  }

  /** Whether later rows have larger ids, except where transactions end later. */
  get grows(): boolean {
    return this.cached === 0;
  }

  /** How far below the largest id rows may come while sessions use up cached numbers. */
  get lowering(): number {
    return this.cached ?? 0;
  }

  /** How far below the last position rows may come because of their writers' clocks. */
  get slack(): number {
    return this.cursor.slack;
  }

  /** The last position in the current order; 0 in an empty table. */
  async lastPlace(): Promise<number> {
    await this.readOrder();
    return this.number(this.queries.lastPlace, []);
  }

  /**
   * The next rows after a position, without the content of other runs' rows.
   *
   * @returns the position of the last of about {@link AT_ONCE} rows, the run's own rows among them, and whether there
   * may be more.
   */
  async after(place: number, run: number): Promise<{ last: number | null; rows: Row[]; more: boolean }> {
    const { rows } = await this.pool.query(this.queries.after(run, AT_ONCE), [place]);
    const read = v.parse(RowsSchema, rows);
    return { last: read.at(-1)?.place ?? null, rows: this.own(read), more: read.length >= AT_ONCE };
  }

  /**
   * The ids of a run's rows after one position and up to another, about `limit` of them, and the position of the last.
   */
  async ids(
    from: number,
    to: number,
    limit: number,
    run: number,
  ): Promise<{ last: number; ids: RowId[]; more: boolean }> {
    const { rows } = await this.pool.query(this.queries.ids(run), [from, to, limit]);
    const read = v.parse(IdsSchema, rows);
    return { last: read.at(-1)?.place ?? to, ids: read.map(({ id }) => this.idOf(id)), more: read.length >= limit };
  }

  /**
   * Counts and hashes of a run's rows, by bucket. @param above position before all of them; null reads the whole table.
   */
  async sums(run: number, above: number | null): Promise<ReadonlyMap<string, BucketSum>> {
    const rows = await this.patiently(this.queries.sums(run), [above]);
    return new Map(v.parse(SumsSchema, rows).map(({ bucket, ...sum }) => [bucket, sum]));
  }

  /** The rows of a run in these buckets, and those with these ids, whatever their contents now are. */
  async again(run: number, above: number | null, buckets: readonly string[], ids: readonly RowId[]): Promise<Row[]> {
    const rows = await this.patiently(this.queries.again(run), [above, buckets, ids]);
    return this.own(v.parse(RowsSchema, rows));
  }

  /** The rows of a run with these ids. */
  async byId(ids: readonly RowId[], run: number): Promise<Row[]> {
    const { rows } = await this.pool.query(this.queries.byId(run), [ids]);
    return this.own(v.parse(RowsSchema, rows));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Numbers take less memory, and there is one for each row. */
  private idOf(id: string): RowId {
    return this.layout.key.isNumber ? v.parse(WholeNumber, id) : id;
  }

  /** A query that reads much of the table. */
  private async patiently(query: string, values: readonly unknown[]): Promise<unknown[]> {
    const client = await this.pool.connect();
    try {
      await client.query(`set statement_timeout = ${LAST_LOOK_TIMEOUT_MS}`);
      return (await client.query(query, [...values])).rows;
    } finally {
      await client.query(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`).catch(() => {});
      client.release();
    }
  }

  private own(rows: v.InferOutput<typeof RowsSchema>): Row[] {
    return rows.flatMap(({ id, user_id, channel_id, content, inserted }) => {
      if (content === null) return [];
      const insertedAt = inserted === null ? null : inserted + (this.clockOffset ?? 0);
      return [{ id: this.idOf(id), user_id: user_id ?? "null", channel_id: channel_id ?? "null", content, insertedAt }];
    });
  }

  /** Compares the database's clock with ours, and corrects its times from then on. */
  async compareClocks(): Promise<ClockReport> {
    const comparison = new ClockComparison();
    for (let trip = 0; trip < CLOCK_ROUND_TRIPS; trip++) {
      const asked = this.now();
      const theirs = await this.number("select (extract(epoch from clock_timestamp()) * 1000)::float8 as value", []);
      comparison.enter(asked, theirs, this.now());
    }
    const { offset, error } = comparison.best;
    // Our clock is ahead of the database by as much as it is behind us.
    const report = { clock: this.name, role: "table" as const, at: this.now(), offset: -offset, error };
    const applied = this.clockOffset;
    this.clockOffset = correctionOf({ offset: -offset, error });
    return { ...report, correction: applied ?? this.clockOffset };
  }

  private async number(query: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await this.pool.query(query, [...values]);
    return v.parse(NumberSchema, rows)[0].value;
  }
}
