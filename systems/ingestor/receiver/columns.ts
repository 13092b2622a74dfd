/** What the columns of an ingestor's table are called, and how they are written in SQL. Pure. */

/** A table's columns by what the ingestor's contract calls them; null for one that a table does not have. */
export interface Columns {
  readonly id: string;
  readonly content: string;
  readonly user_id: string | null;
  readonly channel_id: string | null;
  /** When a row was inserted. */
  readonly inserted_at: string | null;
}

export const COLUMNS: Columns = {
  id: "id",
  content: "content",
  user_id: "user_id",
  channel_id: "channel_id",
  inserted_at: "inserted_at",
};

/** A name that a table or a column may have; PostgreSQL keeps 63 bytes of it. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const ABSENT = "none";

/** Reads pairs such as `id=uuid,content=body,user_id=none`; undefined where a text is not such a list. */
export function readColumns(text: string): Columns | undefined {
  const columns: Record<string, string | null> = { ...COLUMNS };
  for (const pair of text.split(",")) {
    const [field = "", name = "", ...rest] = pair.trim().split("=");
    const mayBeAbsent = field !== "id" && field !== "content";
    if (rest.length > 0 || !(field in COLUMNS) || !NAME.test(name) || (name === ABSENT && !mayBeAbsent))
      return undefined;
    columns[field] = name === ABSENT ? null : name;
  }
  return columns as unknown as Columns;
}

/** Whether a text names a table, alone or behind its schema. */
export function isTableName(text: string): boolean {
  const parts = text.split(".");
  return parts.length <= 2 && parts.every((part) => NAME.test(part));
}

/** A name as SQL; capital letters count, as in the names that object mappers give. */
export function quoted(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}
