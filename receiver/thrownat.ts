/** The place in a user's file at which an error was thrown. */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { basename } from "node:path";
import { madeOf } from "../core/bundle.ts";

const FRAME = /(?:file:\/\/)?(\/[^\s()]+\.mjs):(\d+):(\d+)\)?$/;
const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** As in `orders.pipeline.ts:21`; null where the error was not thrown by the file's own code. */
export function thrownAt(problem: unknown): string | null {
  if (!(problem instanceof Error)) return null;
  const frames = (problem.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  // What a package throws may be a state of the far end: only the user's own code is to blame by its place.
  const [, file, line, column] = FRAME.exec(frames[0] ?? "") ?? [];
  return file === undefined ? null : placeIn(decodeURI(file), Number(line), Number(column));
}

function placeIn(bundle: string, line: number, column: number): string | null {
  try {
    const text = readFileSync(bundle, "utf8");
    const shown = madeOf(text);
    const [, map] = INLINE_MAP.exec(text) ?? [];
    if (shown === null || map === undefined) return null;
    const entry = new SourceMap(JSON.parse(Buffer.from(map, "base64").toString())).findEntry(line - 1, column - 1);
    if (!("originalSource" in entry) || basename(entry.originalSource) !== basename(shown)) return null;
    return `${shown}:${entry.originalLine + 1}`;
  } catch {
    return null;
  }
}
