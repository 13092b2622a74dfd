/** Systems write an identity into several fields of one message, such as its key and its body: it arrived once. */
import { fieldsOf, formFields } from "./formats.ts";
import {
  type FoundIdentities,
  type Identity,
  identitiesIn,
  type ReadingContext,
  SHORTEST_IDENTITY,
} from "./identity.ts";
import { CANARY_PUBLISHER } from "./trace.ts";

/** An identity as a JSON number, which JavaScript would round. */
const BARE_NUMBER = /(?<=[:,[\s])[89]\d{18}(?=[,}\]\s])/g;
/** Deeper fields are not looked into: hostile texts are nested a million times. */
const LONGEST_FIELD = 1_000;
/** What frames a message may begin as JSON does, as `[info]`. */
const MOST_BEGINNINGS = 8;
/** Forms and XML within each other. */
const MOST_WITHIN = 8;

/**
 * Finds the events in a text, each as often as it arrived: as it occurs in the field in which it occurs most often. The
 * items of a list share their fields, so an event in two items has arrived twice. A text of no known format is one field.
 */
export function eventsIn(text: string, context: ReadingContext): FoundIdentities {
  const found = identitiesIn(readable(text), context);
  if (new Set(found.identities.map(nameOf)).size === found.identities.length) return found;
  const inFields: FieldCounts = new Map();
  countIn(text, "", context, inFields);
  const left = new Map<string, number>();
  for (const counts of inFields.values())
    for (const [name, count] of counts) left.set(name, Math.max(count, left.get(name) ?? 0));
  const kept = new Set<Identity>();
  // Those that tell when they were published come first: not every spelling does.
  for (const isTimed of [true, false]) {
    for (const one of found.identities) {
      const rest = left.get(nameOf(one)) ?? Number.POSITIVE_INFINITY;
      if ((one.publishedAt !== null) !== isTimed || rest <= 0) continue;
      left.set(nameOf(one), rest - 1);
      kept.add(one);
    }
  }
  return { ...found, identities: found.identities.filter((one) => kept.has(one)) };
}

/** A form as it was before it was sent: the `%22` of a quote would lengthen the number behind it. */
function readable(text: string): string {
  const pairs = text.includes("%") ? formFields(text) : null;
  return pairs === null ? text : pairs.map((pair) => pair.join("=")).join("&");
}

/** An event, however it is spelled. */
function nameOf({ run, publisher, seq }: Identity): string {
  return `${run}/${publisher === CANARY_PUBLISHER}/${seq}`;
}

/** How often each event occurs, by field. */
type FieldCounts = Map<string, Map<string, number>>;

/** Counts the events in a text by field: of forms and XML, of JSON, of lines of JSON, of one within another. */
function countIn(text: string, field: string, context: ReadingContext, counts: FieldCounts, depth = 0): void {
  if (text.length < SHORTEST_IDENTITY) return;
  const fields = depth < MOST_WITHIN ? fieldsOf(text) : null;
  if (fields !== null) {
    for (const [name, value] of fields) countIn(value, `${field}${name}`, context, counts, depth + 1);
    return;
  }
  const lines = text.split("\n");
  const framed = jsonIn(text, lines.length > 1 ? 1 : MOST_BEGINNINGS);
  // Of several objects one behind the other, each may be an arrival.
  if (framed !== null && identitiesIn(framed.skipped, context).identities.length === 0) {
    countFields(framed.json, `${field}#`, context, counts, depth);
    // A frame has headers and a key: what it tells, it tells once.
    countText(framed.around, field, context, counts, 1);
  } else if (lines.length > 1) {
    for (const line of lines) countIn(line, field, context, counts, depth);
  } else {
    countText(text, field, context, counts);
  }
}

function countText(
  text: string,
  field: string,
  context: ReadingContext,
  counts: FieldCounts,
  most = Number.POSITIVE_INFINITY,
): void {
  const { identities } = identitiesIn(text, context);
  if (identities.length === 0) return;
  const inField = counts.get(field) ?? new Map<string, number>();
  counts.set(field, inField);
  for (const one of identities) inField.set(nameOf(one), Math.min(most, (inField.get(nameOf(one)) ?? 0) + 1));
}

function countFields(value: unknown, field: string, context: ReadingContext, counts: FieldCounts, depth: number): void {
  if (field.length > LONGEST_FIELD) return;
  if (typeof value === "string") {
    countIn(value, field, context, counts, depth);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) countFields(item, `${field}[]`, context, counts, depth);
    return;
  }
  const entries = Object.entries(value ?? {});
  // Some write a list as an object with its places for keys.
  const isList = entries.every(([key], place) => key === String(place));
  for (const [key, item] of entries) {
    countIn(key, `${field}{}`, context, counts, depth);
    countFields(item, isList ? `${field}[]` : `${field}.${key}`, context, counts, depth);
  }
}

/** JSON within a text. */
interface FramedJson {
  readonly json: object;
  readonly around: string;
  /** What looked like its beginning, and was none. */
  readonly skipped: string;
}

/** The object or list in a text, and what frames it; null where there is none. */
function jsonIn(text: string, beginnings: number): FramedJson | null {
  const end = Math.max(text.lastIndexOf("]"), text.lastIndexOf("}")) + 1;
  const first = beginningFrom(text, 0);
  let begin = first;
  for (let tried = 0; tried < beginnings && begin >= 0 && begin < end; tried++) {
    const json = parsed(text.slice(begin, end));
    if (json !== null)
      return { json, around: `${text.slice(0, begin)} ${text.slice(end)}`, skipped: text.slice(first, begin) };
    begin = beginningFrom(text, begin + 1);
  }
  return null;
}

/** Where an object or a list may begin, from a place on; -1 for nowhere. */
function beginningFrom(text: string, from: number): number {
  const found = [text.indexOf("[", from), text.indexOf("{", from)].filter((place) => place >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

function parsed(text: string): object | null {
  for (const one of [text.replaceAll(BARE_NUMBER, '"$&"'), text]) {
    try {
      return JSON.parse(one) as object;
    } catch {
      // The number may stand within a text, or this is no JSON.
    }
  }
  return null;
}
