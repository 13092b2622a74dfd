import { Pool } from "pg";
import * as v from "valibot";
import { Comparison, correctionOf } from "../../../core/clock.ts";
import type { ClockReport } from "../../../core/clocks.ts";
import { asLibpqMeans } from "../../../core/postgresurl.ts";
import { contentHead } from "../wire.ts";
import { IdsSchema, NumberSchema, RowsSchema, SumsSchema, WholeNumber } from "./answers.ts";
import { Catalogue } from "./catalogue.ts";
import { COLUMNS, type Columns, quoted } from "./columns.ts";
import { byKey, type Cursor, type Key, keyOf } from "./cursor.ts";
import { BUCKET_DIGITS, type BucketSum, HASH_DIGITS, type RowId } from "./rowindex.ts";
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
  private readonly table: string;
  private readonly columns: Columns;
  private readonly pool: Pool;
  private readonly catalogue: Catalogue;
  private readonly now: () => number;
  private key: Key;
  private cursor: Cursor;
  /** Ordered by insertion time; null where the table has none. */
  private timed: Cursor | null = null;
  /** The insertion time in Unix ms, as SQL. */
  private inserted = "null::float8";
  /** Correction of its times; null before the first comparison. */
  private clockOffset: number | null = null;
  /** How far below the largest id new rows may come; null where their order is unknown. */
  private cached: number | null = null;

  constructor({ url, table, columns = COLUMNS, now }: DatabaseOptions) {
    this.name = table;
    this.table = quoted(table);
    this.columns = columns;
    this.key = keyOf(columns, "bigint");
    this.cursor = byKey(columns);
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
    ({ key: this.key, timed: this.timed, inserted: this.inserted } = await this.catalogue.layout());
    await this.readOrder();
    await this.pool.query(`${this.selectAll()} limit 1`);
    await this.compareClocks();
  }

  /** Decides how to find new rows. Keys do not show it if they are no numbers, come from no sequence, or count down. */
  private async readOrder(): Promise<void> {
    this.cached = this.key.isNumber ? await this.catalogue.cachedKeys() : null;
    this.cursor = this.cached === null && this.timed !== null ? this.timed : byKey(this.columns);
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
    return this.number(`select ${this.cursor.last} as value from ${this.table}`, []);
  }

  /**
   * The next rows after a position, without the content of other runs' rows.
   *
   * @returns the position of the last of about {@link AT_ONCE} rows, the run's own rows among them, and whether there
   * may be more.
   */
  async after(place: number, run: number): Promise<{ last: number | null; rows: Row[]; more: boolean }> {
    const { cursor } = this;
    const { rows } = await this.pool.query(
      `${this.select(run)} where ${cursor.behind("$1")} order by ${cursor.order} ${cursor.limit(String(AT_ONCE))}`,
      [place],
    );
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
    const { cursor } = this;
    const { rows } = await this.pool.query(
      `select ${quoted(this.columns.id)}::text as id, ${cursor.place} as place from ${this.table}
       where ${cursor.behind("$1")} and not (${cursor.behind("$2")}) and (${this.isOwn(run)})
       order by ${cursor.order} ${cursor.limit("$3")}`,
      [from, to, limit],
    );
    const read = v.parse(IdsSchema, rows);
    return { last: read.at(-1)?.place ?? to, ids: read.map(({ id }) => this.idOf(id)), more: read.length >= limit };
  }

  /**
   * Counts and hashes of a run's rows, by bucket. @param above position before all of them; null reads the whole table.
   */
  async sums(run: number, above: number | null): Promise<ReadonlyMap<string, BucketSum>> {
    const { user_id, channel_id, content } = this.columns;
    const texts = [user_id, channel_id].map((column) => `coalesce(${textOf(column)}, 'null') || chr(31) || `).join("");
    const hash = `('x' || substr(md5(${texts}${quoted(content)}), 1, ${HASH_DIGITS}))::bit(${HASH_DIGITS * 4})::bigint`;
    const rows = await this.patiently(
      `select ${this.bucket} as bucket, count(*)::text as count, sum(${hash})::text as sum from ${this.table}
       where ($1::bigint is null or ${this.cursor.behind("$1")}) and (${this.isOwn(run)}) group by 1`,
      [above],
    );
    return new Map(v.parse(SumsSchema, rows).map(({ bucket, ...sum }) => [bucket, sum]));
  }

  /** The rows of a run in these buckets, and those with these ids, whatever their contents now are. */
  async again(run: number, above: number | null, buckets: readonly string[], ids: readonly RowId[]): Promise<Row[]> {
    const rows = await this.patiently(
      `${this.selectAll()} where ${this.key.among("$3")} or (${this.bucket} = any($2::text[])
       and ($1::bigint is null or ${this.cursor.behind("$1")}) and (${this.isOwn(run)}))`,
      [above, buckets, ids],
    );
    return this.own(v.parse(RowsSchema, rows));
  }

  /** The rows of a run with these ids. */
  async byId(ids: readonly RowId[], run: number): Promise<Row[]> {
    const { rows } = await this.pool.query(`${this.select(run)} where ${this.key.among("$1")}`, [ids]);
    return this.own(v.parse(RowsSchema, rows));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private select(run: number): string {
    return this.selectAll(`case when ${this.isOwn(run)} then ${quoted(this.columns.content)} end`);
  }

  private selectAll(content = `coalesce(${quoted(this.columns.content)}, '')`): string {
    const { id, user_id, channel_id } = this.columns;
    return `select ${quoted(id)}::text as id, ${this.cursor.place} as place, ${textOf(user_id)} as user_id,
      ${textOf(channel_id)} as channel_id, ${content} as content, ${this.inserted} as inserted from ${this.table}`;
  }

  /** Whether a row belongs to a run, by its content alone. */
  private isOwn(run: number): string {
    const [head, content] = [contentHead(run), quoted(this.columns.content)];
    return (
      `${content} like '${head}-%' or substr(right(${content}, 24), 1, 8) = '${head.slice(-8)}' ` +
      `or char_length(${content}) = 1`
    );
  }

  private get bucket(): string {
    return `substr(md5(${quoted(this.columns.id)}::text), 1, ${BUCKET_DIGITS})`;
  }

  /** Numbers take less memory, and there is one for each row. */
  private idOf(id: string): RowId {
    return this.key.isNumber ? v.parse(WholeNumber, id) : id;
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
    const comparison = new Comparison();
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

/** A column as text; null where the table has none. */
function textOf(column: string | null): string {
  return column === null ? "null::text" : `${quoted(column)}::text`;
}
