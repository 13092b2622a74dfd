/**
 * Compares one sent message with what was received: which fields survive, and which of those can carry an identity.
 * Pure.
 */
import type { Spelling } from "../../core/identity.ts";
import { insideOf } from "./samplejson.ts";

/** The value of a field. */
export type Value = string | number | bigint;

/** A field of the message, and what became of it. */
export interface Fate {
  /** Path of keys. */
  readonly path: readonly string[];
  readonly value: Value;
  /** Path of keys where it was received; null where it is missing. */
  readonly cameAs: readonly string[] | null;
  /** The spelling of an identity that fits there; null where none does. */
  readonly spelling: Spelling | null;
  /** Whether its name suggests that it identifies something. */
  readonly names: boolean;
  /** In words: what kind of field it is, or what happened to it. */
  readonly description: string;
}

type Leaf = { readonly path: readonly string[]; readonly value: Value };

/** All strings and numbers of a value, also within strings that contain JSON; empty strings are left out. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  }
  if (typeof value === "number" || typeof value === "bigint") return [{ path, value }];
  if (typeof value !== "string" || value === "") return [];
  const inner = insideOf(value);
  return inner === undefined ? [{ path, value }] : leavesOf(inner, path);
}

/** Normalizes what identities tolerate: they are found in either case, UUIDs without dashes, hashes without 0x. */
const plain = (value: Value) => String(value).toLowerCase().replaceAll("-", "").replace(/^0x/, "");

/** Under another name or within another text, a shorter value may match by chance. */
const LEAST_ELSEWHERE = 4;
const LEAST_INSIDE = 8;

const last = ({ path }: { readonly path: readonly string[] }) => wordOf(path.at(-1) ?? "");

/** A name without case and separators: order_id, orderId and Order-ID are the same. */
function wordOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** What became of each field of a message. @param received a frame, a request with headers and body, or a row. */
export function fatesOf(sent: unknown, received: unknown): Fate[] {
  const came = leavesOf(received);
  const fields = leavesOf(sent);
  return fields.map(({ path, value }): Fate => {
    const same = placeOf({ path, value }, came, fields);
    if (same !== undefined) return { path, value, cameAs: same.path, ...roomIn(path, value) };
    return { path, value, cameAs: null, spelling: null, names: false, description: lossOf({ path, value }, came) };
  });
}

/** Where a field was received. A match that has the name and the value of another sent field belongs to that one. */
function placeOf(field: Leaf, came: readonly Leaf[], fields: readonly Leaf[]): Leaf | undefined {
  const text = plain(field.value);
  const equal = came.filter((one) => plain(one.value) === text);
  const isOfAnother = (one: Leaf) =>
    fields.some((other) => last(other) === last(one) && last(other) !== last(field) && plain(other.value) === text);
  return (
    equal.find((one) => last(one) === last(field)) ??
    (text.length >= LEAST_ELSEWHERE ? equal.find((one) => !isOfAnother(one)) : undefined) ??
    (text.length >= LEAST_INSIDE
      ? came.find((one) => plain(one.value) !== text && plain(one.value).includes(text))
      : undefined)
  );
}

/** What happened to a field that was not received. */
function lossOf(field: Leaf, came: readonly Leaf[]): string {
  const text = plain(field.value);
  const cut = came.find((one) => plain(one.value).length >= LEAST_INSIDE && text.startsWith(plain(one.value)));
  if (cut !== undefined) return `is cut to ${String(cut.value).length} characters`;
  const other = came.find((one) => field.path.length > 0 && last(one) === last(field));
  return other === undefined
    ? "is not found: its value is nowhere in what was received"
    : `is written anew: ${other.path.join(".")} is ${shortened(other.value)}`;
}

function shortened(value: Value): string {
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const HASH = /^(0x)?[0-9a-f]{64}$/i;
const DIGITS = /^[1-9]\d{0,18}$/;
const TIME = /^\d{4}-\d\d-\d\d([T ]|$)/;
/** Names that suggest that a field identifies something. */
const NAMES_ONE = /(^|[^a-z])(id|uuid|guid|ref|reference|key|no|number|code|hash|token|nonce|memo|note|name|external)$/;

/** The spelling of an identity that fits a field, judged by its name and the sample's value. */
function roomIn(path: readonly string[], value: Value): Pick<Fate, "spelling" | "names" | "description"> {
  const name = (path.at(-1) ?? "").replaceAll(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  const names = NAMES_ONE.test(name);
  const room = (spelling: Spelling | null, description: string) => ({ spelling, names, description });
  if (typeof value !== "string") {
    const isWhole = typeof value === "bigint" || Number.isInteger(value);
    return isWhole && names ? room("number", "a number that names one") : room(null, "an amount");
  }
  if (HASH.test(value)) return room("hash", "a hash");
  if (UUID.test(value)) return room("uuid", "a UUID");
  if (DIGITS.test(value)) return names ? room("number", "a number as text") : room(null, "an amount as text");
  if (TIME.test(value)) return room(null, "a time");
  // A value that identifies something is longer than a version or a size.
  if (names || (/\d/.test(value) && value.length >= LEAST_INSIDE)) return room("text", "free text");
  return room(null, "a word out of a few");
}

/** From the spelling with the most information to the one with the least. */
const ORDER: readonly Spelling[] = ["text", "hash", "uuid", "number"];

/** The field that carries an identity best; null where none can. */
export function bestOf(fates: readonly Fate[]): (Fate & { readonly spelling: Spelling }) | null {
  const able = fates.filter((fate): fate is Fate & { spelling: Spelling } => fate.spelling !== null);
  // Numbers come last: JavaScript cannot hold them, so they must be written around JSON. Text without a telling name
  // may be anything.
  const rank = ({ spelling, value, names }: (typeof able)[number]) =>
    ORDER.indexOf(spelling) +
    (typeof value === "string" ? 0 : ORDER.length) +
    (spelling === "text" && !names ? ORDER.length - 0.5 : 0);
  return able.sort((one, other) => rank(one) - rank(other))[0] ?? null;
}

/** Each spelling's name in a pipeline file, and its limits. */
export const SPELLED: Readonly<Record<Spelling, { readonly name: string; readonly room: string }>> = {
  text: { name: "id", room: "48 characters" },
  hash: { name: "hash", room: "0x and 64 digits" },
  uuid: { name: "uuid", room: "a UUID of version 8" },
  number: { name: "number", room: "19 digits" },
};

/** The fates as lines for the user. */
export function describeFates(fates: readonly Fate[]): string[] {
  const nameOf = (path: readonly string[]) => path.join(".") || "the text";
  const width = Math.max(0, ...fates.map(({ path }) => nameOf(path).length));
  return fates.map(({ path, cameAs, spelling, description }) => {
    const name = nameOf(path).padEnd(width);
    if (cameAs === null) return `  ${name}  ${description}`;
    const carries = spelling === null ? "carries none" : `${SPELLED[spelling].name}, ${SPELLED[spelling].room}`;
    return `  ${name}  comes as ${nameOf(cameAs)}: ${description}: ${carries}`;
  });
}
