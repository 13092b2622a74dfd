import { EVENT_ID_LENGTH, EVENT_ID_MARKER, hex, TRACE_HASH_MARKER } from "./trace.ts";

/** The form of our ids: marker, a time to the microsecond in ns, 24 hex digits. */
const SHAPE = /^evt_\d{16}000_[0-9a-f]{24}$/i;
/** Truncated ids that are long enough not to be another system's numbering. */
const CUT_TIME = /^evt_\d{8,19}_?$/;

/** How many of the eight digits of a run's number must be left; one other id in 22,000 has five of them by chance. */
const LIKE = 5;
const RUN_AT = 24;
const RUN_DIGITS = 8;

/**
 * Whether a text that is no whole event id was an id of the run before it was damaged. Ids of other generators with the
 * same marker, as in `evt_<ns>_0x<16 hex>`, are foreign.
 *
 * @param text begins with the marker; text after the id may follow.
 * @param run the run's number; if null, any id of our form counts as ours.
 * @param now Unix ms.
 */
export function wasOurs(text: string, run: number | null, now: number): boolean {
  const id = word(text);
  // The text ends within the id: it was truncated.
  if (id.length === text.length && id.length < EVENT_ID_LENGTH) return true;
  if (run === null) return SHAPE.test(id) || isCutTime(id, now);
  const digits = hex(run, RUN_DIGITS);
  if (id.toLowerCase().includes(digits)) return true;
  if (SHAPE.test(id)) return agreement(id.toLowerCase().substring(RUN_AT, RUN_AT + RUN_DIGITS), digits) >= LIKE;
  return isCutTime(id, now);
}

/** How many of a trace hash's first characters must be left; other hashes share eight by chance. */
const LIKE_HASH = 20;

/** Whether a hash that is no whole trace hash was one before it was damaged. Hashes of other events are foreign. */
export function wasTraceHash(hash: string): boolean {
  return agreement(hash, TRACE_HASH_MARKER) >= LIKE_HASH;
}

/** The leading letters, digits and underscores of a text; ids consist of these. */
function word(text: string): string {
  return /^\w*/.exec(text)?.[0] ?? "";
}

function agreement(some: string, others: string): number {
  let equal = 0;
  for (let place = 0; place < others.length; place++) if (some[place] === others[place]) equal++;
  return equal;
}

/** Whether these are the leading digits of a current time. */
function isCutTime(id: string, now: number): boolean {
  const start = EVENT_ID_MARKER.length;
  return CUT_TIME.test(id) && id.substring(start, start + 4) === String(now).substring(0, 4);
}
