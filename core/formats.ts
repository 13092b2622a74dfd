/** The fields of messages that are no JSON: forms, parts of a form, XML. Each reader is linear, whatever the text. */

/** A field by its name, without the places in lists, and its text. */
export type Field = readonly [name: string, text: string];

/** Deeper elements are not looked into: hostile texts are nested a million times. */
const LONGEST_NAME = 1_000;

/** The fields of a message in any of the formats; null for a text without fields. */
export function fieldsOf(text: string): readonly Field[] | null {
  return formFields(text) ?? partFields(text) ?? xmlFields(text);
}

/** Pairs as browsers send them, `key=value&key=value`; null for anything else. */
export function formFields(text: string): readonly Field[] | null {
  // Whatever has a space or a bracket in front is no name.
  if (!/^[^\s=&<>{}"']+=/.test(text) || /\s/.test(text.trimEnd())) return null;
  const pairs = text.trimEnd().split("&");
  if (!pairs.every((pair) => pair === "" || pair.includes("="))) return null;
  return pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return [withoutPlaces(decoded(pair.slice(0, equals))), decoded(pair.slice(equals + 1))];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** `items[3][id]` and `items.3.id` are items of a list. */
function withoutPlaces(name: string): string {
  return name.replaceAll(/\[\d*\]|\.\d+(?=\.|$)/g, "[]");
}

/** The parts of a multipart body, by the name in their headers; null for anything else. */
function partFields(text: string): readonly Field[] | null {
  const [, boundary] = /^\s*(--[^\s-][^\r\n]{0,70})\r?\n/.exec(text) ?? [];
  if (boundary === undefined) return null;
  return text.split(boundary).map((part) => {
    const end = /\r?\n\r?\n/.exec(part);
    const headers = end === null ? "" : part.slice(0, end.index);
    const [, name = ""] = /\bname="?([^"\r\n;]*)/i.exec(headers) ?? [];
    return [withoutPlaces(name), end === null ? part : part.slice(end.index + end[0].length)];
  });
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

function unescaped(text: string): string {
  return text.replaceAll(/&(quot|apos|lt|gt|amp);/g, (_, name: string) => ENTITIES[name] as string);
}
