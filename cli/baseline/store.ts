import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileWhole } from "../files.ts";
import { homeOf } from "../home.ts";
import type { Result } from "../result.ts";
import { type Baseline, parseBaseline, writeBaseline } from "./baseline.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A baseline and where it is kept. */
interface StoredBaseline {
  readonly name: string;
  readonly baseline: Baseline;
}

/** The folder of the baselines; meant to be committed. */
export function baselinesFolder(root: string): string {
  return join(homeOf(root), "baselines");
}

/** The default name of a run's baseline, such as `pipeline-smoke`. */
export function defaultName({ subject, tests }: Result): string {
  const scenarios = [...new Set(tests.flatMap(({ summary }) => summary?.scenario ?? []))].sort();
  return [subject, ...scenarios].join("-").replace(/[^A-Za-z0-9._-]+/g, "-");
}

/**
 * Reads a baseline.
 *
 * @param name its name in baselines/, or a file.
 * @returns null when it does not exist.
 * @throws an error that names the file when it is not a baseline.
 */
export async function readBaseline(root: string, name: string): Promise<Baseline | null> {
  for (const file of [fileOf(root, name), name]) {
    if ((await stat(file).catch(() => null))?.isFile() === true)
      return parseBaseline(await readFile(file, "utf8"), name);
  }
  return null;
}

/** Writes a baseline atomically. @returns its file. */
export async function saveBaseline(root: string, name: string, baseline: Baseline): Promise<string> {
  if (!NAME.test(name)) {
    throw new Error(`baseline name "${name}": allowed: letters, digits, dots, dashes and underscores, at most 128`);
  }
  return writeFileWhole(fileOf(root, name), writeBaseline(baseline));
}

/** All baselines by name. */
export async function listBaselines(root: string): Promise<StoredBaseline[]> {
  const files = (await readdir(baselinesFolder(root)).catch(() => [])).filter((file) => file.endsWith(".json"));
  return Promise.all(
    files.sort().map(async (file) => {
      const text = await readFile(join(baselinesFolder(root), file), "utf8");
      return { name: basename(file, ".json"), baseline: parseBaseline(text, `baselines/${file}`) };
    }),
  );
}

function fileOf(root: string, name: string): string {
  return join(baselinesFolder(root), `${name}.json`);
}
