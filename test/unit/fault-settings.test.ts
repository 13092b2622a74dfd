/** How faults are written. */
import { describe, expect, test } from "vitest";
import { ETHHOOK_FAULTS } from "../../systems/ethhook/target/faults.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { parseFaults } from "../../target/faults.ts";

describe("parseFaults", () => {
  test("reads settings", () => {
    expect(parseFaults([], PULSE_FAULTS)).toEqual({});
    expect(parseFaults(["drop=1000", "delay=2.5", "not-ready"], PULSE_FAULTS)).toEqual({
      drop: 1000,
      delay: 2.5,
      "not-ready": true,
    });
  });

  test.each([
    ["dorp=1", /"dorp=1" is not known; did you mean drop\? known are drop=N, delay=MS/],
    ["nothing-like-it", /"nothing-like-it" is not known; known are drop=N, delay=MS/],
    ["constructor", /not known/],
    ["drop", /drop takes a whole number/],
    ["drop=", /drop takes a whole number/],
    ["drop=0", /drop takes a whole number/],
    ["drop=1.5", /drop takes a whole number/],
    ["drop=1=2", /drop takes a whole number/],
    ["delay=0", /delay takes milliseconds/],
    ["delay=1e9", /delay takes milliseconds/],
    ["not-ready=1", /not-ready takes no value/],
  ])("refuses %s", (setting, message) => {
    expect(() => parseFaults([setting], PULSE_FAULTS)).toThrow(message);
  });

  test("refuses a fault that is given twice", () => {
    expect(() => parseFaults(["drop=1", "drop=2"], PULSE_FAULTS)).toThrow(/drop is given twice/);
  });
});

describe("fault settings", () => {
  test("are read by what they take", () => {
    expect(parseFaults(["stall=2000/20000", "ignore-filter=accounts", "keep-last=10"], PULSE_FAULTS)).toEqual({
      stall: { length: 2_000, period: 20_000 },
      "ignore-filter": "accounts",
      "keep-last": 10,
    });
    expect(parseFaults(["never-match=dai-transfers", "poison"], ETHHOOK_FAULTS)).toEqual({
      "never-match": "dai-transfers",
      poison: true,
    });
  });

  test.each([
    ["stall", "stall takes milliseconds of every so many milliseconds"],
    ["stall=2000", "stall takes milliseconds of every"],
    ["stall=2000/2000", "stall takes milliseconds of every"],
    ["stall=1/2/3", "stall takes milliseconds of every"],
    ["stall=1/99999999", "stall takes milliseconds of every"],
    ["ignore-filter=colour", "ignore-filter takes one of chains, event_types, accounts, program_ids"],
    ["ignore-filter", "ignore-filter takes one of"],
    ["keep-last=0", "keep-last takes a whole number from 1"],
    ["stale-health=1", "stale-health takes no value"],
  ])("of a gateway are refused: %s", (setting, message) => {
    expect(() => parseFaults([setting], PULSE_FAULTS)).toThrow(message);
  });

  test.each([
    ["never-match", "never-match takes letters"],
    ["never-match=../etc", "never-match takes letters"],
    ["retry-storm=5", "retry-storm takes no value"],
    ["breaker=often", "breaker takes a whole number from 1"],
  ])("of a webhook pipeline are refused: %s", (setting, message) => {
    expect(() => parseFaults([setting], ETHHOOK_FAULTS)).toThrow(message);
  });
});
