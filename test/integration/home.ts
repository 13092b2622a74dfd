import { cp, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./k6.ts";

/** A copy of the build, so that a test has its own results and baselines. @returns its folder. */
export async function makeHome(prefix: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), prefix));
  await cp(join(root, "dist"), join(home, "dist"), { recursive: true });
  await writeFile(join(home, "package.json"), '{"type": "module"}');
  // Its presence tells a clone from an installed package.
  await writeFile(join(home, "build.mjs"), "");
  await symlink(join(root, "node_modules"), join(home, "node_modules"));
  return home;
}
