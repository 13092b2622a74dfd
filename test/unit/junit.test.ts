import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { renderJunit } from "../../cli/report/junit.ts";
import { objectivesOf } from "../../cli/report/objectives.ts";
import type { Result } from "../../cli/result.ts";
import { plainReason } from "../../core/reason.ts";
import { HOSTILE, hostile, lossy, resultOf } from "./results.ts";

describe("JUnit", () => {
  const parse = (xml: string) => new XMLParser({ ignoreAttributes: false }).parse(xml);

  test.each<[string, Partial<Result>, object]>([
    ["a PASS", {}, { "@_failures": "0", "@_errors": "0" }],
    [
      "a FAIL over all processes",
      { verdict: "FAIL", reasons: [plainReason("nats: x")] },
      { "@_failures": "1", "@_errors": "0" },
    ],
    [
      "a spoilt run",
      { verdict: "INVALID", reasons: [plainReason("saturated"), plainReason("x")] },
      { "@_failures": "0", "@_errors": "1" },
    ],
    ["a run cut off", { verdict: "INVALID", reasons: [], complete: false }, { "@_failures": "0", "@_errors": "1" }],
  ])("says the verdict of %s, where every objective was met", (_, changes, counts) => {
    const result = resultOf({}, changes);
    const suite = parse(renderJunit(result)).testsuites.testsuite;
    expect(suite).toMatchObject(counts);
    const [verdict] = suite.testcase;
    expect(verdict).toMatchObject({ "@_name": "verdict", "@_classname": "pipeline" });
    const said = verdict.failure ?? verdict.error;
    expect(said?.["@_message"]).toBe(
      result.verdict === "PASS"
        ? undefined
        : result.reasons.map(({ text }) => text).join("; ") || "no reason was recorded",
    );
  });

  test("has a test case for each objective, failed where it was missed", () => {
    const suite = parse(renderJunit(lossy())).testsuites.testsuite;
    expect(suite.testcase).toHaveLength(1 + objectivesOf(lossy()).length);
    expect(suite).toMatchObject({ "@_failures": "2", "@_errors": "0" });
    const [, failed] = suite.testcase.filter((one: object) => "failure" in one);
    expect(failed).toMatchObject({ "@_name": "account_lost count == 0", "@_classname": "nats.websocket" });
    expect(failed.failure["@_message"]).toBe("42, must be count == 0. Next: look at evidence 1");
  });

  test("tells what was lost and how much could be judged", () => {
    const [verdict] = parse(renderJunit(lossy())).testsuites.testsuite.testcase;
    expect(verdict["system-out"]).toMatch(/delivered .* 42 lost,.*judged .* unjudged .* with nobody listening/s);
  });

  test("has an error for what could not be measured, and for a test without a record", () => {
    const thin = resultOf({ metrics: { nats: { account_lost_samples: { count: 0 } } } });
    expect(parse(renderJunit(thin)).testsuites.testsuite["@_errors"]).toBe("2");
    const [first, ...rest] = resultOf().tests;
    const dead = { ...(first as Result["tests"][number]), summary: null, reasons: [plainReason("k6 ended with 107")] };
    expect(renderJunit(resultOf({}, { tests: [dead, ...rest] }))).toContain("k6 ended with 107");
  });

  test("is well-formed whatever the record says", () => {
    const controls = "\u0000\u001b[31m\ud800\uffff";
    const result = hostile();
    const tests = result.tests.map((one) => ({
      ...one,
      summary: null,
      reasons: [plainReason(`${controls}${HOSTILE}`)],
    }));
    for (const xml of [renderJunit(result), renderJunit({ ...result, tests })]) {
      expect(XMLValidator.validate(xml)).toBe(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be there
      expect(xml).not.toMatch(/[\u0000-\u0008\u001b\uffff]|\p{Surrogate}/u);
    }
  });
});
