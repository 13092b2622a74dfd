import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Where results and baselines are kept: a clone keeps them itself, an installed package in the folder it is used in.
 *
 * @param root the folder of the clone or the package.
 */
export function homeOf(root: string): string {
  return existsSync(join(root, "build.mjs")) ? root : process.cwd();
}
