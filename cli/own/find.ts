/** Finds the pipelines of the working folder. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SUBJECTS } from "../run/subject.ts";
import { buildPipeline, type PipelineBundles } from "./build.ts";
import { lineOf } from "./place.ts";

const PATTERN = /\.pipeline\.[mc]?[jt]s$/;
const FOLDERS = [".", "pipelines"];

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

/** Bundles all pipelines of the working folder. @throws RangeError in one line, also where two have the same name. */
export async function buildAll(
  root: string,
  named: readonly string[] | undefined,
): Promise<readonly PipelineBundles[]> {
  const all: PipelineBundles[] = [];
  for (const file of pipelineFiles(named)) {
    const built = await buildPipeline(root, file);
    const same = all.find(({ name }) => name === built.name);
    if (same !== undefined) {
      throw new RangeError(`${built.file}: name: ${built.name} is the name of ${same.file} too; give it another`);
    }
    if (SUBJECTS.includes(built.name)) {
      const line = lineOf(`pipeline ${built.name}: name: `, readFileSync(file, "utf8"));
      throw new RangeError(
        `${built.file}:${line}: name: ${built.name}: the suite has a test of that name; give it another`,
      );
    }
    all.push(built);
  }
  return all;
}
