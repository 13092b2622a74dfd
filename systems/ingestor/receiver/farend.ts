/** The ingestor's far end: events become rows of a table, after a queue in Redis. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type FarEndKind, FarEndProblem } from "../../../receiver/kind.ts";
import { type StorageOpening, StorageSchema } from "../opening.ts";
import { COLUMNS, type Columns, isTableName, readColumns } from "./columns.ts";
import type { StorageOptions } from "./storage.ts";

const NONE = "this receiver watches no database; start it with --database postgres://... --redis redis://...";

export const storage: FarEndKind<StorageOptions | undefined, StorageOpening> = {
  opening: StorageSchema,
  workload: ({ hostile }) => ({ "choice of hostile messages": hostile }),
  addFlags,
  readFlags(flags) {
    const { database, ...rest } = flags as Partial<StorageOptions> & Pick<StorageOptions, "table">;
    const { table, columns, redis } = rest;
    if (redis !== undefined && database === undefined) throw new InvalidArgumentError("--redis needs --database");
    return database === undefined ? undefined : { database, table, columns, redis };
  },
  async open(options, { now }) {
    // The clients of PostgreSQL and Redis take longer to load than the rest of a receiver.
    const watched = options === undefined ? null : await (await import("./storage.ts")).openStorage(options, now);
    return {
      refusalOf: () => (watched === null ? NONE : null),
      observe(part, { id, seed }, observed) {
        if (watched === null) throw new FarEndProblem(NONE);
        return watched.watch({ id, seed, ...part }, observed);
      },
      close: async () => watched?.close(),
    };
  },
};

function url(text: string, ...schemes: string[]): string {
  if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
  throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes[0]}://.`);
}

const postgresUrl = (text: string) => url(text, "postgres", "postgresql");
const redisUrl = (text: string) => url(text, "redis", "rediss");

function tableName(text: string): string {
  if (isTableName(text)) return text;
  throw new InvalidArgumentError("Allowed: a name or schema.name of letters, digits and underscores.");
}

function columns(text: string): Columns {
  const read = readColumns(text);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(
    `Allowed: pairs with commas such as id=uuid,content=body, out of ${Object.keys(COLUMNS).join(", ")}; all but id and content may be none.`,
  );
}

function addFlags(program: Command): void {
  program
    .addOption(
      new Option("--database <url>", "PostgreSQL in which events become rows; a role that may only select is enough")
        .env("RECEIVER_DATABASE")
        .argParser(postgresUrl),
    )
    .addOption(new Option("--table <name>", "its table").argParser(tableName).default("messages").env("RECEIVER_TABLE"))
    .addOption(
      new Option("--columns <pairs>", "what its columns are called, e.g. id=uuid,content=body,user_id=none")
        .argParser(columns)
        .env("RECEIVER_COLUMNS"),
    )
    .addOption(
      new Option("--redis <url>", "Redis before that table, to account for what is pending and buffered")
        .env("RECEIVER_REDIS")
        .argParser(redisUrl),
    );
}
