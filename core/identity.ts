/**
 * The identity of an event in four spellings, and how they are found in any text without a selector. The text and the
 * hash have a marker. A UUID is recognised by its version, variant and check digits. A number is recognised by a
 * remainder that identifies its run, so only numbers of known runs are found.
 */
import { draw } from "./event.ts";
import { once } from "./once.ts";
import {
  CANARY_PUBLISHER,
  EVENT_ID_LENGTH,
  EVENT_ID_MARKER,
  eventId,
  publishedMs,
  readEventId,
  readTraceHash,
  TRACE_HASH_LENGTH,
  TRACE_HASH_MARKER,
  type Trace,
  traceHash,
} from "./trace.ts";

/** The spellings: 48 characters, 0x and 64 digits, a UUID of version 8, a 64-bit integer. */
export const SPELLINGS = ["text", "hash", "uuid", "number"] as const;
export type Spelling = (typeof SPELLINGS)[number];

/** An identity found in a text. */
export interface Identity extends Omit<Trace, "publishedAt"> {
  readonly spelling: Spelling;
  /** Unix ms; null where the spelling has no room for it. */
  readonly publishedAt: number | null;
}

/** The identities in a text in order, each occurrence by itself. */
export interface FoundIdentities {
  readonly identities: readonly Identity[];
  /** Identities that are ours by their marker or run, and whose check digits are wrong. */
  readonly damaged: number;
}

/** What a reader knows besides the text. */
export interface ReadingContext {
  /** The numbers of the runs that identities may belong to; needed only for numbers and damaged UUIDs. */
  readonly runs: readonly number[];
  /** Unix ms of the text's arrival: a UUID has its publish time only modulo {@link UUID_TIME}. */
  readonly at: number;
}

/** A UUID's time in ms wraps around after 4.6 hours. */
const UUID_TIME = 2 ** 24;
/** A publish time up to this much later than the arrival means that a clock is wrong. */
const CLOCK_SKEW_MS = 60_000;
/**
 * The largest prime below 2^20: no change of one hexadecimal digit, and no swap of two neighbours, keeps the remainder.
 */
const UUID_PRIME = 1_048_573;
/** Sequence numbers in UUIDs and numbers are smaller. */
const SEQ_LIMIT = 2 ** 28;

function uuidCheck({ run, publisher, seq }: Pick<Trace, "run" | "publisher" | "seq">, time: number): number {
  return (
    ((run % UUID_PRIME) * 40_503 + publisher * 30_011 + (seq % UUID_PRIME) * 52_711 + (time % UUID_PRIME) * 7_919) %
    UUID_PRIME
  );
}

/** Writes an identity as a UUID of version 8. @throws RangeError for a sequence number from 2^28 on. */
function uuidOf(trace: Trace): string {
  const { run, publisher, seq } = trace;
  refuseLarge(seq);
  const time = publishedMs(trace) % UUID_TIME;
  const place = hex(seq, 7);
  const tail = hex(time, 6) + hex(uuidCheck(trace, time), 5);
  return `${hex(run, 8)}-${hex(publisher, 4)}-8${place.slice(0, 3)}-9${place.slice(3, 6)}-${place.slice(6)}${tail}`;
}

/** 2^31 - 1: no change of one decimal digit, and no swap of two, keeps the remainder. */
const NUMBER_PRIME = 2_147_483_647n;
/** Gives all numbers 19 digits, within a signed 64-bit integer. */
const NUMBER_OFFSET = 7n << 29n;
const CANARY_PLACE = BigInt(SEQ_LIMIT);

/** The remainder of all numbers of a run. */
function remainderOf(run: number): bigint {
  return BigInt(draw(run, 0)) % NUMBER_PRIME;
}

/**
 * Writes an identity as a 64-bit integer of 19 decimal digits. To be put into a message as text, because JavaScript
 * would round a JSON number of that size. It contains neither publisher nor time.
 *
 * @throws RangeError for a sequence number from 2^28 on.
 */
export function numberOf({ run, publisher, seq }: Trace): string {
  refuseLarge(seq);
  const place = BigInt(seq) + (publisher === CANARY_PUBLISHER ? CANARY_PLACE : 0n);
  return String((NUMBER_OFFSET + place) * NUMBER_PRIME + remainderOf(run));
}

/** Writes an identity in any spelling. */
export function spell(trace: Trace, spelling: Spelling): string {
  switch (spelling) {
    case "text":
      return eventId(trace);
    case "hash":
      return traceHash(trace);
    case "uuid":
      return uuidOf(trace);
    case "number":
      return numberOf(trace);
  }
}

