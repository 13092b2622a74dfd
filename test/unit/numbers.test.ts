import { describe, expect, test } from "vitest";
import { duration, percent } from "../../cli/format.ts";
import { milliseconds, number, several } from "../../core/numbers.ts";

test.each<[number | null, string]>([
  [35_014, "35,014"],
  [0, "0"],
  [0.875, "0.875"],
  [2.18712345, "2.187"],
  [1_234.567, "1,235"],
  [-0.5, "-0.5"],
  [-1_234.5, "-1,234"],
  [999.96, "1,000"],
  [0.000000125, "0.000000125"],
  [1e21, "1,000,000,000,000,000,000,000"],
  [null, "–"],
])("%s is written as %s", (value, text) => {
  expect(number(value)).toBe(text);
});

test.each<[number | null, string]>([
  [0.784, "78 %"],
  [0.0625, "6.3 %"],
  [-15.96, "-1596 %"],
  [0, "0 %"],
  [1, "100 %"],
  [null, "–"],
])("the share %s is %s", (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [850, "850 ms"],
  [32_549, "32.5 s"],
  [60_000, "1 min"],
  [303_000, "5 min 3 s"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
])("%i ms last %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

describe("what is counted", () => {
  test("is one of it or several", () => {
    expect([several(1, "path"), several(3_000, "path"), several(2, "process", "processes")]).toEqual([
      "1 path",
      "3,000 paths",
      "2 processes",
    ]);
  });

  test("has its unit only where there is a number", () => {
    expect([milliseconds(5.3434), milliseconds(null)]).toEqual(["5.343 ms", "–"]);
  });
});
