import { describe, expect, test } from "vitest";
import { judgedOf, judgedShare } from "../../core/judgedshare.ts";
import type { Window } from "../../core/ledger.ts";
import { type Listeners, unheard } from "../../core/listening.ts";
import { Publication } from "../../core/publication.ts";
import { ACCOUNT } from "./records.ts";
import { batch } from "./reports.ts";

/** One event every 10 ms, of which each takes 1 ms. */
function published(count: number): Publication {
  const publication = new Publication();
  for (let seq = 0; seq < count; seq++) publication.record(batch(seq, 1, seq * 10, { sentThrough: seq * 10 + 1 }));
  return publication;
}

const all = () => true;
const even = (seq: number) => seq % 2 === 0;
const odd = (seq: number) => seq % 2 === 1;
const from = (start: number, end: number): Window => ({ from: start, through: end });
const listeners = (selected: Listeners["selected"], ...open: (Window | null)[]): Listeners => ({ selected, open });

describe("events that nobody could hear", () => {
  test.each<[string, Listeners[], number]>([
    ["none, where a path is open as long as the run", [listeners(all, null)], 0],
    ["none, where one comes before the other leaves", [listeners(all, from(0, 500), from(490, 1_000))], 0],
    ["those of the time between two connections", [listeners(all, from(0, 195), from(400, 1_000))], 20],
    ["those before the first, and after the last", [listeners(all, from(100, 895))], 20],
    ["all, where nobody ever listened", [], 100],
    ["none that a second filter selects, too", [listeners(all, from(0, 195)), listeners(all, from(150, 1_000))], 0],
    ["those that only an absent filter selects", [listeners(even, null), listeners(odd, from(0, 495))], 25],
    ["none that no filter of the run selects", [listeners(even, null)], 0],
  ])("are %s", (_, who, count) => {
    expect(unheard(published(100), who)).toBe(count);
  });

  test("are only acknowledged ones", () => {
    const publication = new Publication();
    publication.record(batch(0, 10, 1_000, { refused: [1], unknown: [2, 3] }));
    publication.record(batch(10, 1, 10));
    expect(unheard(publication, [listeners(all, from(0, 20))])).toBe(7);
  });
});

describe("what was judged", () => {
  test.each([
    ["everything", { acknowledged: 100, expected: 500, unjudged: 0, unheard: 0 }, 1],
    ["half of the deliveries", { acknowledged: 100, expected: 250, unjudged: 250, unheard: 0 }, 0.5],
    ["half of the events", { acknowledged: 100, expected: 250, unjudged: 0, unheard: 50 }, 0.5],
    ["a quarter, of both", { acknowledged: 100, expected: 250, unjudged: 250, unheard: 50 }, 0.25],
    ["nothing, of what should have been", { acknowledged: 100, expected: 0, unjudged: 9, unheard: 0 }, 0],
    ["nothing, because nothing was published", { acknowledged: 0, expected: 0, unjudged: 0, unheard: 0 }, null],
  ])("is %s", (_, counts, share) => {
    expect(judgedShare({ ...ACCOUNT, ...counts })).toBe(share);
  });

  test("is said in words, and never rounded up", () => {
    const counts = { ...ACCOUNT, acknowledged: 10_000, expected: 10_000, unjudged: 1, unheard: 2, unknown: 0 };
    expect(judgedOf(counts)).toBe(
      "99.9 % of what was published: 1 unjudged (too near the edges of a connection), 2 published with nobody listening",
    );
    expect(judgedOf({ ...counts, unknown: 1 })).toContain("unjudged (too near edges, or without a clear answer)");
  });
});
