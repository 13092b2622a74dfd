import type { Client } from "pg";

/** The type families of columns, as in PostgreSQL's catalogue. */
const TYPES = {
  uuid: ["uuid"],
  text: ["text", "varchar", "bpchar", "citext"],
  integer: ["int2", "int4", "int8"],
  boolean: ["bool"],
  texts: ["_text", "_varchar"],
  integers: ["_int4", "_int8"],
} as const;

export type ColumnType = keyof typeof TYPES;

/** The columns that setup writes, by table. */
export type Columns = Readonly<Record<string, Readonly<Record<string, ColumnType>>>>;

interface Column {
  readonly column_name: string;
  readonly udt_name: string;
  readonly is_nullable: "YES" | "NO";
  readonly column_default: string | null;
  readonly is_identity: "YES" | "NO";
  readonly is_generated: "ALWAYS" | "NEVER";
}

/**
 * Checks that tables have the columns that are written, and no other required ones.
 *
 * @param optional columns that are written if a table has them.
 * @returns the existing optional columns, as `table.column`.
 * @throws an error that names the first table or column that does not fit.
 */
export async function checkColumns(client: Client, wanted: Columns, optional: Columns): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const [table, columns] of Object.entries(wanted)) {
    const found = await columnsOf(client, table);
    if (found.length === 0)
      throw new Error(`table ${table} does not exist: start the pipeline, or run its migrations first`);
    for (const [name, type] of Object.entries(columns)) {
      const column = found.find(({ column_name }) => column_name === name);
      if (column === undefined)
        throw new Error(`column ${table}.${name} does not exist: a column of ${type} is needed`);
      checkType(table, column, type);
    }
    for (const column of found) {
      const { column_name: name } = column;
      const type = optional[table]?.[name];
      if (type !== undefined) {
        checkType(table, column, type);
        present.add(`${table}.${name}`);
      } else if (columns[name] === undefined && mustBeGiven(column)) {
        throw new Error(`column ${table}.${name} has no default and may not be null: nothing is known to write there`);
      }
    }
  }
  return present;
}

async function columnsOf(client: Client, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select column_name, udt_name, is_nullable, column_default, is_identity, is_generated
       from information_schema.columns where table_name = $1 and table_schema = any (current_schemas(false))`,
    [table],
  );
  return rows;
}

function checkType(table: string, { column_name, udt_name }: Column, type: ColumnType): void {
  const allowed: readonly string[] = TYPES[type];
  if (allowed.includes(udt_name)) return;
  throw new Error(`column ${table}.${column_name} is of type ${udt_name}: allowed: ${allowed.join(", ")}`);
}

function mustBeGiven({ is_nullable, column_default, is_identity, is_generated }: Column): boolean {
  return is_nullable === "NO" && column_default === null && is_identity === "NO" && is_generated === "NEVER";
}
