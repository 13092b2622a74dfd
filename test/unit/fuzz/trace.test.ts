/** Traces that were damaged on their way: what the check digits promise, and what they let through. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw } from "../../../core/event.ts";
import { eventId, readEventId, readTraceHash, type Trace, traceHash } from "../../../core/trace.ts";
import { exactTraces } from "../arbitraries.ts";
import { corpus, damagedText, fuzz } from "./fuzzing.ts";

const SPELLINGS = {
  "event id": { write: eventId, read: readEventId },
  "trace hash": { write: traceHash, read: readTraceHash },
};

describe.each(Object.entries(SPELLINGS))("%s", (spelling, { write, read }) => {
  interface Change {
    readonly trace: Trace;
    readonly place: number;
    readonly letter: string;
  }
  const letters = fc.oneof(
    fc.constantFrom(..."0123456789abcdefghxzABCDEFX_+-. \t\n\u00a0\ufeff"),
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }),
  );
  const changes = fc.record({ trace: exactTraces, place: fc.nat(), letter: letters });

  fuzz<Change>(`any single other letter is damage: ${spelling}`, changes, corpus(`traces`), 3_000, (change) => {
    const text = write(change.trace);
    const place = change.place % text.length;
    // Hex digits mean the same in upper case; nothing was damaged then.
    if (text[place]?.toLowerCase() === change.letter.toLowerCase()) return;
    expect(read(text.slice(0, place) + change.letter + text.slice(place + 1))).toBeNull();
  });

  fuzz(
    `what is read is a trace, and is written alike: ${spelling}`,
    damagedText(exactTraces.map(write)),
    corpus<string>("trace-texts"),
    3_000,
    (text) => {
      const trace = read(text);
      if (trace === null) return;
      const { run, publisher, seq } = trace;
      for (const [value, most] of [
        [run, 0xffffffff],
        [publisher, 0xffff],
        [seq, 0xffffffff],
      ] as const) {
        expect(Number.isInteger(value) && value >= 0 && value <= most).toBe(true);
      }
      expect(text.toLowerCase()).toContain(write(trace).toLowerCase());
    },
  );

  test("damage to several digits is missed once in 65,521 times or less", () => {
    const trials = 400_000;
    const [first, length] = spelling === "event id" ? [24, 48] : [28, 66];
    let missed = 0;
    let changed = 0;
    for (let trial = 0; trial < trials; trial++) {
      const text = write({ run: draw(1, trial), publisher: 7, seq: trial, publishedAt: 1_767_225_600_000 + trial });
      let damaged = text;
      for (let change = 0; change < 2 + (trial % 4); change++) {
        const drawn = draw(change + 2, trial);
        const place = first + (drawn % (length - first));
        damaged = damaged.slice(0, place) + ((drawn >>> 16) % 16).toString(16) + damaged.slice(place + 1);
      }
      if (damaged === text) continue;
      changed++;
      if (read(damaged) !== null) missed++;
    }
    // Six misses are expected of 400,000; sixteen would be four standard deviations too many.
    expect(changed).toBeGreaterThan(trials * 0.9);
    expect(missed).toBeLessThan(16);
  });
});
