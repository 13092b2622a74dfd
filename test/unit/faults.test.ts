/** How faults are written. */
import { describe, expect, it } from "vitest";
import { PULSE_FAULTS, parseFaults } from "../../target/faults.ts";

describe("parseFaults", () => {
  it("reads settings", () => {
    expect(parseFaults([], PULSE_FAULTS)).toEqual({});
    expect(parseFaults(["drop=1000", "delay=2.5", "not-ready"], PULSE_FAULTS)).toEqual({
      drop: 1000,
      delay: 2.5,
      "not-ready": true,
    });
  });

  it.each([
    ["dorp=1", /"dorp=1" is not known; known are drop=N, delay=MS/],
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

  it("refuses a fault that is given twice", () => {
    expect(() => parseFaults(["drop=1", "drop=2"], PULSE_FAULTS)).toThrow(/drop is given twice/);
  });
});
