import { describe, expect, test } from "vitest";
import { isDuration, parseDuration } from "../../core/shape.ts";

describe("a duration", () => {
  test.each([
    ["90s", 90],
    ["1m30s", 90],
    ["500ms", 0.5],
    ["2h", 7_200],
    ["1h2m3s4ms", 3_723.004],
    ["1.5m", 90],
    ["0s", 0],
    ["0.25s", 0.25],
    ["30s30s", 60],
  ])("%s is %f seconds", (text, length) => {
    expect(isDuration(text)).toBe(true);
    expect(parseDuration(text)).toBeCloseTo(length, 9);
  });

  test.each([
    "",
    "30",
    "s",
    "30 s",
    " 30s",
    "-5s",
    "5d",
    "1m 30s",
    "1.s",
    ".5s",
    "1,5s",
    "30S",
    "5 minutes",
    "NaN",
    "1e3s",
  ])("%j is none", (text) => {
    expect(isDuration(text)).toBe(false);
    expect(() => parseDuration(text)).toThrow(new RangeError(`"${text}" is not a duration such as 30s, 5m or 1m30s`));
  });
});
