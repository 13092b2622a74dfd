import { describe, expect, test } from "vitest";
import { Freshness, readTime } from "../../core/moment.ts";

describe("a time", () => {
  const NEW_YEAR = Date.UTC(2026, 0, 1);
  test.each<[string, number, number]>([
    ["2026-01-01T00:00:00Z", NEW_YEAR, 1_000],
    ["2026-01-01T00:00:00.5Z", NEW_YEAR + 500, 100],
    ["2026-01-01T00:00:00.123456Z", NEW_YEAR + 123.456, 0.001],
    ["2026-01-01T01:00:00.123+01:00", NEW_YEAR + 123, 1],
    ["2026-01-01 00:00:00.123", NEW_YEAR + 123, 1],
    ["1767225600", NEW_YEAR, 1_000],
    ["1767225600.25", NEW_YEAR + 250, 10],
    ["1767225600123", NEW_YEAR + 123, 1],
  ])("%s is %f, cut off by %f ms", (text, at, resolution) => {
    const told = readTime(text);
    expect(told?.at).toBeCloseTo(at, 3);
    expect(told?.resolution).toBeCloseTo(resolution, 6);
  });

  test.each(["", "yesterday", "2026-13-41T00:00:00Z", "12", "2026-01-01"])("is none: %j", (text) => {
    expect(readTime(text)).toBeNull();
  });
});

describe("the moment of an answer", () => {
  const NOW = Date.UTC(2026, 10, 28, 12);
  const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

  test.each<[unknown, string | null]>([
    [ago(0), null],
    [ago(59), null],
    [ago(-59), null],
    [ago(61), "behind"],
    [ago(-61), "ahead of"],
    ["2001-01-01T00:00:00Z", "25 years behind"],
    [0, "is no time"],
    [Math.floor(NOW / 1_000), null],
    [NOW, null],
    ["soon", "is no time"],
    [null, "is no time"],
    [{}, "is no time"],
  ])("%j: %s", (moment, problem) => {
    const found = new Freshness(60_000).problemOf(moment, NOW);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });

  test("stands still, where answers were made once and are given again", () => {
    const freshness = new Freshness(60_000);
    const problems = [0, 2, 4, 6].map((later) => freshness.problemOf(ago(0), NOW + later * 1_000));
    expect(problems.map((problem) => problem !== null)).toEqual([false, false, true, true]);
    expect(problems[3]).toContain("stands still");
  });

  test("may be of a clock that is off, if it goes on", () => {
    const freshness = new Freshness(60_000);
    for (const later of [0, 10, 20]) expect(freshness.problemOf(ago(40 - later), NOW + later * 1_000)).toBeNull();
  });

  test("is held against what was seen before", () => {
    expect(new Freshness(60_000, 0).problemOf(ago(10), NOW)).toContain("stands still");
    expect(new Freshness(60_000, 9_000).problemOf(ago(10), NOW)).toBeNull();
  });

  test("of whole seconds may look older by what was cut off", () => {
    const freshness = new Freshness(60_000);
    const whole = (at: number) => new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace(".000", "");
    for (let at = NOW; at < NOW + 20_000; at += 333) expect(freshness.problemOf(whole(at), at)).toBeNull();
  });
});
