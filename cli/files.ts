/** Writing files atomically, and what to say where it fails. */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { appendFile, mkdir, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { messageOf } from "../core/problem.ts";

/**
 * Writes a file whole or not at all: a temporary file is written, synced and renamed. A link stays one: its target is
 * written. What only looks like a file, such as a pipe or /dev/stdout, is written to: root may replace a device by a file,
 * and every program of the machine would write there.
 *
 * @returns the file.
 * @throws as {@link cannotWrite}, after the temporary file was removed.
 */
export async function writeFileWhole(file: string, text: string): Promise<string> {
  try {
    if (await isStream(file)) await appendFile(file, text);
    else await replaceFile(await targetOf(file), text);
    return file;
  } catch (problem) {
    throw cannotWrite(file, problem);
  }
}

/** Where a link leads, also before there is anything; of no link the file itself. */
async function targetOf(file: string): Promise<string> {
  const leadsTo = () => readlink(file).then((target) => resolve(dirname(file), target));
  return realpath(file).catch(() => leadsTo().catch(() => file));
}

/** Names of what a program has open: a shell may have redirected it to a file, which is to be kept. */
const OPENED = /^\/(?:dev\/(?:stdout$|stderr$|fd\/)|proc\/[^/]+\/fd\/)/;

/** A pipe or a device, or what is open already. */
async function isStream(file: string): Promise<boolean> {
  if (OPENED.test(resolve(file))) return true;
  const found = await stat(file).catch(() => null);
  return found !== null && !found.isFile() && !found.isDirectory();
}

async function replaceFile(file: string, text: string): Promise<void> {
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
  } catch (problem) {
    await rm(part, { force: true }).catch(() => {});
    throw problem;
  }
}

/** Adds to a file, or to what only looks like one, such as a pipe. @throws as {@link cannotWrite}. */
export async function addToFile(file: string, text: string): Promise<void> {
  await appendFile(file, text).catch((problem: unknown) => {
    throw cannotWrite(file, problem);
  });
}

const NO_ROOM = ["ENOSPC", "EDQUOT", "EFBIG"];
const NOT_PERMITTED = ["EACCES", "EPERM", "EROFS"];

/** Whether a write failed for want of room on the disk. */
export function outOfRoom(problem: unknown): boolean {
  return NO_ROOM.includes(codeOf(problem));
}

/** Why a file was not written, in one line: its path, the cause, and what to do. Errors of a write name no path. */
export function cannotWrite(file: string, problem: unknown): Error {
  const [cause = ""] = messageOf(problem).split(",");
  const permit = NOT_PERMITTED.includes(codeOf(problem)) ? "permit writing there, or " : "";
  const remedy = outOfRoom(problem) ? "make room there, or " : permit;
  return new Error(`cannot write ${file}: ${cause}: ${remedy}choose another place`);
}

function codeOf(problem: unknown): string {
  return (problem as NodeJS.ErrnoException).code ?? "";
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
