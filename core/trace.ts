/**
 * The identity that an event carries through a pipeline: its run, its publisher, its sequence number and its publish
 * time. There are two spellings here: the event id (`evt_<unix ns>_<24 hex digits>`) and the 32-byte hash (`0x` and 64
 * hex digits); identity.ts has two more.
 */
export interface Trace {
  /** The run's number, see {@link runNumber}: 32 bits. */
  readonly run: number;
  /** The publisher: 16 bits. Order is judged within one publisher. */
  readonly publisher: number;
  /** Sequence number, unique within the run: 32 bits. */
  readonly seq: number;
  /** Publish time in Unix ms, to the microsecond. */
  readonly publishedAt: number;
}

/** The publisher id of canaries, which check readiness and do not count as load. */
export const CANARY_PUBLISHER = 0xffff;

/** The publisher id of probes: events that no filter selects. What a target does with them is reported, not judged. */
export const PROBE_PUBLISHER = 0xfffe;

/** The start of an event id in any text. */
export const EVENT_ID_MARKER = "evt_";

/** Length of an event id: marker 4, nanoseconds 19 (from 2001 to 2286), underscore 1, hex digits 24. */
export const EVENT_ID_LENGTH = 48;

/**
 * The largest prime below 2^16. A weighted sum modulo a prime above the radix detects every change of one digit and
 * every swap of two neighbours, like the check digits of ISO 7064.
 */
const CHECK_PRIME = 65521;

/** The number of a run id in its traces: 32-bit FNV-1a over the id's UTF-16 units. */
export function runNumber(runId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < runId.length; at++) {
    hash = Math.imul(hash ^ runId.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** The start of a trace hash in any text: "throughline" in ASCII, and the version of the layout. */
export const TRACE_HASH_MARKER = "0x7468726f7567686c696e650001";

/** Length of a trace hash: marker 28, run 8, publisher 4, sequence number 8, microseconds 14, check 4. */
export const TRACE_HASH_LENGTH = 66;

/** Weight of the sequence number in the checksum. */
const SEQ_WEIGHT = 52711;

/** The part of the checksum for run and publisher. */
function sumOf(run: number, publisher: number): number {
  return (run % CHECK_PRIME) * 40503 + publisher * 30011;
}

/** @param source the {@link sumOf} run and publisher. */
function checkDigits(source: number, seq: number, micros: number): number {
  return (source + (seq % CHECK_PRIME) * SEQ_WEIGHT + (micros % CHECK_PRIME) * 7919) % CHECK_PRIME;
}

/** A number in hex digits with leading zeros. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/**
 * Parses hex digits; NaN for any other character. parseInt() would stop at one, and Number() would ignore a trailing
 * blank, which is why a digit is appended.
 */
function hexadecimal(digits: string): number {
  return Number(`0x${digits}0`) / 16;
}

/** Publish time in whole Unix ms, rounded from the microseconds in identities, so that both ends get the same value. */
export function publishedMs({ publishedAt }: Pick<Trace, "publishedAt">): number {
  return Math.round(Math.round(publishedAt * 1000) / 1000);
}

/** Writes an event id: `evt_<publish time, unix ns>_<run 8><publisher 4><seq 8><check 4>`. */
export function eventId(trace: Trace): string {
  const micros = Math.round(trace.publishedAt * 1000);
  const { run, publisher, seq } = trace;
  const check = checkDigits(sumOf(run, publisher), seq, micros);
  return `${EVENT_ID_MARKER}${micros}000_${hex(run, 8)}${hex(publisher, 4)}${hex(seq, 8)}${hex(check, 4)}`;
}

/** The event id at a position of a text; null where there is none, because other texts may contain the marker. */
export function eventIdAt(text: string, start: number): string | null {
  const end = start + EVENT_ID_LENGTH;
  // The separator must be in its place.
  return text.length < end || text.substring(start + 20, start + 24) !== "000_" ? null : text.substring(start, end);
}

/** The first event id in a text, found without parsing the text; null without one. */
export function findEventId(text: string): string | null {
  for (let at = text.indexOf(EVENT_ID_MARKER); at >= 0; at = text.indexOf(EVENT_ID_MARKER, at + 1)) {
    const id = eventIdAt(text, at);
    if (id !== null) return id;
  }
  return null;
}

/**
 * Decodes the first event id in a text.
 *
 * @returns the trace; null when there is no event id or its check digits are wrong.
 */
export function readEventId(text: string): Trace | null {
  const id = findEventId(text);
  if (id === null) return null;
  const digits = id.substring(4, 20);
  const micros = Number(digits);
  // Number() also accepts blanks, signs and exponents.
  if (String(micros) !== digits) return null;
  const source = readSource(id.substring(24, 36));
  const place = hexadecimal(id.substring(36));
  const seq = Math.floor(place / 0x10000);
  if (checkDigits(source.sum, seq, micros) !== place % 0x10000) return null;
  return { run: source.run, publisher: source.publisher, seq, publishedAt: micros / 1000 };
}

/** Run and publisher of an event id, and their part of the checksum. */
interface Source {
  readonly digits: string;
  readonly run: number;
  readonly publisher: number;
  readonly sum: number;
}

let lastSource: Source | null = null;

/** Decodes run and publisher; cached, because thousands of events in a row come from one publisher. */
function readSource(digits: string): Source {
  if (lastSource?.digits === digits) return lastSource;
  const source = hexadecimal(digits);
  const run = Math.floor(source / 0x10000);
  const publisher = source % 0x10000;
  lastSource = { digits, run, publisher, sum: sumOf(run, publisher) };
  return lastSource;
}

/**
 * Writes a 32-byte hash: `0x<marker 26><run 8><publisher 4><seq 8><publish time, unix us 14><check 4>`, for pipelines
 * in which only a transaction hash survives every hop.
 */
export function traceHash(trace: Trace): string {
  const micros = Math.round(trace.publishedAt * 1000);
  const { run, publisher, seq } = trace;
  const check = checkDigits(sumOf(run, publisher), seq, micros);
  return `${TRACE_HASH_MARKER}${hex(run, 8)}${hex(publisher, 4)}${hex(seq, 8)}${hex(micros, 14)}${hex(check, 4)}`;
}

/** Decodes a 32-byte hash. @returns the trace; null when the text is no trace hash or its check digits are wrong. */
export function readTraceHash(text: string): Trace | null {
  if (text.length !== TRACE_HASH_LENGTH || !text.startsWith(TRACE_HASH_MARKER)) return null;
  const run = hexadecimal(text.substring(28, 36));
  const publisher = hexadecimal(text.substring(36, 40));
  const seq = hexadecimal(text.substring(40, 48));
  const micros = hexadecimal(text.substring(48, 62));
  if (checkDigits(sumOf(run, publisher), seq, micros) !== hexadecimal(text.substring(62))) return null;
  return { run, publisher, seq, publishedAt: micros / 1000 };
}
