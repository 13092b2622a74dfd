import { Pool } from "pg";
import * as v from "valibot";
import { Comparison, correctionOf } from "../../../core/clock.ts";
import type { ClockReport } from "../../../core/clocks.ts";
import { asLibpqMeans } from "../../../core/postgresurl.ts";
import { contentHead } from "../wire.ts";
import { BUCKET_DIGITS, type BucketSum, HASH_DIGITS } from "./rowindex.ts";
import type { Row } from "./table.ts";

/** Rows that are read together. */
const AT_ONCE = 1_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** A look at all rows of a run may take so long: whoever settles it waits a little longer. */
const LAST_LOOK_TIMEOUT_MS = 15_000;
const CLOCK_ROUND_TRIPS = 5;
/** Sessions of which each may hold a sequence's cached numbers, and ids that are looked at for it at most. */
const SESSIONS = 100;
const MOST_CACHED = 50_000;

const WHOLE_NUMBERS = ["smallint", "integer", "bigint"];
const COLUMNS = ["id", "user_id", "channel_id", "content", "inserted_at"];

const ColumnsSchema = v.array(v.object({ name: v.string(), type: v.string() }));
const Id = v.pipe(v.string(), v.transform(Number), v.safeInteger());
const IdsSchema = v.array(v.object({ id: Id }));
const WholeNumber = v.pipe(v.string(), v.transform(Number), v.safeInteger());
const SumsSchema = v.array(v.object({ bucket: v.string(), count: WholeNumber, sum: WholeNumber }));
const SequenceSchema = v.array(v.object({ cache: WholeNumber, increment: WholeNumber }));
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
 * The ingestor's table, read only: a role that may select is enough. While the load lasts it is read by the
 * primary key, so that a reading costs what is new and not what is there; at the end by the rows' contents,
 * so that nothing depends on ids that grow.
 */
export class MessageTable {
  readonly name: string;
  private readonly pool: Pool;
  private readonly now: () => number;
  /** Inserted_at in Unix ms, as SQL. */
  private inserted = "";
  /** What to add to its times; null before the first comparison. */
  private clockOffset: number | null = null;
  /** How far below the largest id new rows may come; null where nothing is known of their order. */
  private cached: number | null = null;

  constructor({ url, table, now }: DatabaseOptions) {
    this.name = table;
    this.now = now;
    this.pool = new Pool({
      connectionString: asLibpqMeans(url),
      max: 2,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: "throughline",
      // Waited for by the pool; a session that cannot be told so can be read all the same.
      onConnect: (client) =>
        client.query("set default_transaction_read_only = on").then(
          () => undefined,
          () => undefined,
        ),
    });
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
      throw new Error(
        `${name}.id is of type ${id}; allowed: ${WHOLE_NUMBERS.join(", ")}, by which new rows are found; a pipeline of your own reads rows with any key (docs/your-own-pipeline.md)`,
      );
    }
    // A time without a zone is meant in the zone that the database would write it in.
    const isWithoutZone = types.get("inserted_at") === "timestamp without time zone";
    const time = isWithoutZone ? "inserted_at at time zone current_setting('TimeZone')" : "inserted_at";
    this.inserted = `(extract(epoch from ${time}) * 1000)::float8`;
    await this.pool.query(`select ${this.inserted} from ${name} limit 1`);
    this.cached = await this.readCached();
    await this.compareClocks();
  }

  /** Whether rows that are inserted later have larger ids, but for those whose transactions end later. */
  get grows(): boolean {
    return this.cached === 0;
  }

  /** How far below the largest id rows may come while sessions use up numbers that they hold. */
  get lowering(): number {
    return this.cached ?? 0;
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

  /** The ids of a run's rows above one and up to another, at most `limit` of them. */
  async ids(from: number, to: number, limit: number, run: number): Promise<number[]> {
    const query = `select id::text from ${this.name} where id > $1 and id <= $2 and (${own(run)}) order by id limit $3`;
    const { rows } = await this.pool.query(query, [from, to, limit]);
    return v.parse(IdsSchema, rows).map(({ id }) => id);
  }

  /** What there is of a run, by bucket. @param above the id above which all of it lies; null looks at the whole table. */
  async sums(run: number, above: number | null): Promise<ReadonlyMap<string, BucketSum>> {
    const hash =
      `('x' || substr(md5(coalesce(user_id::text, 'null') || chr(31) || coalesce(channel_id::text, 'null') || ` +
      `chr(31) || content), 1, ${HASH_DIGITS}))::bit(${HASH_DIGITS * 4})::bigint`;
    const rows = await this.patiently(
      `select ${BUCKET} as bucket, count(*)::text as count, sum(${hash})::text as sum from ${this.name}
       where ($1::bigint is null or id > $1) and (${own(run)}) group by 1`,
      [above],
    );
    return new Map(v.parse(SumsSchema, rows).map(({ bucket, ...sum }) => [bucket, sum]));
  }

  /** The rows of a run in these buckets, and those with these ids, whatever has become of them. */
  async again(run: number, above: number | null, buckets: readonly string[], ids: readonly number[]): Promise<Row[]> {
    const rows = await this.patiently(
      `${this.selectAll()} where id = any($3::bigint[])
       or (${BUCKET} = any($2::text[]) and ($1::bigint is null or id > $1) and (${own(run)}))`,
      [above, buckets, ids],
    );
    return this.own(v.parse(RowsSchema, rows));
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
    return this.selectAll(`case when ${own(run)} then content end`);
  }

  private selectAll(content = "coalesce(content, '')"): string {
    return `select id::text, user_id::text, channel_id::text, ${content} as content,
      ${this.inserted} as inserted from ${this.name}`;
  }

  /** A query over much of the table. */
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

  /** Each session takes a cache of numbers from a sequence, and uses them up in its own time. */
  private async readCached(): Promise<number | null> {
    const { rows } = await this.pool.query(
      `select seqcache::text as cache, seqincrement::text as increment from pg_sequence
       where seqrelid = pg_get_serial_sequence($1, 'id')::regclass`,
      [this.name],
    );
    const [sequence] = v.parse(SequenceSchema, rows);
    if (sequence === undefined || sequence.increment < 1) return null;
    const { cache, increment } = sequence;
    return cache === 1 ? 0 : Math.min(MOST_CACHED, cache * increment * SESSIONS);
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

const BUCKET = `substr(md5(id::text), 1, ${BUCKET_DIGITS})`;

/** Whether a row is a run's, by its content alone, as SQL; single characters may be anybody's. */
function own(run: number): string {
  const head = contentHead(run);
  return (
    `content like '${head}-%' or substr(right(content, 24), 1, 8) = '${head.slice(-8)}' ` +
    "or char_length(content) = 1"
  );
}
