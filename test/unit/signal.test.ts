import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEventId } from "../../core/trace.ts";
import { TargetClock } from "../../systems/signals/clock.ts";
import {
  countRound,
  damageOf,
  holdsUnderOverload,
  keepsLimit,
  keepsOne,
  markRepeats,
  type Round,
  readAnswer,
  readExecuted,
  type SignalAnswer,
  SwallowedSignals,
  signalBody,
  unprovenRepeats,
} from "../../systems/signals/wire.ts";
import { exactTraces, UINT32_MAX } from "./arbitraries.ts";

const seeds = fc.integer({ min: 0, max: UINT32_MAX });

describe("a signal", () => {
  test("buys or sells, and carries its trace in the field that is asked for", () => {
    fc.assert(
      fc.property(seeds, exactTraces, (seed, trace) => {
        const body = signalBody(seed, trace, "client_ref");
        const signal = JSON.parse(body) as Record<string, unknown>;
        expect(["BUY", "SELL"]).toContain(signal["action"]);
        expect(readEventId(String(signal["client_ref"]))).toEqual(trace);
        expect(signalBody(seed, { ...trace }, "client_ref")).toBe(body);
      }),
    );
  });

  test.each([
    [{}, 0],
    [{ action: "HOLD" }, 0],
    [{ action: 1 }, 0],
    [{ action: "buy" }, 0],
    [{ action: "Sell" }, 1],
    [{ action: "SELL", price: 3 }, 1],
  ])("that was to buy and is executed as %j is damaged in so many fields: %i", (executed, damages) => {
    const trace = { run: 1, publisher: 1, seq: 0, publishedAt: 1_700_000_000_000 };
    expect(JSON.parse(signalBody(1, trace, "ref"))).toMatchObject({ action: "BUY" });
    const damage = damageOf(executed, 1, trace);
    expect([damage].filter((one) => one !== null)).toHaveLength(damages);
  });

  test("is like no other of its run", () => {
    const trace = { run: 7, publisher: 1, publishedAt: 1_700_000_000_000 };
    const bodies = Array.from({ length: 5_000 }, (_, seq) => signalBody(1, { ...trace, seq }, "signal_id"));
    expect(new Set(bodies).size).toBe(5_000);
    const buys = bodies.filter((body) => body.includes('"BUY"')).length;
    expect(buys).toBeGreaterThan(2_300);
    expect(buys).toBeLessThan(2_700);
  });
});

const TIMESTAMP = "2026-01-01T00:00:00.000001Z";
const accepted = (timestamp: string): SignalAnswer => ({ kind: "accepted", timestamp });

describe("an answer", () => {
  test.each<[number, unknown, SignalAnswer]>([
    [200, `{"status":"accepted","webhook_id":"w","timestamp":"${TIMESTAMP}"}`, accepted(TIMESTAMP)],
    [202, '{"status":"accepted","timestamp":1767225600.25}', accepted("1767225600.25")],
    [409, "", { kind: "duplicate" }],
    [429, '{"status":"accepted","timestamp":"x"}', { kind: "limited", retryAfter: null }],
    [401, "", { kind: "refused", status: 401 }],
    [404, null, { kind: "refused", status: 404 }],
    [422, "{}", { kind: "refused", status: 422 }],
    [500, "", { kind: "failed", why: "status 500" }],
    [302, "", { kind: "failed", why: "status 302" }],
    [0, null, { kind: "failed", why: "connection reset" }],
  ])("of status %i with %j is %j", (status, body, answer) => {
    expect(readAnswer(body, { status, problem: "connection reset" })).toEqual(answer);
  });

  test.each([["not JSON"], ['{"status":"queued","timestamp":"x"}'], ['{"status":"accepted"}'], ["null"], [null]])(
    "of status 200 without the contract's fields is a failure: %j",
    (body) => {
      expect(readAnswer(body, { status: 200 })).toMatchObject({ kind: "failed" });
    },
  );

  test.each<[string | undefined, number | null]>([
    ["1", 1],
    ["120", 120],
    ["Sat, 28 Nov 2026 12:00:30 GMT", 30],
    ["Sat, 28 Nov 2026 11:59:00 GMT", 0],
    ["soon", null],
    [undefined, null],
  ])("of status 429 with Retry-After %s is to be waited for: %s s", (retryAfter, seconds) => {
    const at = Date.UTC(2026, 10, 28, 12);
    expect(readAnswer("", { status: 429, retryAfter, at })).toEqual({ kind: "limited", retryAfter: seconds });
  });
});

