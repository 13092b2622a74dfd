import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import * as v from "valibot";
import { readConfig } from "./config.ts";
import { isClone } from "./home.ts";
import { whyNoJson } from "./json.ts";
import { type Result, ResultSchema } from "./result.ts";

/** A recorded run and its folder. */
export interface RunRecord {
  readonly result: Result;
  /** The folder with all files of the run. */
  readonly folder: string;
}

const FILE = "result.json";
const RESULTS = "results";

/** Stands for the latest run. */
export const LATEST = "latest";

/**
 * Reads a record for a command, from the results of this folder or else of the package. Prints to standard error which
 * run `latest` is.
 *
 * @param root folder of the package.
 * @param run as for `readRecord`.
 * @throws as `readRecord`, and RangeError for an invalid config.
 */
export async function openRecord(root: string, run: string): Promise<RunRecord> {
  const out = (await readConfig(undefined))?.out ?? RESULTS;
  // Whoever started a run in the clone may look at it from anywhere.
  const folders = [out, RESULTS, ...(isClone(root) ? [join(root, RESULTS)] : [])].map((folder) => resolve(folder));
  const record = await readRecord([...new Set(folders)], run);
  if (run === LATEST) {
    const { result, folder } = record;
    const started = new Date(result.startedAt).toISOString();
    console.error(`throughline: ${LATEST} is run ${result.run}, started ${started}, in ${shown(folder)}`);
  }
  return record;
}

/**
 * Reads the record of a run.
 *
 * @param folders of results; the first one that has the run is used.
 * @param run the run's id, `latest`, its folder, or its `result.json`.
 * @throws an error that names the file and the first invalid field.
 */
export async function readRecord(folders: readonly string[], run: string): Promise<RunRecord> {
  if (run !== LATEST) return readFrom(await locate(folders, run));
  for (const folder of folders) {
    const newest = await newestIn(folder);
    if (newest !== null) return newest;
  }
  throw new Error(
    `run "${LATEST}": no run is recorded in ${folders.map(shown).join(" or ")}; throughline run records one`,
  );
}

async function newestIn(folder: string): Promise<RunRecord | null> {
  const names = await readdir(folder).catch(() => []);
  const files = names.map((name) => join(folder, name, FILE));
  // Interrupted runs may have no record, and those of older versions may be invalid: skip them.
  const records = await Promise.all(files.map((file) => readFrom(file).catch(() => null)));
  const readable = records.filter((record) => record !== null);
  return readable.sort((a, b) => b.result.startedAt - a.result.startedAt)[0] ?? null;
}

async function locate(folders: readonly string[], run: string): Promise<string> {
  const candidates = [...folders.map((folder) => join(folder, run, FILE)), join(run, FILE), run];
  for (const file of candidates) {
    if ((await stat(file).catch(() => null))?.isFile() === true) return file;
  }
  const places = folders.map((folder) => `${shown(folder)}/${run}/${FILE}`);
  throw new Error(
    `run "${run}" is not known: there is no ${places.join(", no ")} and no file or folder of that name; throughline history lists those there are`,
  );
}

/** A path relative to the working folder. */
function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}

async function readFrom(file: string): Promise<RunRecord> {
  const text = await readFile(file, "utf8");
  return { result: parseRecord(text, shown(file)), folder: dirname(file) };
}

/**
 * Parses a record.
 *
 * @param name for error messages.
 * @throws an error that names the first invalid field.
 */
export function parseRecord(text: string, name: string): Result {
  return parseJson(ResultSchema, text, name, "a record of a run");
}

/**
 * Parses JSON by a schema.
 *
 * @throws an error with the name of the text, what it should be, and the first invalid field.
 */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  name: string,
  what: string,
): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name} is not ${what}: ${whyNoJson(text)}`);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${name} is not ${what}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}
