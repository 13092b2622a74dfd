import { messageOf } from "../../../core/problem.ts";
import { withoutCredentials } from "../../../core/redaction.ts";
import { runNumber } from "../../../core/trace.ts";
import { FarEndProblem } from "../../../receiver/kind.ts";
import type { ObserverContext } from "../../../receiver/observer.ts";
import type { Columns } from "./columns.ts";
import { MessageTable } from "./database.ts";
import { IngestKeys } from "./keys.ts";
import { TableObserver } from "./stored.ts";
import { TablePath } from "./table.ts";
import { Watch } from "./watch.ts";

/** The database and Redis of an ingestor. */
export interface StorageOptions {
  /** URL of its PostgreSQL database. */
  readonly database: string;
  readonly table: string;
  /** The table's column names; by default those of the contract. */
  readonly columns?: Columns | undefined;
  /** URL of its Redis; without it, pending and buffered messages cannot be told from lost ones. */
  readonly redis?: string | undefined;
}

/** The run of an observed table. */
interface WatchedRun {
  readonly id: string;
  readonly seed: number;
  readonly hostile: boolean;
}

/** An ingestor's table and keys, shared by all runs. */
interface Storage {
  /** Observes the table for one run. */
  watch(run: WatchedRun, observed: ObserverContext): TableObserver;
  close(): Promise<void>;
}

/** Connects to an ingestor's database and Redis. @throws FarEndProblem in one line, without passwords. */
export async function openStorage(options: StorageOptions, now: () => number): Promise<Storage> {
  const table = new MessageTable({ url: options.database, table: options.table, columns: options.columns, now });
  const absent = (["user_id", "channel_id"] as const).filter((field) => options.columns?.[field] === null);
  const keys = options.redis === undefined ? null : new IngestKeys(options.redis);
  const close = async () => {
    keys?.close();
    await table.close();
  };
  try {
    await named("--database", options.database, table.open());
    if (keys !== null) await named("--redis", options.redis as string, keys.open());
  } catch (problem) {
    await close();
    throw problem;
  }
  return {
    watch({ id, seed, hostile }, observed) {
      const run = runNumber(id);
      const path = new TablePath(options.table, run, seed, hostile, absent, observed.openedAt);
      return new TableObserver(path, new Watch({ table, keys, path, run, now }, observed));
    },
    close,
  };
}

async function named(option: string, url: string, opening: Promise<void>): Promise<void> {
  try {
    await opening;
  } catch (problem) {
    throw new FarEndProblem(withoutCredentials(`${option} ${url}: ${messageOf(problem)}`));
  }
}