describe("a round", () => {
  test("the first answer again is a duplicate", () => {
    const marked = markRepeats([
      accepted("a"),
      accepted("a"),
      { kind: "limited", retryAfter: 1 },
      accepted("b"),
      accepted("a"),
    ]);
    expect(marked.map(({ kind }) => kind)).toEqual(["accepted", "duplicate", "limited", "accepted", "duplicate"]);
    expect(countRound(marked as SignalAnswer[])).toEqual({ first: 2, passed: 4, limited: 1, refused: 0, failed: 0 });
  });

  test.each([
    [["2026-11-29T12:00:00Z", "2026-11-29T12:00:00Z", "2026-11-29T12:00:00Z"], 2],
    [["1795953600", "1795953600"], 1],
    [["2026-11-29T12:00:00Z", "2026-11-29T12:00:01Z"], 0],
    [["2026-11-29T12:00:00.123456Z", "2026-11-29T12:00:00.123456Z"], 0],
    [["1795953600123", "1795953600123"], 0],
    [["2026-11-29T12:00:00.1Z", "2026-11-29T12:00:00.1Z"], 1],
    [["2026-11-29T12:00:00.12Z", "2026-11-29T12:00:00.12Z"], 1],
    [["2026-11-29T12:00:00.123Z", "2026-11-29T12:00:00.123Z"], 0],
    [["Sun, 29 Nov 2026 12:00:00 GMT", "Sun, 29 Nov 2026 12:00:00 GMT"], 1],
    [["of no form", "of no form"], 0],
  ])("with the times %j has repetitions that nothing shows: %i", (times, unproven) => {
    expect(unprovenRepeats([...times.map(accepted), { kind: "limited", retryAfter: 1 }])).toBe(unproven);
  });

  const round = (counts: Partial<Round>): Round => ({
    first: 0,
    passed: 0,
    limited: 0,
    refused: 0,
    failed: 0,
    ...counts,
  });

  test.each<[Partial<Round>, boolean]>([
    [{ passed: 10, limited: 10 }, true],
    [{ passed: 11, limited: 9 }, false],
    [{ passed: 9, limited: 11 }, false],
    [{ passed: 10, limited: 9, failed: 1 }, false],
    [{ passed: 20 }, false],
  ])("of 20 over a limit of 10 with %j keeps it: %s", (counts, holds) => {
    expect(keepsLimit(round(counts), 20, 10)).toBe(holds);
  });

  test.each<[Partial<Round>, boolean, number?]>([
    [{ first: 1, passed: 10, limited: 90 }, true],
    [{ first: 1, passed: 13, limited: 87 }, false],
    [{ first: 1, passed: 13, limited: 87 }, true, 1.2],
    [{ first: 1, passed: 21, limited: 79 }, false, 1.2],
    [{ first: 1, passed: 100 }, false],
    [{ first: 2, passed: 10, limited: 90 }, false],
    [{ first: 2, passed: 13, limited: 87 }, false, 0.9],
    [{ first: 2, passed: 13, limited: 87 }, true, 1.1],
    [{ first: 3, passed: 13, limited: 87 }, false, 1.1],
    [{ first: 0, passed: 10, limited: 90 }, false],
    [{ first: 1, passed: 1, limited: 99 }, false],
    [{ first: 1, passed: 10, limited: 89, failed: 1 }, false],
  ])("of 100 equal signals with %j has one first, within the limit: %s in %s s", (counts, holds, seconds = 0.2) => {
    expect(keepsOne(round(counts), 100, 10, seconds)).toBe(holds);
  });

  test.each<[Partial<Round>, boolean]>([
    [{ passed: 50, limited: 100 }, true],
    [{ passed: 60, limited: 90 }, true],
    [{ passed: 61, limited: 89 }, false],
    [{ passed: 39, limited: 111 }, false],
    [{ passed: 50, limited: 99, failed: 1 }, false],
    [{ passed: 150 }, false],
  ])("of 150 in 5 s over a limit of 10 with %j holds: %s", (counts, holds) => {
    expect(holdsUnderOverload(round(counts), 150, 10, 5)).toBe(holds);
  });
});

