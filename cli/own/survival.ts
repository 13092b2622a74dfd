/**
 * One message as it was sent, and what came of it: which of its fields survive, and which of those can carry an
 * identity. Pure.
 */
import type { Spelling } from "../../core/identity.ts";

/** A field of the message, and what became of it. */
export interface Fate {
  /** Its keys from the outside in. */
  readonly path: readonly string[];
  readonly value: string | number;
  /** Where it came out, keys with dots; null where it did not. */
  readonly cameAs: string | null;
  /** How an identity can be written there; null where it cannot. */
  readonly spelling: Spelling | null;
  /** What kind of field it is, or what happened to it, in words. */
  readonly said: string;
}

type Leaf = { readonly path: readonly string[]; readonly value: string | number };

/** All texts and numbers in a value, also in JSON that is written as a text. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  }
  if (typeof value === "number") return [{ path, value }];
  if (typeof value !== "string") return [];
  const inner = /^\s*[{[]/.test(value) ? parsed(value) : undefined;
  return inner === undefined ? [{ path, value }] : leavesOf(inner, path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Changes that no identity minds: it is found in either case, a UUID without its dashes, a hash without its 0x. */
const plain = (value: string | number) => String(value).toLowerCase().replaceAll("-", "").replace(/^0x/, "");

/** A shorter text may stand in another by chance. */
const LEAST_INSIDE = 8;

/** What became of each field of a message. @param received a frame, a request with headers and body, or a row. */
export function fatesOf(sent: unknown, received: unknown): Fate[] {
  const came = leavesOf(received);
  return leavesOf(sent).map(({ path, value }): Fate => {
    const text = plain(value);
    const equal = came.filter((one) => plain(one.value) === text);
    const same =
      equal.find((one) => one.path.at(-1) === path.at(-1)) ??
      equal[0] ??
      came.find((one) => text.length >= LEAST_INSIDE && plain(one.value).includes(text));
    if (same !== undefined) {
      const { spelling, said } = roomIn(path, value);
      return { path, value, cameAs: same.path.join(".") || "the text", spelling, said };
    }
    const cut = came.find((one) => plain(one.value).length >= LEAST_INSIDE && text.startsWith(plain(one.value)));
    const said = cut === undefined ? "is not found" : `is cut to ${String(cut.value).length} characters`;
    return { path, value, cameAs: null, spelling: null, said };
  });
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const HASH = /^(0x)?[0-9a-f]{64}$/i;
const DIGITS = /^[1-9]\d{0,18}$/;
const TIME = /^\d{4}-\d\d-\d\d([T ]|$)/;
/** Names that say of a field that it tells one thing from another. */
const NAMES_ONE = /(^|[^a-z])(id|uuid|guid|ref|reference|key|no|number|code|hash|token|nonce|memo|note|name|external)$/;

/** How an identity could be written into a field, judged by its name and by what one message holds there. */
function roomIn(path: readonly string[], value: string | number): Pick<Fate, "spelling" | "said"> {
  const name = (path.at(-1) ?? "").replaceAll(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  const names = NAMES_ONE.test(name);
  if (typeof value === "number") {
    return Number.isInteger(value) && names
      ? { spelling: "number", said: "a number that names one" }
      : { spelling: null, said: "an amount" };
  }
  if (HASH.test(value)) return { spelling: "hash", said: "a hash" };
  if (UUID.test(value)) return { spelling: "uuid", said: "a UUID" };
  if (DIGITS.test(value)) return { spelling: "number", said: "a number as text" };
  if (TIME.test(value)) return { spelling: null, said: "a time" };
  if (names || /\d/.test(value)) return { spelling: "text", said: "free text" };
  return { spelling: null, said: "a word out of a few" };
}

/** From the one that tells most to the one that tells least. */
const ORDER: readonly Spelling[] = ["text", "hash", "uuid", "number"];

/** The field that carries an identity best; null where none can. */
export function bestOf(fates: readonly Fate[]): (Fate & { readonly spelling: Spelling }) | null {
  const able = fates.filter((fate): fate is Fate & { spelling: Spelling } => fate.spelling !== null);
  // A number in JSON has to be written around JavaScript, which cannot hold it.
  const rank = ({ spelling, value }: (typeof able)[number]) =>
    ORDER.indexOf(spelling) + (typeof value === "number" ? ORDER.length : 0);
  return able.sort((one, other) => rank(one) - rank(other))[0] ?? null;
}

/** What an identity is called in a pipeline's file, and what is to be known of each spelling. */
export const SPELLED: Readonly<Record<Spelling, { readonly name: string; readonly room: string }>> = {
  text: { name: "id", room: "48 characters" },
  hash: { name: "hash", room: "0x and 64 digits" },
  uuid: { name: "uuid", room: "a UUID of version 8" },
  number: { name: "number", room: "19 digits" },
};

/** The fates as lines for a person. */
export function describeFates(fates: readonly Fate[]): string[] {
  const width = Math.max(0, ...fates.map(({ path }) => path.join(".").length));
  return fates.map(({ path, cameAs, spelling, said }) => {
    const name = path.join(".").padEnd(width);
    if (cameAs === null) return `  ${name}  ${said}`;
    const carries = spelling === null ? "carries none" : `${SPELLED[spelling].name}, ${SPELLED[spelling].room}`;
    return `  ${name}  comes as ${cameAs}: ${said}: ${carries}`;
  });
}
