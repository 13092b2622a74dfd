import { describe, expect, test } from "vitest";
import { withRun } from "../../cli/baseline/baseline.ts";
import { compare } from "../../cli/baseline/comparison.ts";
import { renderMarkdown } from "../../cli/report/markdown.ts";
import { hostile, lossy, resultOf } from "./results.ts";

const WITHOUT = { without: "There is no baseline." };

describe("Markdown", () => {
  test("has verdict, reasons, account and objectives", () => {
    const text = renderMarkdown(lossy(), WITHOUT);
    expect(text).toMatch(/^## FAIL: pipeline\n\nrun `pipeline-lossy`\n/);
    expect(text).toContain("Next: look at evidence 1");
    expect(text).toMatch(/\| +60,000 \| +59,999 \| +1 \| +0 \| +312,345 \| +312,303 \| +42 \|/);
    expect(text).toContain("Judged: 99.9 % of what was published: 3 unjudged");
    expect(text).toContain("**MISSED**");
    expect(text).not.toContain("baseline");
  });

  test("has what a test notes", () => {
    const { tests, ...rest } = resultOf();
    const [first, ...others] = tests as [(typeof tests)[number], ...typeof tests];
    const noted = { ...first, summary: first.summary && { ...first.summary, notes: ["500/s held"] } };
    expect(renderMarkdown({ ...rest, tests: [noted, ...others] }, WITHOUT)).toContain(
      `\n\n${first.test}: 500/s held\n\n`,
    );
  });

  test("has what was found at the far end", () => {
    const text = renderMarkdown(
      resultOf({ account: { causes: ["it was away"], findings: ["12 of 118 polls failed"] } }),
      WITHOUT,
    );
    expect(text).toMatch(/[*-] +Found: it was away\n[*-] +Found: 12 of 118 polls failed\n/);
  });

  test("has the comparison where there is one", () => {
    const comparison = compare(lossy(), withRun(resultOf()));
    expect(renderMarkdown(lossy(), { comparison })).toContain("### Comparison with the baseline: FAIL");
  });

  test("keeps its tables whole and shows texts of the record as text", () => {
    const rows = renderMarkdown(hostile(), WITHOUT)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    const cells = rows.map((row) => row.replaceAll("\\|", "").split("|").length);
    expect(new Set(cells)).toEqual(new Set([9, 16]));
    const outsideOfCode = renderMarkdown(hostile(), WITHOUT).replace(/``[^\n]*``/g, "");
    expect(outsideOfCode).toContain("\\<script");
    expect(outsideOfCode).not.toMatch(/(?<!\\)<(script|img)/);
  });
});