test.each([
  ['{"signals":[1,2],"next":2}', { signals: [1, 2], next: 2 }],
  ['{"signals":[]}', { signals: [] }],
  ['{"signal":[]}', expect.stringContaining("signals")],
  ["<html>", expect.any(String)],
])("the list of executed signals %j is %j", (body, page) => {
  expect(readExecuted(body)).toEqual(page);
});

describe("the target's clock", () => {
  const NEW_YEAR = Date.UTC(2026, 0, 1);
  const clock = (...answers: [string, number, number][]) => {
    const compared = new TargetClock();
    for (const [timestamp, took, answeredAt] of answers) compared.compare(timestamp, took, answeredAt);
    return compared.known.correction;
  };
  test("is corrected by the quickest answer", () => {
    const slow: [string, number, number] = ["2026-01-01T00:00:00.000000Z", 900, NEW_YEAR + 8_000];
    const quick: [string, number, number] = ["2026-01-01T00:00:01.000000Z", 4, NEW_YEAR + 6_002];
    expect(clock(slow, quick)).toBeCloseTo(5_000, 2);
    expect(clock(quick, slow)).toBeCloseTo(5_000, 2);
  });
  test.each<[string, [string, number, number][]]>([
    ["that differs by less than may be known", [["2026-01-01T00:00:00.001000Z", 10, NEW_YEAR + 9]]],
    ["that tells whole seconds", [["2026-01-01T00:00:00Z", 10, NEW_YEAR + 900]]],
    ["that tells no time", [["soon", 1, NEW_YEAR]]],
    ["that was never seen", []],
  ])("%s is left alone", (_, answers) => {
    expect(clock(...answers)).toBe(0);
  });
});

describe("a signal that was swallowed", () => {
  const SENT = Date.UTC(2026, 10, 28, 12);
  const exact = { correction: 0, error: 2 };
  const at = (ms: number, digits = 6) =>
    new Date(SENT + ms).toISOString().replace("Z", `${"0".repeat(Math.max(0, digits - 3))}Z`);

  test("was accepted before it was sent", () => {
    const swallowed = new SwallowedSignals(exact);
    expect(swallowed.has("w", at(5), SENT)).toBe(false);
    expect(swallowed.has("w", at(-400), SENT)).toBe(true);
    expect(swallowed.has("w", at(-400, 3), SENT)).toBe(true);
  });

  test("has the answer of another one of its webhook, to the microsecond", () => {
    const swallowed = new SwallowedSignals(exact);
    expect([at(5), at(6), at(5)].map((time) => swallowed.has("w", time, SENT))).toEqual([false, false, true]);
    expect(swallowed.has("another", at(5), SENT)).toBe(false);
  });

  test("is not told apart by times that are too coarse for it", () => {
    const swallowed = new SwallowedSignals({ correction: 0, error: 500 });
    const whole = "2026-11-28T12:00:00Z";
    expect([0, 100, 900].map((later) => swallowed.has("w", whole, SENT + later))).toEqual([false, false, false]);
    const milliseconds = new SwallowedSignals(exact);
    expect([at(5, 3), at(5, 3)].map((time) => milliseconds.has("w", time, SENT))).toEqual([false, false]);
  });

  test("is judged by the target's clock", () => {
    const swallowed = new SwallowedSignals({ correction: 5_000, error: 2 });
    expect(swallowed.has("w", at(-5_000), SENT)).toBe(false);
    expect(swallowed.has("w", at(-5_400), SENT)).toBe(true);
  });
});
