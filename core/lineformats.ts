/** The fields of messages in lines: server-sent events, logfmt, tables of comma-separated values. Each reader is linear. */

import { resemblesIdentity, SHORTEST_IDENTITY } from "./identity.ts";

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

/** What a column may be called: a few words, so that neither JSON nor a log nor a row of values passes for names. */
const COLUMN = /^[A-Za-z_][\w .#/()-]{0,31}$/;

/**
 * A table whose first row names its columns, by these names; null unless each row has as many. Cells without room for an
 * identity are left out: 4 MB of them would take three times as long.
 */
function tableFields(text: string): readonly Field[] | null {
  const first = text.indexOf("\n");
  if (first < 0) return null;
  const rows = text.slice(first + 1).trimEnd();
  if (rows === "") return null;
  for (const separator of [",", ";", "\t"]) {
    const columns = columnsIn(text.slice(0, first).replace(/\r$/, ""), separator);
    if (columns === null) continue;
    const fields: Field[] = [];
    const isTable = readRows(rows, separator, columns.length, (column, begin, end) => {
      if (end - begin >= SHORTEST_IDENTITY) fields.push([columns[column] as string, cellOf(rows, begin, end)]);
    });
    if (isTable) return fields;
  }
  return null;
}

/** The names in the first row; null where it names no columns. A row with an event is one of the values. */
function columnsIn(row: string, separator: string): readonly string[] | null {
  const names: string[] = [];
  if (!readRows(row, separator, null, (_, begin, end) => void names.push(cellOf(row, begin, end)))) return null;
  if (names.length < 2 || new Set(names).size < names.length) return null;
  return names.every((name) => COLUMN.test(name) && !resemblesIdentity(name)) ? names : null;
}

/** A cell without its quotes. */
function cellOf(text: string, begin: number, end: number): string {
  return text.charCodeAt(begin) === QUOTE
    ? text.slice(begin + 1, end - 1).replaceAll('""', '"')
    : text.slice(begin, end);
}

const [QUOTE, RETURN, LINE_FEED] = ['"', "\r", "\n"].map((one) => one.charCodeAt(0));

/**
 * Tells where each cell begins and ends; a quoted one may hold anything. A pattern takes five times as long.
 *
 * @param width cells of each row; null where any will do.
 * @returns false where a quote never ends, or a row is of another width.
 */
function readRows(
  text: string,
  separator: string,
  width: number | null,
  enter: (column: number, begin: number, end: number) => void,
): boolean {
  const divider = separator.charCodeAt(0);
  for (let at = 0, column = 0; ; at++) {
    const begin = at;
    if (text.charCodeAt(at) === QUOTE) {
      at = closingQuote(text, at) + 1;
      if (at === 0) return false;
    } else {
      for (let code = text.charCodeAt(at); at < text.length; code = text.charCodeAt(++at))
        if (code === divider || code === LINE_FEED || code === RETURN || code === QUOTE) break;
    }
    enter(column++, begin, at);
    if (text.charCodeAt(at) === divider) continue;
    if (width !== null && column !== width) return false;
    if (at === text.length) return true;
    if (text.charCodeAt(at) === RETURN) at++;
    if (text.charCodeAt(at) !== LINE_FEED) return false;
    column = 0;
  }
}

/** Where the quote that begins at a place ends; -1 where it never does. Two of them are one of the text. */
function closingQuote(text: string, begin: number): number {
  for (let at = begin + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0 || text.charCodeAt(at + 1) !== QUOTE) return at;
  }
}