const MARKER_DIGITS = TRACE_HASH_MARKER.slice(2);
const DIGITS = [
  MARKER_DIGITS,
  "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}",
  "[0-9a-f]{12}8[0-9a-f]{3}9[0-9a-f]{15}",
  "[89]\\d{18}",
];
// k6 takes 35 KB to make one of these, in each virtual user; most of them need none.
const candidatesPattern = once(() => new RegExp([EVENT_ID_MARKER, ...DIGITS].join("|"), "gi"));
/** The marker of a text alone is a common beginning of names, such as `evt_type`. */
const likenessPattern = once(() => new RegExp([`${EVENT_ID_MARKER}\\d{16}`, ...DIGITS].join("|"), "i"));

/** Characters of a number, the shortest spelling. */
export const SHORTEST_IDENTITY = 19;

/** Whether anything in a text looks like an identity, of whatever run and however damaged. */
export function resemblesIdentity(text: string): boolean {
  return likenessPattern().test(text);
}

/** Finds every identity in a text, whatever surrounds it, in upper or lower case. */
export function identitiesIn(text: string, context: ReadingContext): FoundIdentities {
  const identities: Identity[] = [];
  let damaged = 0;
  const candidates = candidatesPattern();
  candidates.lastIndex = 0;
  for (let match = candidates.exec(text); match !== null; match = candidates.exec(text)) {
    const read = readAt(text, match.index, match[0], context);
    if (read === null) {
      // A false match may overlap the beginning of a real one.
      candidates.lastIndex = match.index + 1;
    } else if (read === "damaged") damaged++;
    else {
      identities.push(read.identity);
      candidates.lastIndex = match.index + read.length;
    }
  }
  return { identities, damaged };
}

type IdentityReading = { readonly identity: Identity; readonly length: number } | "damaged" | null;

function readAt(text: string, start: number, candidate: string, known: ReadingContext): IdentityReading {
  const first = candidate.toLowerCase();
  if (first === EVENT_ID_MARKER) return readText(text.slice(start, start + EVENT_ID_LENGTH).toLowerCase());
  if (first === MARKER_DIGITS) return readHash(text.slice(start, start + TRACE_HASH_LENGTH - 2).toLowerCase());
  const isNumber = candidate.length === 19;
  if (isInside(text, start, candidate.length, isNumber ? DECIMAL : HEXADECIMAL)) return null;
  return isNumber ? readNumber(candidate, known) : readUuid(first.replaceAll("-", ""), candidate.length, known);
}

const DECIMAL = /\d/;
const HEXADECIMAL = /[0-9a-f]/i;

/** Whether digits are directly before or behind it: then it is a part of something longer. */
function isInside(text: string, start: number, length: number, digit: RegExp): boolean {
  return digit.test(text.charAt(start - 1)) || digit.test(text.charAt(start + length));
}

function readText(text: string): IdentityReading {
  // The marker alone proves nothing, because other ids begin with it, too. Ours have their separator in the right
  // place.
  if (text.slice(20, 24) !== "000_") return null;
  const trace = text.length === EVENT_ID_LENGTH ? readEventId(text) : null;
  return trace === null ? "damaged" : { identity: { ...trace, spelling: "text" }, length: EVENT_ID_LENGTH };
}

function readHash(digits: string): IdentityReading {
  const trace = readTraceHash(`0x${digits}`);
  return trace === null ? "damaged" : { identity: { ...trace, spelling: "hash" }, length: digits.length };
}

function readUuid(digits: string, length: number, { runs, at }: ReadingContext): IdentityReading {
  const run = Number.parseInt(digits.slice(0, 8), 16);
  const publisher = Number.parseInt(digits.slice(8, 12), 16);
  const seq = Number.parseInt(digits.slice(13, 16) + digits.slice(17, 21), 16);
  const time = Number.parseInt(digits.slice(21, 27), 16);
  const check = Number.parseInt(digits.slice(27), 16);
  if (uuidCheck({ run, publisher, seq }, time) !== check) return runs.includes(run) ? "damaged" : null;
  const latest = at + CLOCK_SKEW_MS;
  const publishedAt = latest - ((((latest - time) % UUID_TIME) + UUID_TIME) % UUID_TIME);
  return { identity: { run, publisher, seq, publishedAt, spelling: "uuid" }, length };
}

function readNumber(digits: string, { runs }: ReadingContext): IdentityReading {
  const value = BigInt(digits);
  const place = value / NUMBER_PRIME - NUMBER_OFFSET;
  if (place < 0n || place >= 2n * CANARY_PLACE) return null;
  const run = runs.find((one) => value % NUMBER_PRIME === remainderOf(one));
  if (run === undefined) return null;
  const isCanary = place >= CANARY_PLACE;
  const seq = Number(isCanary ? place - CANARY_PLACE : place);
  const publisher = isCanary ? CANARY_PUBLISHER : 0;
  return { identity: { run, publisher, seq, publishedAt: null, spelling: "number" }, length: digits.length };
}

function refuseLarge(seq: number): void {
  if (seq >= SEQ_LIMIT)
    throw new RangeError(`event ${seq}: uuid and number have room for ${SEQ_LIMIT} events; use id or hash`);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
