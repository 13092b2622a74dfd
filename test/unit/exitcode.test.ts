/** How commands end when they cannot write. */
import { describe, expect, test } from "vitest";
import { addToFile, cannotWrite } from "../../cli/files.ts";
import { exitCodeOf, shownVerdict, unwrittenLine } from "../../cli/run/exitcode.ts";

describe("a run", () => {
  test.each([
    ["PASS", true, 0],
    ["FAIL", true, 1],
    ["INVALID", true, 3],
    ["PASS", false, 3],
    ["FAIL", false, 1],
    ["INVALID", false, 3],
  ] as const)("that is %s, and written: %s, ends with %d", (verdict, written, code) => {
    expect(exitCodeOf(verdict, written)).toBe(code);
  });

  test.each([
    ["PASS", null, "PASS"],
    ["PASS", "record", "INVALID"],
    ["PASS", "report", "INVALID"],
    ["FAIL", "report", "FAIL"],
    ["INVALID", "record", "INVALID"],
  ] as const)("that is %s, of which the %s is missing, is shown as %s", (verdict, what, shown) => {
    const unwritten = what === null ? null : { what, problem: new Error("ENOSPC"), next: "run again" };
    const told = shownVerdict({ verdict, reasons: [] }, unwritten);
    expect(told.verdict).toBe(shown);
    expect(told.reasons.map(({ text }) => text).join()).toMatch(
      shown === verdict ? /^$/ : /^the (?:record|report) is missing, .*: ENOSPC$/,
    );
  });

  test("says in one line what is missing, why, what to do, and the verdict", () => {
    const problem = cannotWrite("results/x/report.html", systemError("ENOSPC", "no space left on device, write"));
    const line = unwrittenLine("PASS", { what: "report", problem, next: "make it with: throughline report results/x" });
    expect(line).toBe(
      "the report is missing: cannot write results/x/report.html: ENOSPC: no space left on device: make room there, or " +
        "choose another place, then make it with: throughline report results/x (the verdict is PASS, the exit code 3)",
    );
  });
});

test.each([
  ["ENOSPC", "make room there, or choose another place"],
  ["EDQUOT", "make room there, or choose another place"],
  ["EROFS", "permit writing there, or choose another place"],
  ["EACCES", "permit writing there, or choose another place"],
  ["EISDIR", "choose another place"],
])("%s: %s", (code, next) => {
  expect(cannotWrite("a.xml", systemError(code, "it is so")).message).toBe(
    `cannot write a.xml: ${code}: it is so: ${next}`,
  );
});

test("a file that only looks like one, such as a job's summary, is named too", async () => {
  await expect(addToFile("/dev/full", "text")).rejects.toThrow(/^cannot write \/dev\/full: ENOSPC: [^:]*: make room/);
});

function systemError(code: string, words: string): Error {
  return Object.assign(new Error(`${code}: ${words}`), { code });
}
