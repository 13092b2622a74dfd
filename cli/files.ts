/** Writing files atomically. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";

/**
 * Writes a temporary file, syncs it and renames it.
 *
 * @returns the file.
 * @throws an error in one line; what was half written is gone.
 */
export async function writeFileWhole(file: string, text: string): Promise<string> {
  const part = join(dirname(file), `.${basename(file)}.${randomUUID()}.part`);
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(part, "w");
    try {
      await handle.writeFile(text);
      // The name must not be there before the contents are.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    return file;
  } catch (problem) {
    await rm(part, { force: true }).catch(() => {});
    const [said] = (problem as Error).message.split(",");
    throw new Error(`cannot write ${file}: ${said}`);
  }
}

/** The address of a file in a page, seen from the page's own file. */
export function hrefBetween(page: string, file: string): string {
  return relative(dirname(page), file).split(sep).map(encodeURIComponent).join("/");
}
