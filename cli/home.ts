import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";

/**
 * The folder for results and baselines: a clone keeps its own for who works in it; else it is the working folder. A folder
 * that uses a clone by a link, as `npm link` makes it, is no part of that clone.
 *
 * @param root folder of the clone or the package.
 */
export function homeOf(root: string): string {
  const here = process.cwd();
  const isInside = relative(root, here).split(sep)[0] !== "..";
  return isClone(root) && isInside ? root : here;
}

/** Whether the folder is a clone of the repository, and no installed package. */
export function isClone(root: string): boolean {
  return existsSync(join(root, "build.mjs"));
}
