/** Several tests of one run, each judged with what the others know. Pure. */
import { metricOf } from "./metrics.ts";
import type { Reason } from "./reason.ts";
import { type Finding, isStarved, withheldBy } from "./reasons.ts";
import { answerOf, type Judgement, reasonOf, type SloResult, spoilt } from "./verdict.ts";

/**
 * The judgements of several tests of one run, each with what the others know: the account is one, and so is the way
 * from a publisher to a subscriber. A subscriber that stood still explains what its publisher sees of the account, a
 * publisher that stood still and then sent all at once explains the latencies that subscribers measure, and a number
 * of the account that one of them doubts is doubtful for all. Where a publisher's events were refused, that is why
 * its subscriber has too few to judge.
 */
export function together<Test extends Judgement>(tests: readonly Test[]): Test[] {
  return tests.map((test) => {
    const others = tests.filter((other) => other !== test);
    const conditions = others.flatMap(({ rows }) => rows.flatMap(conditionOf));
    const doubts = others.flatMap(({ rows }) => rows.filter(({ doubt }) => doubt !== null));
    const rows = test.rows.map((row) => (isShared(row) ? alike(spoilt(row, conditions), doubts) : row));
    const { verdict, reasons } = answerOf(test, rows);
    return { ...test, verdict, reasons: explained(reasons, rows, others), rows };
  });
}

/** The reasons of a test, of which those that lack samples stand beneath what withheld these in another test. */
function explained(reasons: readonly Reason[], rows: readonly SloResult[], others: readonly Judgement[]): Reason[] {
  const failures = others.flatMap((other) => other.rows.filter(isFailure).map((row) => ({ row, other })));
  const told: Reason[] = [];
  for (const reason of reasons) {
    const lacking = rows.find((row) => isOf(row, reason) && lacks(row));
    const failure = failures.find(
      ({ row }) => lacking !== undefined && (lacking.samples === 0 || isStarved(lacking, withheldBy(row))),
    );
    if (failure === undefined) {
      told.push(reason);
      continue;
    }
    const { row, other } = failure;
    const cause = other.reasons.find((one) => isOf(row, one)) ?? reasonOf(row);
    const place = told.findIndex(({ text }) => text === cause.text);
    const before = told[place]?.symptoms ?? [];
    const whole = { ...cause, symptoms: [...before, reason.text, ...reason.symptoms] };
    told.splice(place < 0 ? told.length : place, 1, whole);
  }
  return told;
}

/** Whether a row says that the target did not take or deliver what others would have measured. */
function isFailure(row: SloResult): boolean {
  return row.miss === "FAIL" && row.result === "missed" && withheldBy(row) > 0;
}

/** Whether a row could not be judged for want of samples, or says that there were none. */
function lacks({ result, doubt, objective, observed }: SloResult): boolean {
  return (result === "unmeasured" && doubt === null) || (objective === "count >= 1" && observed === 0);
}

function isOf(row: SloResult, { metric, objective }: Reason): boolean {
  return row.metric === metric && row.objective === objective;
}

/** Whether several tests of a run have a part in a number. */
function isShared({ metric }: SloResult): boolean {
  return metric.startsWith("account_") || metricOf(metric)?.between !== undefined;
}

/** A number of the account that is missed, with the doubt that another test has of the same one. */
function alike(row: SloResult, doubts: readonly SloResult[]): SloResult {
  if (row.miss === "INVALID" || row.result !== "missed") return row;
  const other = doubts.find(({ metric, objective }) => metric === row.metric && objective === row.objective);
  return other === undefined
    ? row
    : { ...row, result: "unmeasured", doubt: other.doubt, uncertainty: other.uncertainty };
}

/** A condition that is missed, as one of other tests. */
function conditionOf(row: SloResult): Finding[] {
  if (row.result !== "missed" || row.spoils === null) return [];
  return [{ reason: reasonOf(row), spoils: new RegExp(row.spoils), explains: null, withheld: 0 }];
}
