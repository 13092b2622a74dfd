/** The package as a user gets it: packed, and installed into an empty repository. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { root } from "./k6.ts";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const read = <T>(file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as T;

/** Files for the package. */
export const manifest = read<Manifest>("package.json");

/** Packs a copy of the repository, because `npm pack` rebuilds dist/, which other tests use. @returns the archive. */
async function pack(folder: string): Promise<string> {
  const copy = join(folder, "copy");
  const { stdout } = await execa("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root });
  for (const file of stdout.split("\n")) {
    if (file.startsWith("test/") || file.startsWith(".")) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  await execa("npm", ["pack", "--pack-destination", folder], { cwd: copy });
  rmSync(copy, { recursive: true });
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) as string);
}

/**
 * Creates an empty repository with the package as its only dependency. Its lock file names the tested versions, so that
 * npm takes them from the cache that `npm ci` has filled.
 */
export async function installIn(folder: string): Promise<void> {
  const archive = `file:${await pack(folder)}`;
  // As `npm init` creates it: without a module type.
  const own = { name: "stranger", version: "1.0.0", private: true };
  const { name, version, bin, dependencies } = manifest;
  const needed = Object.entries(read<Lock>("package-lock.json").packages).filter(([path, { dev }]) => path && !dev);
  const packages = {
    "": { ...own, devDependencies: { [name]: archive } },
    [`node_modules/${name}`]: { version, resolved: archive, bin, dependencies },
    ...Object.fromEntries(needed),
  };
  const lock = { name: own.name, version: own.version, lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...own, devDependencies: { [name]: archive } }));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  await execa("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
}
