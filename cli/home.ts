import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder for results and baselines: a clone keeps its own, an installed package uses the working folder.
 *
 * @param root folder of the clone or the package.
 */
export function homeOf(root: string): string {
  return existsSync(join(root, "build.mjs")) ? root : process.cwd();
}
