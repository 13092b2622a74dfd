import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { makeFolders } from "../files.ts";

/** The folder with one run's results. */
export interface Folder {
  readonly run: string;
  readonly path: string;
}

/** Number of names to try when runs start in the same second. */
const ATTEMPTS = 100;

/**
 * Creates the folder of a run; it must not exist yet.
 *
 * @param out folder of all runs.
 * @param given the requested run id; by default it is made of `name` and the time.
 * @throws RangeError when the folder cannot be created, or the run id was used before.
 */
export async function makeFolder(out: string, given: string | undefined, name: string): Promise<Folder> {
  const stamp = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .replace("T", "-");
  try {
    await makeFolders(out);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const run = given ?? `${name.replaceAll(" ", "-")}-${stamp}${attempt === 1 ? "" : `-${attempt}`}`;
      const path = resolve(out, run);
      if (await makeNew(path)) return { run, path };
      if (given !== undefined) throw new RangeError(`--run-id ${given}: ${path} exists; allowed: an id of its own`);
    }
  } catch (problem) {
    if (problem instanceof RangeError) throw problem;
    throw new RangeError(`--out ${out}: cannot be written: ${causeOf(problem)}`);
  }
  throw new RangeError(`--out ${out}: holds ${ATTEMPTS} runs of this second`);
}

async function makeNew(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (problem) {
    if (problem instanceof Error && "code" in problem && problem.code === "EEXIST") return false;
    throw problem;
  }
}

function causeOf(problem: unknown): string {
  const { code = "" } = problem as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") return "it, or a part of its path, is a file; allowed: a folder";
  return problem instanceof Error ? (problem.message.split(",")[0] as string) : String(problem);
}
