/** The column names of an ingestor's table, and their SQL. Pure. */

/** Column names by the contract's names; null for a column that the table does not have. */
export interface Columns {
  readonly id: string;
  readonly content: string;
  readonly user_id: string | null;
  readonly channel_id: string | null;
  /** Insertion time. */
  readonly inserted_at: string | null;
}

export const COLUMNS: Columns = {
  id: "id",
  content: "content",
  user_id: "user_id",
  channel_id: "channel_id",
  inserted_at: "inserted_at",
};

/** A valid name of a table or column; PostgreSQL keeps 63 bytes. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const ABSENT = "none";

/** Parses pairs such as `id=uuid,content=body,user_id=none`; undefined for an invalid list. */
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

/** Whether a text is a table's name, with or without a schema. */
export function isTableName(text: string): boolean {
  const parts = text.split(".");
  return parts.length <= 2 && parts.every((part) => NAME.test(part));
}

/** A quoted name, because object mappers use capital letters. */
export function quoted(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}
