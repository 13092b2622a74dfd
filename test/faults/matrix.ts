import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interrupted } from "./k6run.ts";
import { heirsOf, processesWith } from "./process.ts";
import { type Evidence, type Opened, type Row, shortcomings, type Table } from "./row.ts";

/** A row that was run. */
export interface Outcome {
  readonly subject: string;
  readonly row: Pick<Row<unknown>, "name" | "plants" | "expect">;
  readonly evidence: Evidence;
  /** Why it is red; empty when it is green. */
  readonly wrong: readonly string[];
  readonly seconds: number;
}

/** A table whatever its rows plant. */
export interface AnyTable {
  /** A program that this machine lacks, without which its rows cannot run; null when there is none. */
  readonly lacks: () => string | null;
  readonly rows: readonly Row<unknown>[];
  /** @param wanted which of the rows. */
  run(root: string, wanted: (row: Row<unknown>) => boolean, tell: (outcome: Outcome) => void): Promise<Outcome[]>;
}

/** Makes a table one of the matrix. */
export function anyTable<Plant>({ subject, rows }: Table<Plant>): AnyTable {
  const { needs } = subject;
  return {
    lacks: () => (needs === undefined || spawnSync(needs, ["--version"]).status === 0 ? null : needs),
    rows,
    run: (root, wanted, tell) => runTable(root, { subject, rows: rows.filter(wanted) }, tell),
  };
}

/**
 * Runs rows one after the other: each is judged by latencies too, which another one would disturb.
 *
 * @param root the folder of the repository.
 * @param tell is told of each row when it is over.
 */
async function runTable<Plant>(
  root: string,
  { subject, rows }: Table<Plant>,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  if (rows.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), "throughline-faults-"));
  process.env["FAULT_MATRIX"] = folder;
  const outcomes: Outcome[] = [];
  let opened: Opened<Plant> | null = null;
  try {
    opened = await subject.open(root, folder);
    for (const [place, row] of rows.entries()) {
      if (interrupted.signal.aborted) break;
      const started = performance.now();
      const results = join(folder, String(place));
      await mkdir(results);
      const evidence = { ...(await opened.run(row.plant, results)), left: await leftBy(results) };
      if (interrupted.signal.aborted) break;
      const { name, plants, expect } = row;
      const seconds = (performance.now() - started) / 1000;
      const wrong = shortcomings(row, evidence);
      outcomes.push({ subject: subject.name, row: { name, plants, expect }, evidence, wrong, seconds });
      tell(outcomes.at(-1) as Outcome);
    }
  } finally {
    await opened?.close();
    await rm(folder, { recursive: true, force: true });
  }
  const left = await heirsOf(`FAULT_MATRIX=${folder}`);
  if (left.length > 0) throw new Error(`${subject.name}: processes ${left.join(", ")} are still running`);
  return outcomes;
}

async function leftBy(results: string): Promise<string[]> {
  return (await processesWith(results)).map((pid) => `process ${pid}`);
}
