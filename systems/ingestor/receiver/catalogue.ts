import type { Pool } from "pg";
import * as v from "valibot";
import { ColumnsSchema, SequenceSchema } from "./answers.ts";
import { type Columns, quoted } from "./columns.ts";
import { byTime, type Cursor, instantOf, type Key, keyOf } from "./cursor.ts";

/** Sessions of which each may hold a sequence's cached numbers, and ids that are looked at for it at most. */
const SESSIONS = 100;
const MOST_CACHED = 50_000;

const TEXTS = /^(text|character varying|character)\b/;

/** How the rows of a table are told apart and ordered. */
export interface Layout {
  readonly key: Key;
  /** By the time of insertion; null where a table has none. */
  readonly timed: Cursor | null;
  /** The time of insertion in Unix ms, as SQL. */
  readonly inserted: string;
}

/** What PostgreSQL's own tables say of the ingestor's table. */
export class Catalogue {
  private readonly pool: Pool;
  private readonly name: string;
  private readonly columns: Columns;

  /** @param name of the table, with its schema where it is in another than the search path's. */
  constructor(pool: Pool, name: string, columns: Columns) {
    this.pool = pool;
    this.name = name;
    this.columns = columns;
  }

  /** @throws an error in one line when there is no such table, a column is missing, or has a type that cannot be read. */
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
   * How far below the largest key new ones may come: each session takes a cache of numbers from a sequence, and uses
   * them up in its own time. Null where no sequence counts the keys up.
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

  /** The types of the table's columns by their names. */
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
