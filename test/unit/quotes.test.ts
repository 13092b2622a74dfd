import { describe, expect, test } from "vitest";
import { describeQuotes, quoteName, quotesIn } from "../../core/quotes.ts";

const said = (about: string, text: string, passes: number) => ({ name: quoteName(about, text), passes });

describe("quotes", () => {
  test("come out of k6's summary as they went into it, most often first", () => {
    const checks = [
      { name: "/health keeps its contract", passes: 7 },
      said("/ready", 'answers 503: {"ready":false}', 3),
      said("/api/v1/manifests/{chain}", "gives no answer: EOF > nothing", 5),
    ];
    expect(quotesIn({ checks })).toEqual([
      { about: "/api/v1/manifests/{chain}", text: "gives no answer: EOF > nothing", times: 5 },
      { about: "/ready", text: 'answers 503: {"ready":false}', times: 3 },
    ]);
    expect(quotesIn(undefined)).toEqual([]);
  });

  test("are found in setup() too, which is a group of its own", () => {
    expect(quotesIn({ checks: [], groups: [{ groups: [{ checks: [said("/ready", "no", 1)] }] }] })).toEqual([
      { about: "/ready", text: "no", times: 1 },
    ]);
  });

  test.each([
    ['{"at":"2026-11-28T12:00:00.123Z"}', '{"at":"(time)"}'],
    ["block 0x00ab34cd56ef7890ab is unknown", "block (id) is unknown"],
    ["request 123e4567-e89b-12d3-a456-426614174000 failed", "request (id) failed"],
    ["status 503 of 12345", "status 503 of 12345"],
    ["several\n  lines", "several lines"],
    ["[::1]:8080", "[:1]:8080"],
  ])("are one where they differ in what is new each time: %s", (text, kept) => {
    expect(quotesIn({ checks: [said("/x", text, 1)] })[0]?.text).toBe(kept);
  });

  test("are cut off where they are long", () => {
    expect(quotesIn({ checks: [said("/x", "long ".repeat(100), 1)] })[0]?.text).toHaveLength(321);
  });

  test("are told in one line, the first three of them", () => {
    const quotes = ["a", "b", "c", "d"].map((about, place) => ({ about, text: "says no", times: 9 - place }));
    expect(describeQuotes(quotes)).toBe("a says no (9 times); b says no (8 times); c says no (7 times); and 1 more");
    expect(describeQuotes([])).toBeNull();
  });
});
