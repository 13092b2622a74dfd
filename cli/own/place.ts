/** Finds the line of an error in a user's file. */
import { basename } from "node:path";

/** What a file declares. */
interface Declared {
  readonly name: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * The line of the keys that a message names, as in `pipeline orders: observe.paths.a.kind: ...`; null where it names
 * none.
 */
export function lineOf(message: string, text: string): number | null {
  const [, path] = /^(?:pipeline|endpoints) [^:]+: ([^:]+): /.exec(message) ?? [];
  if (path === undefined) return null;
  const lines = text.split("\n");
  // Skip imports and comments before the declaration, which may contain the same words.
  let found = lines.findIndex((line) => /\bdefine(Pipeline|Endpoints)\(/.test(line));
  for (let keys = path.split("."); keys.length > 0; keys = keys.slice(1)) {
    // A key may itself contain dots, and may be quoted.
    const key = [keys.join("."), keys[0] as string].map((name) => name.replaceAll(/[^\w]/g, "\\$&"));
    const next = lines.findIndex(
      (line, place) => place >= found && new RegExp(`(^|[^\\w])(${key.join("|")})[^\\w]`).test(line),
    );
    if (next < 0) break;
    found = next;
  }
  return found < 0 ? null : found + 1;
}

/**
 * Where a file says what its publisher may have to name: its addresses, how an event is made and sent, its paths and what opens them.
 *
 * @param shown the file, as people know it.
 */
export function placesOf({ name, variables = {} }: Declared, shown: string, text: string): Record<string, string> {
  const addresses = Object.keys(variables).map((variable) => [variable, `variables.${variable}`]);
  const parts = ["events.write", "publish", "observe.paths", "observe.open", "observe.receive"].map((part) => [
    part,
    part,
  ]);
  return Object.fromEntries(
    [...addresses, ...parts].map(([key, path]) => {
      const line = lineOf(`pipeline ${name}: ${path}: `, text);
      return [key, line === null ? shown : `${shown}:${line}`];
    }),
  );
}

/** The first line that has a quoted name, such as that of an import; null where none has. */
export function lineWith(name: string, text: string): number | null {
  const place = text.split("\n").findIndex((line) => line.includes(`"${name}`) || line.includes(`'${name}`));
  return place < 0 ? null : place + 1;
}

/** The first place in the user's file in an error's stack; null if there is none. */
export function lineIn(problem: unknown, file: string): string | null {
  const stack = problem instanceof Error ? (problem.stack ?? "") : "";
  const place = stack.split("\n").find((line) => line.includes(basename(file)) && !line.includes(".loading-"));
  const [, line] = /:(\d+):\d+\)?$/.exec(place ?? "") ?? [];
  return line ?? null;
}
