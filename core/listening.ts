import type { Window } from "./ledger.ts";
import type { Publication } from "./publication.ts";
import type { Send } from "./sends.ts";

/** All listeners with one filter: what it selects, and when at least one was connected. */
export interface Listeners {
  readonly selected: (seq: number) => boolean;
  /** Null stands for the whole run. */
  readonly open: readonly (Window | null)[];
}

/**
 * The number of acknowledged events that were sent while no listener with a matching filter was connected, although one
 * was before or after. They are in no other count.
 */
export function unheard(publication: Publication, listeners: readonly Listeners[]): number {
  const { span } = publication;
  if (span === null) return 0;
  if (listeners.length === 0) return publication.acknowledged;
  const kinds = listeners.map(({ selected, open }) => ({ selected, open: merged(open, span) }));
  if (kinds.every(({ open }) => open.some((one) => one.from <= span.from && span.through <= one.through))) return 0;
  return publication.count((send) => {
    const [connected, away] = [[], []] as [typeof kinds, typeof kinds];
    for (const kind of kinds) (kind.open.some((one) => overlaps(one, send)) ? connected : away).push(kind);
    if (away.length === 0) return null;
    return (seq) => away.some(({ selected }) => selected(seq)) && !connected.some(({ selected }) => selected(seq));
  });
}

/** The union of the windows, in order. */
function merged(windows: readonly (Window | null)[], span: Window): Window[] {
  const sorted = windows.map((one) => one ?? span).sort((one, other) => one.from - other.from);
  const whole: Window[] = [];
  for (const { from, through } of sorted) {
    const last = whole.at(-1);
    if (last === undefined || from > last.through) whole.push({ from, through });
    else whole[whole.length - 1] = { from: last.from, through: Math.max(last.through, through) };
  }
  return whole;
}

function overlaps({ from, through }: Window, { sentFrom, sentThrough }: Send): boolean {
  return sentThrough >= from && sentFrom <= through;
}
