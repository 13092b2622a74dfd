import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { connectionsOf } from "../cli/connections.ts";
import { runK6 } from "../cli/k6.ts";
import { buildPipeline } from "../cli/own/build.ts";
import type { NamedTest } from "../core/definition.ts";
import type { Summary } from "../core/summary.ts";
import { settings } from "../k6/support/settings.ts";
import { defineTestsOf } from "../systems/own.ts";
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

/** Something that is measured: what it is called, and how much it does in a second. */
export interface Contender {
  readonly name: string;
  readonly measure: () => Promise<number>;
}

const ROUNDS = 3;

/**
 * Measures ours and its peers in turns, so that what else runs on the machine slows all of them, and prints every round.
 *
 * @returns how many times as much as each peer ours did: the medians of the rounds.
 */
export async function sideBySide(ours: Contender, ...peers: readonly Contender[]): Promise<number[]> {
  const ratios = peers.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    const rates: number[] = [];
    // Who comes first changes: a machine slows down as it gets warm.
    const all = [...[ours, ...peers].entries()];
    for (const [place, { measure }] of round % 2 === 0 ? all : all.reverse()) rates[place] = await measure();
    const [own = Number.NaN, ...others] = rates;
    const told = others.map((rate, place) => {
      ratios[place]?.push(own / rate);
      return `${peers[place]?.name} ${Math.round(rate)}/s: ${(own / rate).toFixed(2)}`;
    });
    console.log(`  ${ours.name} ${Math.round(own)}/s; ${told.join("; ")} (load ${loadavg()[0]?.toFixed(2)})`);
  }
  const medians = ratios.map(median);
  for (const [place, ratio] of medians.entries()) {
    console.log(`  median: ${ratio.toFixed(2)} times ${peers[place]?.name}`);
  }
  return medians;
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] as number;
}

/** Holds a measurement to what must be so: says which of it is not, and ends the process with 1 in the end. */
export function held(...conditions: readonly (readonly [what: string, holds: boolean])[]): void {
  for (const [what] of conditions.filter(([, holds]) => !holds)) {
    console.log(`  FAIL: not ${what}`);
    process.exitCode = 1;
  }
}

/** Runs one k6 test. @param script its bundle, where it is not the suite's own. @throws when it left no summary. */
export async function measured(
  folder: string,
  test: RunnableTest,
  variables: Readonly<Record<string, string>>,
  script?: string,
): Promise<Summary> {
  const signal = new AbortController().signal;
  const connections = connectionsOf(settings(test, variables));
  const { summary, reasons } = await runK6(root, { test, variables, connections, results: folder, signal, script });
  if (summary === null) throw new Error(`${test}: ${reasons.map(({ text }) => text).join("; ")}`);
  return summary;
}

/** The subscribers that `throughline run` takes where bin/k6 is built. */
export const SUBSCRIBERS = join(root, "dist/sockets.js");

/** Bundles a user's pipeline. @returns how it is measured. */
export async function ownPipeline(folder: string, text: string) {
  const file = join(folder, "own.pipeline.ts");
  await writeFile(file, text);
  // Bundles lie below the folder that one stands in.
  process.chdir(folder);
  const { pipeline, tests } = await buildPipeline(root, file);
  if (pipeline === null) throw new Error("no pipeline");
  const [{ name }] = defineTestsOf(pipeline) as [NamedTest];
  return (variables: Readonly<Record<string, string>>) =>
    measured(folder, name as RunnableTest, variables, tests[name]);
}

/** Bundles a script of bench/k6/ into a folder. @returns its path. */
export async function bundled(name: string, folder: string): Promise<string> {
  const script = join(folder, `${name}.js`);
  await build({
    entryPoints: [join(root, `bench/k6/${name}.ts`)],
    outfile: script,
    ...{ bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], target: "es2022" },
    external: ["k6", "k6/*"],
  });
  return script;
}

/** One aggregated value of a k6 metric. */
export function value(summary: Pick<Summary, "metrics">, metric: string, statistic: string): number {
  return summary.metrics[metric]?.[statistic] ?? Number.NaN;
}
