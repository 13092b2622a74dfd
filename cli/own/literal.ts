/** A message as the code that writes it, with an identity in the place of some of its values. */
import { insideOf } from "./samplejson.ts";

/** Where an identity stands in a message. */
export interface Places {
  /** By keys from the outside in; those of JSON within a text are behind the text's own. */
  readonly paths: readonly (readonly string[])[];
  /** What the identity is called. */
  readonly name: string;
  /** The fields are numbers, which must not be written as texts. */
  readonly isNumber: boolean;
}

/** What `write` returns: the message as text, with the identity in its places. */
export function writerOf(message: unknown, places: Places | null): string {
  const value = typeof message === "string" ? (insideOf(message) ?? message) : message;
  if (typeof value === "string") return places === null ? JSON.stringify(value) : places.name;
  return jsonOf(value, places, []);
}

/** The expression that makes the JSON of an object or a list. Numbers that JavaScript cannot hold are put in afterwards. */
function jsonOf(value: unknown, places: Places | null, path: readonly string[]): string {
  const standIns = new Map<string, string>();
  const standIn = (code: string) => {
    const known = [...standIns].find(([, other]) => other === code)?.[0];
    const text = known ?? `#integer ${standIns.size + 1}#`;
    standIns.set(text, code);
    return JSON.stringify(text);
  };
  const object = codeOf(value, places, path, standIn);
  const filled = [...standIns].map(([text, code]) => `.replaceAll('"${text}"', ${code})`);
  return `JSON.stringify(${object})${filled.join("")}`;
}

function codeOf(
  value: unknown,
  places: Places | null,
  path: readonly string[],
  standIn: (code: string) => string,
): string {
  if (places?.paths.some((place) => isSame(place, path))) return places.isNumber ? standIn(places.name) : places.name;
  if (typeof value === "bigint") return standIn(JSON.stringify(String(value)));
  if (typeof value === "string") {
    const holdsPlace = places?.paths.some((place) => isSame(place.slice(0, path.length), path)) === true;
    const inner = holdsPlace ? insideOf(value) : undefined;
    return inner === undefined ? JSON.stringify(value) : jsonOf(inner, places, path);
  }
  if (Array.isArray(value)) {
    return `[${value.map((inner, at) => codeOf(inner, places, [...path, String(at)], standIn)).join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => {
    const text = codeOf(inner, places, [...path, key], standIn);
    const name = keyOf(key);
    return name === text ? name : `${name}: ${text}`;
  });
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** A key as code; `__proto__` would be no key of the object. */
function keyOf(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}
