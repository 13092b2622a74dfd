/** Writing files atomically. */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";

/**
 * Writes a file whole or not at all: a temporary file is written, synced and renamed.
 *
 * @returns the file.
 * @throws an error in one line, after the temporary file was removed.
 */
export async function writeFileWhole(file: string, text: string): Promise<string> {
  const part = join(dirname(file), `.${basename(file)}.${randomUUID()}.part`);
  try {
    await makeFolders(dirname(file));
    const handle = await open(part, "w");
    try {
      await handle.writeFile(text);
      // The contents must be on disk before the rename makes the name visible.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    return file;
  } catch (problem) {
    await rm(part, { force: true }).catch(() => {});
    const [reason] = (problem as Error).message.split(",");
    throw new Error(`cannot write ${file}: ${reason}`);
  }
}

/**
 * Creates a folder and its parents. Node's recursive mkdir never returns on file systems that refuse folders, such as
 * /proc.
 */
export async function makeFolders(folder: string): Promise<void> {
  const made = () => mkdir(folder).catch((problem: NodeJS.ErrnoException) => problem);
  const problem = await made();
  if (problem instanceof Error && problem.code === "ENOENT" && dirname(folder) !== folder) {
    await makeFolders(dirname(folder));
    await mkdir(folder).catch(refuseOthers);
  } else if (problem instanceof Error) refuseOthers(problem);

  function refuseOthers(other: NodeJS.ErrnoException): void {
    if (other.code !== "EEXIST" || !statSync(folder).isDirectory()) throw other;
  }
}

/** The link from a page to a file, relative to the page. */
export function hrefBetween(page: string, file: string): string {
  return relative(dirname(page), file).split(sep).map(encodeURIComponent).join("/");
}
