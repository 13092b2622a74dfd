import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interrupted } from "./k6run.ts";
import { heirsOf } from "./process.ts";
import { type Evidence, type OpenSubject, type Row, shortcomings, type Table } from "./row.ts";

/** A row that was run. */
export interface Outcome {
  readonly subject: string;
  readonly row: Pick<Row<unknown>, "name" | "plants" | "expect">;
  readonly evidence: Evidence;
  /** Why it is red; empty when it is green. */
  readonly wrong: readonly string[];
  /** How often it was repeated because the generator could not keep up. */
  readonly spoilt: number;
  readonly seconds: number;
}

/** A table of rows, whatever they plant. */
export interface AnyTable {
  /** A program that its rows need and this machine lacks; null when there is none. */
  readonly lacks: () => string | null;
  readonly rows: readonly Row<unknown>[];
  /**
   * @param wanted rows to run.
   * @param folder for their files.
   * @param tell called after each row.
   */
  run(root: string, wanted: RowFilter, folder: string, tell: Tell, times: number): Promise<void>;
}

type RowFilter = (row: Row<unknown>) => boolean;
type Tell = (outcome: Outcome) => void;

/** Makes a table for the matrix. */
export function anyTable<Plant>({ subject, rows }: Table<Plant>): AnyTable {
  const { needs } = subject;
  return {
    lacks: () => (needs === undefined || spawnSync(needs, ["--version"]).status === 0 ? null : needs),
    rows,
    run: (root, wanted, folder, tell, times) =>
      runTable(root, { subject, rows: rows.filter(wanted) }, folder, tell, times),
  };
}

/** How to run the rows. */
export interface Manner {
  /** Number of tables that run at the same time. Two are quicker, but a starting k6 disturbs the other table. */
  readonly lanes?: number;
  /** How often each row is run. With more than one, rows are not repeated for a slow generator. */
  readonly times?: number;
}

/**
 * Runs the rows of tables; the rows of one table run one after the other.
 *
 * @param root folder of the repository.
 * @param tell called after each row.
 * @throws an error when a process outlives them.
 */
export async function runTables(
  root: string,
  tables: readonly AnyTable[],
  wanted: RowFilter,
  tell: Tell,
  { lanes = 1, times = 1 }: Manner = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-faults-"));
  process.env["FAULT_MATRIX"] = folder;
  const waiting = [...tables.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, table] = next;
      const own = join(folder, String(place));
      await mkdir(own);
      await table.run(root, wanted, own, tell, times);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const left = await heirsOf(`FAULT_MATRIX=${folder}`);
  if (left.length > 0) throw new Error(`processes ${left.join(", ")} are still running`);
}

async function runTable<Plant>(
  root: string,
  { subject, rows }: Table<Plant>,
  folder: string,
  tell: Tell,
  times: number,
): Promise<void> {
  if (rows.length === 0) return;
  const most = times === 1 ? MOST_SPOILT : 0;
  let opened: OpenSubject<Plant> | null = null;
  try {
    opened = await subject.open(root, folder);
    for (const [place, row] of rows.flatMap((row) => Array.from({ length: times }, () => row)).entries()) {
      if (interrupted.signal.aborted) break;
      const started = performance.now();
      let spoilt = -1;
      let evidence: Evidence;
      do {
        const results = join(folder, `${place}-${++spoilt}`);
        await mkdir(results);
        evidence = { ...(await opened.run(row.plant, results)), left: await leftBy(results) };
      } while (isSpoilt(row, evidence) && spoilt < most && !interrupted.signal.aborted);
      if (interrupted.signal.aborted) break;
      const { name, plants, expect } = row;
      const seconds = (performance.now() - started) / 1000;
      const wrong = shortcomings(row, evidence);
      tell({ subject: subject.name, row: { name, plants, expect }, evidence, wrong, spoilt, seconds });
    }
  } finally {
    await opened?.close();
  }
}

/** Signs that the machine did not give the generator enough time: such a run says nothing and is repeated. */
const GENERATOR = [
  "schedule_delay_ms",
  "offered_rate_share",
  "generator_lag_ms",
  "generator_pause_ms",
  "events_offered",
];
const MOST_SPOILT = 2;

function isSpoilt({ expect }: Row<unknown>, { verdict, tests }: Evidence): boolean {
  const known = [...expect.reasons, ...(expect.besides ?? [])];
  const unknown = GENERATOR.filter((metric) => !known.includes(metric));
  const reasons = tests.flatMap((test) => test.reasons);
  return verdict === "INVALID" && unknown.some((metric) => reasons.some((text) => text.startsWith(`${metric} `)));
}

async function leftBy(results: string): Promise<string[]> {
  return (await heirsOf(results)).map((pid) => `process ${pid}`);
}
