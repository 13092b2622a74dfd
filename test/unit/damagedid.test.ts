import { describe, expect, test } from "vitest";
import { wasOurs } from "../../core/damagedid.ts";
import { eventId, runNumber } from "../../core/trace.ts";

const RUN = runNumber("a run");
const NOW = 1_795_312_312_345;
const ID = eventId({ run: RUN, publisher: 1, seq: 77, publishedAt: NOW });
const AFTER = '","chain":"ethereum"}';
const STRANGER = eventId({ run: runNumber("another run"), publisher: 1, seq: 77, publishedAt: NOW });
const wrongCheck = (id: string) => id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));

describe("a text that is no whole id", () => {
  test.each([
    ["with a wrong check digit", wrongCheck(ID)],
    [
      "with a wrong digit of its run",
      ID.replace(/_([0-9a-f])(?=[0-9a-f]{23}$)/, (_, digit) => `_${digit === "0" ? "1" : "0"}`),
    ],
    ["in capitals", wrongCheck(ID).replace(/[0-9a-f]+$/, (digits) => digits.toUpperCase())],
    ["cut off in its time", ID.slice(0, 13)],
    ["cut off in its last digits", ID.slice(0, 40)],
  ])("was ours %s", (_, id) => {
    expect(wasOurs(id + AFTER, RUN, NOW)).toBe(true);
  });

  test("was ours where its frame is cut off in it", () => {
    expect(wasOurs("evt_17", RUN, NOW)).toBe(true);
  });

  test.each([
    ["the gateway's own generator", "evt_1795312312345678901_0x0123456789abcdef"],
    ["that generator at a whole microsecond", "evt_1795312312345678000_0x0123456789abcdef"],
    ["a generator of 24 digits", "evt_1795312312345678901_0123456789abcdef01234567"],
    ["another run, damaged", wrongCheck(STRANGER)],
    ["a payment service", "evt_1MqqbKLt4dXK03v5qaIbiNCC"],
    ["a numbering", "evt_42"],
    ["a long numbering", "evt_1000000042"],
    ["nobody", "evt_"],
  ])("is foreign of %s", (_, id) => {
    expect(wasOurs(id + AFTER, RUN, NOW)).toBe(false);
  });

  test("is ours by its shape alone as long as the run is not known", () => {
    expect(wasOurs(wrongCheck(STRANGER) + AFTER, null, NOW)).toBe(true);
    expect(wasOurs(`evt_1795312312345678901_0x0123456789abcdef${AFTER}`, null, NOW)).toBe(false);
  });
});
