import type { Pool } from "pg";
import * as v from "valibot";
import { ColumnsSchema, SequenceSchema } from "./answers.ts";
import { type Columns, quoted } from "./columns.ts";
import { byTime, type Cursor, instantOf, type Key, keyOf } from "./cursor.ts";

/** Most sessions that may hold cached numbers of a sequence, and most ids that are examined for it. */
const SESSIONS = 100;
const MOST_CACHED = 50_000;

const TEXTS = /^(text|character varying|character)\b/;

/** How the rows of a table are identified and ordered. */
export interface Layout {
  readonly key: Key;
  /** Ordered by insertion time; null where the table has none. */
  readonly timed: Cursor | null;
  /** The insertion time in Unix ms, as SQL. */
  readonly inserted: string;
}

/** What PostgreSQL's catalogue says about the ingestor's table. */
export class Catalogue {
  private readonly pool: Pool;
  private readonly name: string;
  private readonly columns: Columns;

  /** @param name of the table, with its schema unless that is in the search path. */
  constructor(pool: Pool, name: string, columns: Columns) {
    this.pool = pool;
    this.name = name;
    this.columns = columns;
  }

  /** @throws an error in one line when the table does not exist, or a column is missing or has an unsupported type. */
  async layout(): Promise<Layout> {
    const { name, columns } = this;
    const types = await this.types();
    const missing = Object.values(columns).filter((column) => column !== null && !types.has(column));
    if (missing.length > 0) {
      const there = [...types.keys()].join(", ");
      throw new Error(`table ${name} has no column ${missing.join(", ")}; --columns names others out of ${there}`);
    }
    const typeOf = (column: string) => types.get(column) as string;
    this.requireType(columns.content, typeOf(columns.content), TEXTS, "text");
    const key = keyOf(columns, typeOf(columns.id));
    const { inserted_at: time } = columns;
    if (time === null) {
      if (key.isNumber) return { key, timed: null, inserted: "null::float8" };
      throw new Error(
        `${name}.${columns.id} is of type ${typeOf(columns.id)}, which says nothing of what is new: ` +
          "--columns inserted_at=... has to name the column with the time of insertion",
      );
    }
    this.requireType(time, typeOf(time), /^timestamp/, "timestamp");
    const inserted = `(extract(epoch from ${instantOf(time, typeOf(time))}) * 1000)::float8`;
    return { key, timed: byTime(time, typeOf(time)), inserted };
  }

  /**
   * How far below the largest key new keys may come: each session caches numbers of a sequence and uses them later.
   * Null where no sequence makes the keys.
   */
  async cachedKeys(): Promise<number | null> {
    const { rows } = await this.pool.query(
      `select seqcache::text as cache, seqincrement::text as increment from pg_sequence
       where seqrelid = pg_get_serial_sequence($1, $2)::regclass`,
      [quoted(this.name), this.columns.id],
    );
    const [sequence] = v.parse(SequenceSchema, rows);
    if (sequence === undefined || sequence.increment < 1) return null;
    const { cache, increment } = sequence;
    return cache === 1 ? 0 : Math.min(MOST_CACHED, cache * increment * SESSIONS);
  }

  /** The types of the table's columns, by name. */
  private async types(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.pool.query(
      `select attname::text as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
      [quoted(this.name)],
    );
    if (rows.length === 0) throw new Error(`there is no table ${this.name}`);
    return new Map(v.parse(ColumnsSchema, rows).map(({ name, type }) => [name, type]));
  }

  private requireType(column: string, type: string, allowed: RegExp, word: string): void {
    if (!allowed.test(type)) throw new Error(`${this.name}.${column} is of type ${type}; allowed: ${word}`);
  }
}
