/** The fields of messages in lines: server-sent events, logfmt, tables of comma-separated values. Each reader is linear. */

/** A field by its name, without the places in lists, and its text. */
export type Field = readonly [name: string, text: string];

/** The fields of a message in any of these formats; null for a text without fields. */
export function lineFields(text: string): readonly Field[] | null {
  return eventFields(text) ?? logFields(text) ?? tableFields(text);
}

/** What a line of a server-sent event begins with; a comment has no name. */
const EVENT_LINE = /^(data|event|id|retry|)(?::|$)/;

/** Server-sent events: `id: 7`, `data: ...`, and an empty line behind each event. */
function eventFields(text: string): readonly Field[] | null {
  if (!/^(data|event|id|retry|):/.test(text)) return null;
  const fields: [name: string, value: string][] = [];
  let own = new Map<string, [name: string, value: string]>();
  for (const line of text.split(/\r?\n/)) {
    if (line === "") {
      own = new Map();
      continue;
    }
    const name = EVENT_LINE.exec(line)?.[1];
    if (name === undefined) return null;
    const value = line.slice(name.length + 1).replace(/^ /, "");
    const known = own.get(name);
    // The lines of one event are one text.
    if (known !== undefined) known[1] += `\n${value}`;
    else {
      own.set(name, [name, value]);
      fields.push(own.get(name) as [string, string]);
    }
  }
  return fields.some(([name]) => name === "data") ? fields : null;
}

const LOG_PAIR = /([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:[ \t]+|$)/y;

/** A line of `key=value key="value"` with two pairs at least: of one, nobody knows whether it is a sentence. */
function logFields(text: string): readonly Field[] | null {
  const line = text.trimEnd();
  if (line.includes("\n")) return null;
  const fields: Field[] = [];
  for (LOG_PAIR.lastIndex = 0; LOG_PAIR.lastIndex < line.length; ) {
    const [, name, value] = LOG_PAIR.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    fields.push([name, value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value]);
  }
  return fields.length > 1 ? fields : null;
}

/** What a column may be called: words, so that neither JSON nor a log passes for a table. */
const COLUMN = /^[A-Za-z_][\w .#/()-]*$/;

/** A table whose first row names its columns, by these names; null unless each row has as many. */
function tableFields(text: string): readonly Field[] | null {
  const [first = ""] = text.split(/\r?\n/, 1);
  if (first === text) return null;
  for (const separator of [",", ";", "\t"]) {
    const columns = rowsOf(first, separator)?.[0] ?? [];
    if (columns.length < 2 || !columns.every((name) => COLUMN.test(name))) continue;
    if (new Set(columns).size < columns.length) continue;
    const rows = rowsOf(text.trimEnd(), separator)?.slice(1);
    if (rows === undefined || rows.length === 0 || rows.some((row) => row.length !== columns.length)) continue;
    return rows.flatMap((row) => row.map((cell, place): Field => [columns[place] as string, cell]));
  }
  return null;
}

/** The cells of each row; a quoted one may hold anything. Null where a quote never ends. */
function rowsOf(text: string, separator: string): string[][] | null {
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n]*))(${separator}|\\r?\\n|$)`, "y");
  const rows: string[][] = [[]];
  for (;;) {
    const found = cell.exec(text);
    if (found === null) return null;
    const [, quoted, bare = "", end] = found;
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === "") return rows;
    if (end !== separator) rows.push([]);
  }
}
