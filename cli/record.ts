import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import * as v from "valibot";
import { type Result, ResultSchema } from "./result.ts";

/** A recorded run and where it lies. */
export interface RunRecord {
  readonly result: Result;
  /** The folder with everything the run left behind. */
  readonly folder: string;
}

const FILE = "result.json";

/** What stands for the run that was started last. */
export const LATEST = "latest";

/**
 * Reads the record of a run back.
 *
 * @param root the folder of the repository.
 * @param run the run's id, `latest`, its folder, or its `result.json`.
 * @throws an error that names the file and the place in it, when it cannot be read or is no such record.
 */
export async function readRecord(root: string, run: string): Promise<RunRecord> {
  if (run === LATEST) return latest(root);
  return readFrom(await locate(root, run));
}

async function latest(root: string): Promise<RunRecord> {
  const names = await readdir(join(root, "results")).catch(() => []);
  const files = names.map((name) => join(root, "results", name, FILE));
  // An interrupted run may have left no record, and an older version one of another shape.
  const records = await Promise.all(files.map((file) => readFrom(file).catch(() => null)));
  const readable = records.filter((record) => record !== null);
  const newest = readable.sort((a, b) => b.result.startedAt - a.result.startedAt)[0];
  if (newest === undefined) throw new Error(`run "${LATEST}": results/ holds no record of a run`);
  return newest;
}

async function locate(root: string, run: string): Promise<string> {
  const candidates = [join(root, "results", run, FILE), join(run, FILE), run];
  for (const file of candidates) {
    if ((await stat(file).catch(() => null))?.isFile() === true) return file;
  }
  throw new Error(`run "${run}" is not known: neither results/${run}/${FILE} nor a file or folder of that name`);
}

async function readFrom(file: string): Promise<RunRecord> {
  const shown = relative(process.cwd(), file) || file;
  const text = await readFile(file, "utf8");
  return { result: parseRecord(text, shown), folder: dirname(file) };
}

/**
 * Parses the text of a record.
 *
 * @param name what the text is called in errors.
 * @throws an error that names the first place that is not as it should be.
 */
export function parseRecord(text: string, name: string): Result {
  return parseJson(ResultSchema, text, name, "a record of a run");
}

/**
 * Parses JSON of a known shape.
 *
 * @throws an error with the name of the text, what it should be, and the first place that is not.
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
  } catch (problem) {
    throw new Error(`${name} is not ${what}: ${(problem as Error).message}`);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`${name} is not ${what}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}
