import { describe, expect, test } from "vitest";
import { Outage } from "../../core/outage.ts";

describe("an outage", () => {
  test("lasts from the first question without a right answer to the next right answer", () => {
    const outage = new Outage();
    outage.asked(0);
    expect(outage.answered(5)).toBe(5);
    for (const at of [500, 1_000, 1_500, 2_000]) outage.asked(at);
    expect(outage.answered(3_500)).toBe(3_000);
    expect(outage.ended(4_000)).toBe(0);
  });

  test("goes on to the end where no right answer comes any more", () => {
    const outage = new Outage();
    outage.asked(0);
    outage.answered(5);
    outage.asked(1_000);
    expect(outage.ended(6_000)).toBe(5_000);
  });

  test("is none where nothing was ever right: that is for the share of errors to say", () => {
    const outage = new Outage();
    outage.asked(0);
    expect(outage.ended(60_000)).toBeNull();
  });

  test("is not what we stood still ourselves", () => {
    const outage = new Outage();
    outage.asked(0);
    outage.excuse(20);
    outage.excuse(2_000);
    expect(outage.answered(2_010)).toBe(10);
    outage.excuse(2_000);
    expect(outage.ended(9_000)).toBe(0);
  });
});
