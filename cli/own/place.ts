/** Where in a user's file something is wrong. */
import { basename } from "node:path";

/** The line of what a message names by its keys, as in `pipeline orders: observe.paths.a.kind: ...`; null where it names none. */
export function lineOf(message: string, text: string): number | null {
  const [, path] = /^(?:pipeline|endpoints) [^:]+: ([^:]+): /.exec(message) ?? [];
  if (path === undefined) return null;
  const lines = text.split("\n");
  // Imports and comments before it may hold the same words.
  let found = lines.findIndex((line) => /\bdefine(Pipeline|Endpoints)\(/.test(line));
  for (let keys = path.split("."); keys.length > 0; keys = keys.slice(1)) {
    // A key of several words may have dots itself, and quotes around it.
    const key = [keys.join("."), keys[0] as string].map((name) => name.replaceAll(/[^\w]/g, "\\$&"));
    const next = lines.findIndex(
      (line, place) => place >= found && new RegExp(`(^|[^\\w])(${key.join("|")})[^\\w]`).test(line),
    );
    if (next < 0) break;
    found = next;
  }
  return found < 0 ? null : found + 1;
}

/** Where in the user's file something was thrown, as far as its stack says. */
export function lineIn(problem: unknown, file: string): string | null {
  const stack = problem instanceof Error ? (problem.stack ?? "") : "";
  const place = stack.split("\n").find((line) => line.includes(basename(file)) && !line.includes(".loading-"));
  const [, line] = /:(\d+):\d+\)?$/.exec(place ?? "") ?? [];
  return line ?? null;
}
