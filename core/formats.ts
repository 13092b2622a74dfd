/** The fields of messages that are no JSON: forms, parts of a form, XML, lines. Each reader is linear, whatever the text. */

import { type Field, lineFields } from "./lineformats.ts";

/** Deeper elements are not looked into: hostile texts are nested a million times. */
const LONGEST_NAME = 1_000;
/** Of a multipart body: up to 70 characters between its dashes (RFC 2046). */
const LONGEST_DELIMITER = 74;

/** The fields of a message in any of the formats; null for a text without fields. */
export function fieldsOf(text: string): readonly Field[] | null {
  return formFields(text) ?? partFields(text) ?? xmlFields(text) ?? lineFields(text);
}

/** Pairs as browsers send them, `key=value&key=value`; null for anything else. */
export function formFields(text: string): readonly Field[] | null {
  // Anything else in front is no name: two addresses, or two lines of a log, would be of two names.
  if (!/^[\w.*+%~[\]$@!-]+=/.test(text) || /\s/.test(text.trimEnd())) return null;
  const pairs = text.trimEnd().split("&");
  if (!pairs.every((pair) => pair === "" || pair.includes("="))) return null;
  return pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return [withoutPlaces(decoded(pair.slice(0, equals))), decoded(pair.slice(equals + 1))];
  });
}

/** Not everyone sends UTF-8: what is none stays as it is, and what is beside it is decoded. */
function decoded(text: string): string {
  return text.replaceAll("+", " ").replaceAll(/(?:%[0-7][\da-f])+|(?:%[89a-f][\da-f])+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

/** `items[3][id]` and `items.3.id` are items of a list. */
function withoutPlaces(name: string): string {
  return name.replaceAll(/\[\d*\]|\.\d+(?=\.|$)/g, "[]");
}

/** The parts of a multipart body, by the name in their headers; null for anything else. */
function partFields(text: string): readonly Field[] | null {
  const ended = text.trimEnd();
  // The last line tells what stands between the parts: before the first there may be a preamble.
  const last = ended.slice(ended.lastIndexOf("\n") + 1);
  if (last.length > LONGEST_DELIMITER || !/^--.+--$/.test(last)) return null;
  const [preamble = "", ...parts] = `\n${ended}`.split(`\n${last.slice(0, -2)}`);
  // Behind the last one there are its dashes only.
  if (parts.pop() !== "--" || parts.length === 0 || !parts.every((part) => /^[ \t]*\r?\n/.test(part))) return null;
  return [["", preamble], ...parts.map(partField)];
}

function partField(part: string): Field {
  const end = /\r?\n\r?\n/.exec(part);
  if (end === null) return ["", part];
  const [, name = ""] = /\bname="?([^"\r\n;]*)/i.exec(part.slice(0, end.index)) ?? [];
  return [withoutPlaces(name), part.slice(end.index + end[0].length)];
}

/** A tag, with whatever stands in its quotes. */
const TAG = /<(\/?)([^\s/<>"'=!?]+)((?:[^<>"']|"[^"]*"|'[^']*')*)>/y;
const ATTRIBUTE = /(?:^|\s)([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g;
/** What has no fields inside, by how it begins and ends. */
const OPAQUE = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
  ["<!", ">"],
] as const;
const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

/** The texts and attributes of elements, by the names around them; null for what is not well-formed. */
function xmlFields(text: string): readonly Field[] | null {
  if (!/^\s*<[^\s<>=]/.test(text)) return null;
  const fields: Field[] = [];
  const open: string[] = [];
  const names = [""];
  const add = (name: string, value: string) => name.length <= LONGEST_NAME && fields.push([name, value]);
  for (let at = 0; at < text.length; ) {
    const name = names.at(-1) as string;
    const begin = text.indexOf("<", at);
    const until = begin < 0 ? text.length : begin;
    if (until > at) add(name, unescaped(text.slice(at, until)));
    if (begin < 0) break;
    const opaque = OPAQUE.find(([start]) => text.startsWith(start, begin));
    if (opaque !== undefined) {
      const [start, stop] = opaque;
      const end = text.indexOf(stop, begin + start.length);
      if (end < 0) return null;
      add(start === "<![CDATA[" ? name : `${name}${start}`, text.slice(begin + start.length, end));
      at = end + stop.length;
      continue;
    }
    TAG.lastIndex = begin;
    const [tag, closes, element = "", rest = ""] = TAG.exec(text) ?? [];
    if (tag === undefined) return null;
    at = begin + tag.length;
    if (closes === "/") {
      if (open.pop() !== element) return null;
      names.pop();
      continue;
    }
    const inside = name.length > LONGEST_NAME ? name : `${name}/${element}`;
    for (const [, attribute = "", value = ""] of rest.matchAll(ATTRIBUTE)) {
      add(`${inside}@${attribute}`, unescaped(value.slice(1, -1)));
    }
    if (rest.endsWith("/")) continue;
    open.push(element);
    names.push(inside);
  }
  return open.length === 0 ? fields : null;
}

/** Go and PHP write a quote by its number. */
function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(quot|apos|lt|gt|amp));/gi,
    (entity, decimal, hexadecimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? entity;
      const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return code > 0x10ffff ? entity : String.fromCodePoint(code);
    },
  );
}
