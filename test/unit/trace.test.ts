import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_ID_LENGTH, EVENT_ID_MARKER, eventId, readEventId, runNumber, type Trace } from "../../core/trace.ts";
import { exactTraces, traces } from "./arbitraries.ts";

const TRACE: Trace = { run: 0x0badcafe, publisher: 7, seq: 123_456, publishedAt: 1_767_225_600_123.456 };
const ID = "evt_1767225600123456000_0badcafe00070001e2406ca7";

/** Where an id has digits: from 4 the nanoseconds, from 24 the hex digits. */
const DECIMALS = Array.from({ length: 19 }, (_, place) => 4 + place);
const HEXES = Array.from({ length: 24 }, (_, place) => 24 + place);

function replaced(text: string, place: number, by: string): string {
  return text.slice(0, place) + by + text.slice(place + by.length);
}

test("an event id is the marker, the nanoseconds and the hex digits of run, publisher, place and check", () => {
  expect(eventId(TRACE)).toBe(ID);
  expect(ID).toHaveLength(EVENT_ID_LENGTH);
});

describe("reading", () => {
  test("gives back the trace that was written", () => {
    fc.assert(
      fc.property(traces(), (trace) => {
        expect(readEventId(eventId(trace))).toEqual(trace);
      }),
    );
  });

  test.each<[string, Trace]>([
    ["all zeros", { run: 0, publisher: 0, seq: 0, publishedAt: 1e12 }],
    ["all ones", { run: 0xffffffff, publisher: 0xffff, seq: 0xffffffff, publishedAt: 9_999_999_999_999 }],
    ["a microsecond after 2001-09-09", { ...TRACE, publishedAt: 1_000_000_000_000.001 }],
  ])("holds at the edges: %s", (_, trace) => {
    expect(eventId(trace)).toHaveLength(EVENT_ID_LENGTH);
    expect(readEventId(eventId(trace))).toEqual(trace);
  });

  test("times between two microseconds are rounded to the nearer one", () => {
    expect(readEventId(eventId({ ...TRACE, publishedAt: 1_767_225_600_123.4563 }))?.publishedAt).toBe(
      1_767_225_600_123.456,
    );
    expect(readEventId(eventId({ ...TRACE, publishedAt: 1_767_225_600_123.4568 }))?.publishedAt).toBe(
      1_767_225_600_123.457,
    );
  });

  test("finds the trace inside any text, even one with markers that start no id", () => {
    const texts = fc
      .array(fc.oneof(fc.string({ unit: "binary" }), fc.constant(EVENT_ID_MARKER)))
      .map((all) => all.join(""));
    fc.assert(
      fc.property(texts, traces(), texts, (before, trace, after) => {
        expect(readEventId(before + eventId(trace) + after)).toEqual(trace);
      }),
    );
  });

  test("takes the first of two ids", () => {
    const second = eventId({ ...TRACE, seq: 1 });
    expect(readEventId(`[${ID},${second}]`)?.seq).toBe(TRACE.seq);
  });

  test("takes uppercase hex digits for what they are, but no other marker", () => {
    expect(readEventId(ID.slice(0, 24) + ID.slice(24).toUpperCase())).toEqual(TRACE);
    expect(readEventId(ID.toUpperCase())).toBeNull();
  });

  test("tells the runs apart", () => {
    const [ours, theirs] = [runNumber("ours"), runNumber("theirs")];
    expect(readEventId(eventId({ ...TRACE, run: theirs }))?.run).toBe(theirs);
    expect(theirs).not.toBe(ours);
  });
});

describe("damage", () => {
  test("any other decimal digit is noticed", () => {
    fc.assert(
      fc.property(
        exactTraces,
        fc.constantFrom(...DECIMALS),
        fc.constantFrom(..."0123456789"),
        (trace, place, digit) => {
          const id = eventId(trace);
          fc.pre(id[place] !== digit);
          expect(readEventId(replaced(id, place, digit))).toBeNull();
        },
      ),
    );
  });

  test("any other hex digit is noticed", () => {
    fc.assert(
      fc.property(
        exactTraces,
        fc.constantFrom(...HEXES),
        fc.constantFrom(..."0123456789abcdef"),
        (trace, place, digit) => {
          const id = eventId(trace);
          fc.pre(id[place] !== digit);
          expect(readEventId(replaced(id, place, digit))).toBeNull();
        },
      ),
    );
  });

  test("any two neighbouring digits that changed places are noticed", () => {
    const places = [...DECIMALS.slice(0, -1), ...HEXES.slice(0, -1)];
    fc.assert(
      fc.property(exactTraces, fc.constantFrom(...places), (trace, place) => {
        const id = eventId(trace);
        const [left, right] = [id[place] as string, id[place + 1] as string];
        fc.pre(left !== right);
        expect(readEventId(replaced(id, place, right + left))).toBeNull();
      }),
    );
  });

  test("every letter that is no digit is noticed, wherever it stands", () => {
    fc.assert(
      fc.property(
        exactTraces,
        fc.constantFrom(...DECIMALS, ...HEXES),
        fc.constantFrom(..."gxz -+._é"),
        (trace, place, letter) => {
          expect(readEventId(replaced(eventId(trace), place, letter))).toBeNull();
        },
      ),
    );
  });

  test("every truncation is noticed", () => {
    fc.assert(
      fc.property(traces(), fc.nat({ max: EVENT_ID_LENGTH - 1 }), (trace, length) => {
        expect(readEventId(`{"event_id":"${eventId(trace).slice(0, length)}`)).toBeNull();
      }),
    );
  });

  test("a damaged id is not passed over for a later one", () => {
    const damaged = replaced(ID, 24, "1");
    expect(readEventId(`${damaged} ${ID}`)).toBeNull();
  });

  test.each([
    ["nothing", ""],
    ["no marker", ID.slice(4)],
    ["the marker alone", "evt_"],
    ["a marker without a trace", `{"event_id":"evt_not_one_of_ours_but_long_enough_to_hold_one","chain":"ethereum"}`],
    ["another separator", replaced(ID, 23, "-")],
    ["nanoseconds that are not whole microseconds", replaced(ID, 20, "001")],
    ["a marker without its first letter", ID.slice(1)],
    ["an id that lost a leading zero", ID.slice(0, 36) + ID.slice(37)],
    ["an exponent among the decimals", "evt_000000000000001e5000_0badcafe00070001e2406ca7"],
  ])("%s is no trace", (_, text) => expect(readEventId(text)).toBeNull());
});

describe("run number", () => {
  // The vectors of the FNV authors, and ids as runs have them.
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
    ["demo-20260101-120000", 1_259_675_941],
  ])("of %j is %i", (id, number) => expect(runNumber(id)).toBe(number));

  test("is a whole number of 32 bits for any id", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        const number = runNumber(id);
        expect(Number.isInteger(number) && number >= 0 && number < 2 ** 32).toBe(true);
      }),
    );
  });

  test("differs between ids of which one grew out of the other", () => {
    const ids = Array.from({ length: 1_000 }, (_, count) => `run-${count}`);
    expect(new Set(ids.map(runNumber)).size).toBe(ids.length);
  });
});
