/** Systems write an identity into several fields of one message, such as its key and its body: it arrived once. */
import { type Found, type Identity, identitiesIn } from "./identity.ts";
import { CANARY_PUBLISHER } from "./trace.ts";

type Known = Parameters<typeof identitiesIn>[1];

/** An identity as a JSON number, which JavaScript would round. */
const BARE_NUMBER = /(?<=[:,[\s])[89]\d{18}(?=[,}\]\s])/g;
/** Deeper fields are not looked into: hostile texts are nested a million times. */
const LONGEST_FIELD = 1_000;

/**
 * Finds the events in a text, each as often as it arrived: as it occurs in the field in which it occurs most often. The
 * items of a list share their fields, so an event in two items has arrived twice. What is no JSON is one field.
 */
export function eventsIn(text: string, known: Known): Found {
  const found = identitiesIn(text, known);
  if (new Set(found.identities.map(nameOf)).size === found.identities.length) return found;
  const inFields = new Map<string, Map<string, number>>();
  countIn(text, "", known, inFields);
  const left = new Map<string, number>();
  for (const counts of inFields.values())
    for (const [name, count] of counts) left.set(name, Math.max(count, left.get(name) ?? 0));
  const identities = found.identities.filter((one) => {
    const rest = left.get(nameOf(one)) ?? Number.POSITIVE_INFINITY;
    left.set(nameOf(one), rest - 1);
    return rest > 0;
  });
  return { ...found, identities };
}

/** An event, however it is spelled. */
function nameOf({ run, publisher, seq }: Identity): string {
  return `${run}/${publisher === CANARY_PUBLISHER}/${seq}`;
}

type Counts = Map<string, Map<string, number>>;

/** Counts the events in a text by field: of JSON, of lines of JSON, of JSON within a text. */
function countIn(text: string, field: string, known: Known, counts: Counts): void {
  const whole = parsed(text);
  if (whole !== undefined) {
    countFields(whole, `${field}#`, known, counts);
    return;
  }
  const lines = text.split("\n");
  if (lines.length > 1) {
    for (const line of lines) countIn(line, field, known, counts);
    return;
  }
  const inField = counts.get(field) ?? new Map<string, number>();
  counts.set(field, inField);
  for (const one of identitiesIn(text, known).identities) inField.set(nameOf(one), (inField.get(nameOf(one)) ?? 0) + 1);
}

function countFields(value: unknown, field: string, known: Known, counts: Counts): void {
  if (field.length > LONGEST_FIELD) return;
  if (typeof value === "string") {
    countIn(value, field, known, counts);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) countFields(item, `${field}[]`, known, counts);
    return;
  }
  for (const [key, item] of Object.entries(value ?? {})) {
    countIn(key, `${field}{}`, known, counts);
    countFields(item, `${field}.${key}`, known, counts);
  }
}

/** The object or list in a text, whatever frames it; undefined where there is none. */
function parsed(text: string): object | undefined {
  const begin = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf("]"), text.lastIndexOf("}"));
  if (begin < 0 || end < begin) return undefined;
  const json = text.slice(begin, end + 1);
  for (const one of [json.replaceAll(BARE_NUMBER, '"$&"'), json]) {
    try {
      return JSON.parse(one) as object;
    } catch {
      // The number may stand within a text, or this is no JSON.
    }
  }
  return undefined;
}
