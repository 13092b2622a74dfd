/** Finds how a template writes times, from the texts of probes. */
import { once } from "./once.ts";
import { PROBE_TRACE, probeValues } from "./probes.ts";
import { type Piece, type TimeSlot, written } from "./template.ts";

/** The slots of times: Unix times as a whole, and the parts of an ISO time, of which a text may have some. */
const timeSlots = once((): readonly TimeSlot[] => [
  { slot: "time", unit: "unixms" },
  { slot: "time", unit: "unix" },
  ...[4, 4, 7, 10, 13, 16, 19, 23].map((to, place): TimeSlot => {
    const from = [0, 2, 5, 8, 11, 14, 17, 20][place] as number;
    return { slot: "time", unit: "iso", from, to };
  }),
]);
const writtenTimes = once(() =>
  timeSlots().map((slot) =>
    probeValues().publishedAt.map((publishedAt) => written([slot], { ...PROBE_TRACE, publishedAt })),
  ),
);

/** The slots in texts that write a time; `20260101` has three of them. Null where they write something else. */
export function timesIn(texts: readonly string[]): readonly Piece[] | null {
  const all = writtenTimes();
  const [first = ""] = texts;
  const pieces: Piece[] = [];
  for (let from = 0; from < first.length; ) {
    const place = all.findIndex((times) => texts.every((text, at) => text.startsWith(times[at] ?? "", from)));
    const digit = first.charAt(from);
    if (place < 0 && texts.some((text) => text.charAt(from) !== digit)) return null;
    pieces.push(timeSlots()[place] ?? digit);
    from += place < 0 ? 1 : (all[place]?.[0] ?? digit).length;
  }
  return texts.every(({ length }) => length === first.length) ? pieces : null;
}
