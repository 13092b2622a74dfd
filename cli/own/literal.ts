/** Writes a sample message as TypeScript code, with the identity in place of some values. */
import { insideOf } from "./samplejson.ts";

/** The places of the identity in a message. */
interface Places {
  /** Paths of keys; where a string contains JSON, its keys follow the string's own. */
  readonly paths: readonly (readonly string[])[];
  /** The variable that holds the identity. */
  readonly name: string;
  /** The fields are numbers and must not be written as strings. */
  readonly isNumber: boolean;
}

/** The body of `write`: an expression for the message with the identity in its places. */
export function writerOf(message: unknown, places: Places | null): string {
  const value = typeof message === "string" ? (insideOf(message) ?? message) : message;
  if (typeof value === "string") return places === null ? JSON.stringify(value) : places.name;
  return jsonOf(value, places, []);
}

/** An expression that makes the JSON of an object or a list. Integers too large for JavaScript are inserted as text. */
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

/** A key as code; a plain `__proto__` would set the prototype instead of a key. */
function keyOf(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}
