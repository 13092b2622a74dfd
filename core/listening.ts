import type { Window } from "./ledger.ts";
import type { Publication } from "./publication.ts";
import type { Send } from "./sends.ts";

/** All that listened by one filter: what it selects, and the times in which anybody did. */
export interface Listeners {
  readonly selected: (seq: number) => boolean;
  /** Null stands for the whole run. */
  readonly open: readonly (Window | null)[];
}

/**
 * How many acknowledged events were sent while nobody was connected whose filter selects them, although somebody was
 * before or after. They had to arrive nowhere, and so are in no other count.
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

/** The times in which any of the windows was open, in their order. */
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
