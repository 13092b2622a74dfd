import { contentHead } from "../wire.ts";
import type { Layout } from "./catalogue.ts";
import { type Columns, quoted } from "./columns.ts";
import type { Cursor } from "./cursor.ts";
import { BUCKET_DIGITS, HASH_DIGITS } from "./rowindex.ts";

/** The queries on an ingestor's table, as SQL. Pure. */
export class Queries {
  private readonly table: string;
  private readonly columns: Columns;
  private readonly layout: Layout;
  private readonly cursor: Cursor;

  /** @param cursor the order in which rows are read. */
  constructor(table: string, columns: Columns, layout: Layout, cursor: Cursor) {
    this.table = quoted(table);
    this.columns = columns;
    this.layout = layout;
    this.cursor = cursor;
  }

  /** One row, whichever. */
  get any(): string {
    return `${this.selectAll()} limit 1`;
  }

  /** The last position. */
  get lastPlace(): string {
    return `select ${this.cursor.last} as value from ${this.table}`;
  }

  /** The rows after position $1, without the content of other runs' rows. */
  after(run: number, limit: number): string {
    const { cursor } = this;
    return `${this.select(run)} where ${cursor.behind("$1")} order by ${cursor.order} ${cursor.limit(String(limit))}`;
  }

  /** The ids of a run's rows after position $1 and up to $2, about $3 of them. */
  ids(run: number): string {
    const { cursor } = this;
    return `select ${quoted(this.columns.id)}::text as id, ${cursor.place} as place from ${this.table}
       where ${cursor.behind("$1")} and not (${cursor.behind("$2")}) and (${this.isOwn(run)})
       order by ${cursor.order} ${cursor.limit("$3")}`;
  }

  /** Counts and hashes of a run's rows after position $1, by bucket; null stands before all of them. */
  sums(run: number): string {
    const { user_id, channel_id, content } = this.columns;
    const texts = [user_id, channel_id].map((column) => `coalesce(${textOf(column)}, 'null') || chr(31) || `).join("");
    const hash = `('x' || substr(md5(${texts}${quoted(content)}), 1, ${HASH_DIGITS}))::bit(${HASH_DIGITS * 4})::bigint`;
    return `select ${this.bucket} as bucket, count(*)::text as count, sum(${hash})::text as sum from ${this.table}
       where ${this.isAbove} and (${this.isOwn(run)}) group by 1`;
  }

  /** The rows of a run after position $1 in the buckets $2, and those with the ids $3. */
  again(run: number): string {
    return `${this.selectAll()} where ${this.layout.key.among("$3")} or (${this.bucket} = any($2::text[])
       and ${this.isAbove} and (${this.isOwn(run)}))`;
  }

  /** The rows of a run with the ids $1. */
  byId(run: number): string {
    return `${this.select(run)} where ${this.layout.key.among("$1")}`;
  }

  private select(run: number): string {
    return this.selectAll(`case when ${this.isOwn(run)} then ${quoted(this.columns.content)} end`);
  }

  private selectAll(content = `coalesce(${quoted(this.columns.content)}, '')`): string {
    const { id, user_id, channel_id } = this.columns;
    return `select ${quoted(id)}::text as id, ${this.cursor.place} as place, ${textOf(user_id)} as user_id,
      ${textOf(channel_id)} as channel_id, ${content} as content, ${this.layout.inserted} as inserted from ${this.table}`;
  }

  private get isAbove(): string {
    return `($1::bigint is null or ${this.cursor.behind("$1")})`;
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
}

/** A column as text; null where the table has none. */
function textOf(column: string | null): string {
  return column === null ? "null::text" : `${quoted(column)}::text`;
}
