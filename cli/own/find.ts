/** Finds the pipelines of the working folder. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { messageOf } from "../../core/problem.ts";
import { SUBJECTS } from "../run/subject.ts";
import { buildPipeline, type PipelineBundles } from "./build.ts";
import { lineOf } from "./place.ts";

const PATTERN = /\.pipeline\.[mc]?[jt]s$/;
const FOLDERS = [".", "pipelines"];

/** The pipelines of the working folder. */
export interface Found {
  readonly built: readonly PipelineBundles[];
  /** Why other files could not be bundled, by file: each a RangeError in one line. */
  readonly broken: ReadonlyMap<string, RangeError>;
}

/** The files that declare pipelines: those named in the config, else all `*.pipeline.ts`. */
function pipelineFiles(named: readonly string[] | undefined): readonly string[] {
  if (named !== undefined) return named.map((file) => resolve(file));
  return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => PATTERN.test(name))
      .sort()
      .map((name) => resolve(folder, name)),
  );
}

/** Bundles all pipelines of the working folder. */
export function buildAll(root: string, named: readonly string[] | undefined): Promise<Found> {
  return buildFiles(root, pipelineFiles(named));
}

/**
 * Bundles the pipeline of a name, from the file that says so; all of them where no file says it in so many words. What is
 * wrong with another file does not matter.
 *
 * @throws RangeError in one line where several have the name, or the file that says it, or is called so, cannot be bundled.
 */
export async function buildNamed(
  root: string,
  named: readonly string[] | undefined,
  name: string,
): Promise<{ readonly wanted: PipelineBundles | undefined; readonly all: Found }> {
  const files = pipelineFiles(named);
  const likely = files.filter((file) => says(file, name));
  const first = await buildFiles(root, likely);
  const isWanted = (one: PipelineBundles) => one.name === name;
  const taken = [...first.broken.values()].find((problem) => problem instanceof TakenName);
  if (taken !== undefined) throw taken;
  const found = first.built.find(isWanted);
  if (found !== undefined) return { wanted: found, all: first };
  for (const problem of first.broken.values()) throw problem;
  const rest = await buildFiles(
    root,
    files.filter((file) => !likely.includes(file)),
  );
  const all = { built: [...first.built, ...rest.built], broken: rest.broken };
  const wanted = all.built.find(isWanted);
  const [, called] = [...rest.broken].find(([file]) => isCalled(file, name)) ?? [];
  if (wanted === undefined && called !== undefined) throw called;
  return { wanted, all };
}

/**
 * Refuses a test of the suite by a name that a file of this folder claims: whoever wrote that file means it.
 *
 * @throws RangeError in one line that names the file.
 */
export async function refuseClaimed(root: string, named: readonly string[] | undefined, name: string): Promise<void> {
  const files = pipelineFiles(named);
  const { built, broken } = await buildFiles(
    root,
    files.filter((file) => isCalled(file, name) || says(file, name)),
  );
  const taken = [...broken.values()].find((problem) => problem instanceof TakenName);
  if (taken !== undefined) throw taken;
  const called = built.find(({ file }) => isCalled(file, name));
  if (called === undefined) return;
  throw new RangeError(
    `run ${name}: ${called.file} declares ${called.name}, and ${name} is a test of the suite: run ${called.name}, or rename the file`,
  );
}

/** Whether a file is called by this name, as `orders.pipeline.ts` by orders. */
function isCalled(file: string, name: string): boolean {
  return basename(file).replace(PATTERN, "") === name;
}

/** Whether a file gives this name to something, as in `name: "orders"`. */
function says(file: string, name: string): boolean {
  return [...textOf(file).matchAll(/\bname["']?\s*:\s*(["'`])(.*?)\1/g)].some(([, , said]) => said === name);
}

/** What a file says; nothing where it cannot be read, such as a folder, which bundling it tells. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** A name that another pipeline or a test of the suite has. */
class TakenName extends RangeError {}

async function buildFiles(root: string, files: readonly string[]): Promise<Found> {
  const built: PipelineBundles[] = [];
  const broken = new Map<string, RangeError>();
  for (const file of files) {
    try {
      refuseAbsent(file);
      const one = await buildPipeline(root, file);
      refuseTaken(one, built, file);
      built.push(one);
    } catch (problem) {
      broken.set(relative(process.cwd(), file), problem instanceof RangeError ? problem : unbundled(file, problem));
    }
  }
  return { built, broken };
}

/** The bundler would say only that it could not resolve it. */
function refuseAbsent(file: string): void {
  const shown = relative(process.cwd(), file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new RangeError(`${shown}: there is no such file`);
  if (found.isDirectory()) throw new RangeError(`${shown}: is a folder; allowed: a file`);
}

function unbundled(file: string, problem: unknown): RangeError {
  return new RangeError(`${relative(process.cwd(), file)}: ${messageOf(problem)}`);
}

function refuseTaken({ name, file: shown }: PipelineBundles, others: readonly PipelineBundles[], file: string): void {
  const same = others.find((other) => other.name === name);
  if (same !== undefined) {
    throw new TakenName(`${shown}: name: ${name} is the name of ${same.file} too; give it another`);
  }
  if (!SUBJECTS.includes(name)) return;
  const line = lineOf(`pipeline ${name}: name: `, readFileSync(file, "utf8"));
  throw new TakenName(`${shown}:${line}: name: ${name}: the suite has a test of that name; give it another`);
}
