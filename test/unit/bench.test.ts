import { afterEach, expect, test, vi } from "vitest";
import { held } from "../../bench/bench.ts";

afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

test("a measurement that holds says nothing, and ends with 0", () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  held(["every event", true], ["PASS", true]);
  expect(said).not.toHaveBeenCalled();
  expect(process.exitCode).toBeUndefined();
});

test("one that does not hold says what is missing, and ends with 1", () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  held(["every event", false], ["PASS", true], ["within 1.60 ms", false]);
  expect(said.mock.calls).toEqual([["  FAIL: not every event"], ["  FAIL: not within 1.60 ms"]]);
  expect(process.exitCode).toBe(1);
});
