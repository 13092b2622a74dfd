import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { connectionsOf } from "../cli/connections.ts";
import { runK6 } from "../cli/k6.ts";
import type { Summary } from "../core/summary.ts";
import { settings } from "../k6/support/settings.ts";
import type { RunnableTest } from "../systems/variables.ts";

/** The folder of the repository, seen from dist/node/. */
export const root = join(import.meta.dirname, "../..");

/** Runs a measurement in a folder of its own, which is removed, and notes how busy the machine was before it. */
export async function bench(name: string, measure: (folder: string) => Promise<void>): Promise<void> {
  console.log(`${name} (load of the machine before: ${loadavg()[0]?.toFixed(2)})`);
  const folder = await mkdtemp(join(tmpdir(), "throughline-bench-"));
  try {
    await measure(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Holds a measurement to what must be so: says which of it is not, and ends the process with 1 in the end. */
export function held(...conditions: readonly (readonly [what: string, holds: boolean])[]): void {
  for (const [what] of conditions.filter(([, holds]) => !holds)) {
    console.log(`  FAIL: not ${what}`);
    process.exitCode = 1;
  }
}

/** Runs one k6 test. @throws when it left no summary. */
export async function measured(
  folder: string,
  test: RunnableTest,
  variables: Readonly<Record<string, string>>,
): Promise<Summary> {
  const signal = new AbortController().signal;
  const connections = connectionsOf(settings(test, variables));
  const { summary, reasons } = await runK6(root, { test, variables, connections, results: folder, signal });
  if (summary === null) throw new Error(`${test}: ${reasons.map(({ text }) => text).join("; ")}`);
  return summary;
}

/** One aggregated value of a k6 metric. */
export function value(summary: Summary, metric: string, statistic: string): number {
  return summary.metrics[metric]?.[statistic] ?? Number.NaN;
}
