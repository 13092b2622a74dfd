import { EVENT_ID_LENGTH, EVENT_ID_MARKER, hex, TRACE_HASH_MARKER } from "./trace.ts";

/** An id of our shape: marker, a time to the microsecond in ns, 24 hex digits. */
const SHAPE = /^evt_\d{16}000_[0-9a-f]{24}$/i;
/** Beginnings of it that are long enough to be no other system's numbering. */
const CUT_TIME = /^evt_\d{8,19}_?$/;

/** How many of a run's eight digits a damaged id still has; by chance another one has one in two hundred thousand times. */
const LIKE = 5;
const RUN_AT = 24;
const RUN_DIGITS = 8;

/**
 * Whether a text that is no whole event id was one of a run's before it was damaged. Other generators write ids
 * with the same marker, as in `evt_<ns>_0x<16 hex>`: these are foreign.
 *
 * @param text starts with the marker; what follows the id may follow.
 * @param run the run's number; null when it is not known, and then an id of our shape counts as ours.
 * @param now Unix ms.
 */
export function wasOurs(text: string, run: number | null, now: number): boolean {
  const id = word(text);
  // Nothing ends it: what it was in is cut off.
  if (id.length === text.length && id.length < EVENT_ID_LENGTH) return true;
  if (run === null) return SHAPE.test(id) || isCutTime(id, now);
  const digits = hex(run, RUN_DIGITS);
  if (id.toLowerCase().includes(digits)) return true;
  if (SHAPE.test(id)) return agreement(id.toLowerCase().substring(RUN_AT, RUN_AT + RUN_DIGITS), digits) >= LIKE;
  return isCutTime(id, now);
}

/** How many characters of the beginning of a trace hash a damaged one still has; by chance another hash has eight. */
const LIKE_HASH = 20;

/** Whether a hash that is no whole trace hash was one before it was damaged. Those of other events are foreign. */
export function wasTraceHash(hash: string): boolean {
  return agreement(hash, TRACE_HASH_MARKER) >= LIKE_HASH;
}

/** The letters, digits and underscores that a text starts with: ids have nothing else. */
function word(text: string): string {
  return /^\w*/.exec(text)?.[0] ?? "";
}

function agreement(some: string, others: string): number {
  let equal = 0;
  for (let place = 0; place < others.length; place++) if (some[place] === others[place]) equal++;
  return equal;
}

/** Digits of a time, which end too early: of these days, or they are some other number. */
function isCutTime(id: string, now: number): boolean {
  const start = EVENT_ID_MARKER.length;
  return CUT_TIME.test(id) && id.substring(start, start + 4) === String(now).substring(0, 4);
}
