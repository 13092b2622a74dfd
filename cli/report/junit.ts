import junit from "junit-report-builder";
import { headlineOf } from "../../core/accountlines.ts";
import { linesOf } from "../../core/reason.ts";
import { seenOf } from "../../core/sloresult.ts";
import type { Result } from "../result.ts";
import { changesOf, type Objective, objectivesOf, testName } from "./objectives.ts";

/**
 * A run as JUnit XML with a test case for the verdict and for each objective. FAIL and missed objectives are failures;
 * INVALID, unmeasured objectives and tests that ended before they had objectives are errors.
 */
export function renderJunit(result: Result): string {
  const { run, subject, startedAt, endedAt, tests, account } = result;
  const builder = junit.newBuilder();
  const suite = builder
    .testSuite()
    .name(`throughline.${subject}`)
    .timestamp(new Date(startedAt))
    .time((endedAt - startedAt) / 1000)
    .property("run", printable(run))
    .property("verdict", result.verdict);
  for (const change of changesOf(result)) suite.property("changed bound", printable(change));
  // A run may be invalid for reasons that are no objective, such as a saturated generator.
  const verdict = suite.testCase().className(printable(subject)).name("verdict");
  if (account !== null) verdict.standardOutput(printable(headlineOf(account).join("\n")));
  const reasons = printable(result.reasons.flatMap(linesOf).join("; ") || "no reason was recorded");
  if (result.verdict === "FAIL") verdict.failure(reasons, result.verdict);
  if (result.verdict === "INVALID") verdict.error(reasons, result.verdict);
  for (const objective of objectivesOf(result)) {
    const { metric, objective: bound, tests: held } = objective;
    const testCase = suite
      .testCase()
      .className(held.join("."))
      .name(printable(`${metric} ${bound}`));
    if (objective.result === "missed") testCase.failure(printable(messageOf(objective)), "missed");
    if (objective.result === "unmeasured") testCase.error(printable(messageOf(objective)), "unmeasured");
  }
  for (const test of tests.filter(({ summary }) => summary === null || summary.rows.length === 0)) {
    const reason = test.reasons.flatMap(linesOf).join("; ") || "it left no record";
    suite.testCase().className(testName(test, tests)).name("has a record").error(printable(reason), test.verdict);
  }
  return builder.build();
}

function messageOf(objective: Objective): string {
  const seen = seenOf(objective);
  return objective.nextStep === null ? seen : `${seen}. Next: ${objective.nextStep}`;
}

/** XML 1.0 cannot represent control characters and lone surrogates. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
}
