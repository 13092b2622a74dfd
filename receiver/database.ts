import { Pool } from "pg";
import * as v from "valibot";
import { Comparison, correctionOf } from "../core/clock.ts";
import type { ClockReport } from "../core/clocks.ts";
import { contentHead } from "../systems/ingestor/wire.ts";
import type { Row } from "./table.ts";

/** Rows that are read together. */
const AT_ONCE = 1_000;
const STATEMENT_TIMEOUT_MS = 10_000;
const CLOCK_ROUND_TRIPS = 5;

const WHOLE_NUMBERS = ["smallint", "integer", "bigint"];
const COLUMNS = ["id", "user_id", "channel_id", "content", "inserted_at"];

const ColumnsSchema = v.array(v.object({ name: v.string(), type: v.string() }));
const Id = v.pipe(v.string(), v.transform(Number), v.safeInteger());
const IdsSchema = v.array(v.object({ id: Id }));
const RowsSchema = v.array(
  v.object({
    id: Id,
    user_id: v.nullable(v.string()),
    channel_id: v.nullable(v.string()),
    content: v.nullable(v.string()),
    inserted: v.nullable(v.number()),
  }),
);
const NumberSchema = v.tuple([v.object({ value: v.pipe(v.union([v.number(), v.string()]), v.transform(Number)) })]);

/** How a database and its table are named to {@link MessageTable}. */
export interface DatabaseOptions {
  readonly url: string;
  readonly table: string;
  /** Unix ms by the receiver's clock. */
  readonly now: () => number;
}

/**
 * The ingestor's table, read only: a role that may select is enough. It is read by the primary key, so
 * that a reading costs what is new and not what is there.
 */
export class MessageTable {
  readonly name: string;
  private readonly pool: Pool;
  private readonly now: () => number;
  /** Inserted_at in Unix ms, as SQL. */
  private inserted = "";
  /** What to add to its times; null before the first comparison. */
  private clockOffset: number | null = null;

  constructor({ url, table, now }: DatabaseOptions) {
    this.name = table;
    this.now = now;
    this.pool = new Pool({
      connectionString: url,
      max: 2,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: "throughline",
    });
    this.pool.on("connect", (client) => void client.query("set default_transaction_read_only = on").catch(() => {}));
    // An idle connection that breaks is replaced by the next query, which tells if it cannot be.
    this.pool.on("error", () => {});
  }

  /** @throws an error in one line when the table cannot be read or lacks what is needed. */
  async open(): Promise<void> {
    const { name } = this;
    const { rows } = await this.pool.query(
      `select attname::text as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
      [name],
    );
    const types = new Map(v.parse(ColumnsSchema, rows).map((column) => [column.name, column.type]));
    if (types.size === 0) throw new Error(`there is no table ${name}`);
    const missing = COLUMNS.filter((column) => !types.has(column));
    if (missing.length > 0) throw new Error(`table ${name} has no column ${missing.join(", ")}`);
    const id = types.get("id") as string;
    if (!WHOLE_NUMBERS.includes(id)) {
      throw new Error(`${name}.id is of type ${id}; allowed: ${WHOLE_NUMBERS.join(", ")}, by which new rows are found`);
    }
    // A time without a zone is meant in the zone that the database would write it in.
    const isWithoutZone = types.get("inserted_at") === "timestamp without time zone";
    const time = isWithoutZone ? "inserted_at at time zone current_setting('TimeZone')" : "inserted_at";
    this.inserted = `(extract(epoch from ${time}) * 1000)::float8`;
    await this.pool.query(`select ${this.inserted} from ${name} limit 1`);
    await this.compareClocks();
  }

  /** The largest id there is; 0 in an empty table. */
  async lastId(): Promise<number> {
    return this.number(`select coalesce(max(id), 0)::float8 as value from ${this.name}`, []);
  }

  /**
   * The next rows after an id, those of other runs without their content.
   *
   * @returns the ids of at most {@link AT_ONCE} rows, those that are the run's, and whether there may be more.
   */
  async after(id: number, run: number): Promise<{ ids: number[]; rows: Row[]; more: boolean }> {
    const { rows } = await this.pool.query(`${this.select(run)} where id > $1 order by id limit ${AT_ONCE}`, [id]);
    const read = v.parse(RowsSchema, rows);
    return { ids: read.map((row) => row.id), rows: this.own(read), more: read.length === AT_ONCE };
  }

  /** The ids above one and up to another, at most `limit` of them. */
  async ids(from: number, to: number, limit: number): Promise<number[]> {
    const query = `select id::text from ${this.name} where id > $1 and id <= $2 order by id limit $3`;
    const { rows } = await this.pool.query(query, [from, to, limit]);
    return v.parse(IdsSchema, rows).map(({ id }) => id);
  }

  /** The rows with these ids that are of a run. */
  async byId(ids: readonly number[], run: number): Promise<Row[]> {
    const { rows } = await this.pool.query(`${this.select(run)} where id = any($1::bigint[])`, [ids]);
    return this.own(v.parse(RowsSchema, rows));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private select(run: number): string {
    const head = contentHead(run);
    const own =
      `content like '${head}-%' or substr(right(content, 24), 1, 8) = '${head.slice(-8)}' ` +
      "or char_length(content) = 1";
    return `select id::text, user_id::text, channel_id::text, case when ${own} then content end as content,
      ${this.inserted} as inserted from ${this.name}`;
  }

  private own(rows: v.InferOutput<typeof RowsSchema>): Row[] {
    return rows.flatMap(({ id, user_id, channel_id, content, inserted }) => {
      if (content === null) return [];
      const insertedAt = inserted === null ? null : inserted + (this.clockOffset ?? 0);
      return [{ id, user_id: user_id ?? "null", channel_id: channel_id ?? "null", content, insertedAt }];
    });
  }

  /** Compares the database's clock with ours, by which its times are told from then on. */
  async compareClocks(): Promise<ClockReport> {
    const comparison = new Comparison();
    for (let trip = 0; trip < CLOCK_ROUND_TRIPS; trip++) {
      const asked = this.now();
      const theirs = await this.number("select (extract(epoch from clock_timestamp()) * 1000)::float8 as value", []);
      comparison.enter(asked, theirs, this.now());
    }
    const { offset, error } = comparison.best;
    // We are ahead of the database by as much as it is behind us.
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
