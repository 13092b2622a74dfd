/** Judges several tests of one run together, because each knows things that explain another's results. Pure. */
import { metricOf } from "./metrics.ts";
import type { Reason } from "./reason.ts";
import { type Finding, isStarved, withheldBy } from "./reasons.ts";
import { answerOf, type Judgement, reasonOf, type SloResult, spoilt } from "./verdict.ts";

/**
 * Adjusts the judgements of a run's tests to each other; they share the account and the path from publisher to
 * subscriber. A subscriber that stood still explains its publisher's view of the account. A publisher that stood still
 * and then sent everything at once explains latencies that subscribers measure. An account's value that one test doubts
 * is doubtful for all. Refused events of a publisher explain why its subscriber has too few samples.
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

/** A test's reasons; missing samples become symptoms of the failure in another test that withheld them. */
function explained(reasons: readonly Reason[], rows: readonly SloResult[], others: readonly Judgement[]): Reason[] {
  const failures = others.flatMap((other) => other.rows.filter(isFailure).map((row) => ({ row, other })));
  const result: Reason[] = [];
  for (const reason of reasons) {
    const lacking = rows.find((row) => isOf(row, reason) && lacks(row));
    const failure = failures.find(
      ({ row }) => lacking !== undefined && (lacking.samples === 0 || isStarved(lacking, withheldBy(row))),
    );
    if (failure === undefined) {
      result.push(reason);
      continue;
    }
    const { row, other } = failure;
    const cause = other.reasons.find((one) => isOf(row, one)) ?? reasonOf(row);
    const place = result.findIndex(({ text }) => text === cause.text);
    const before = result[place]?.symptoms ?? [];
    const whole = { ...cause, symptoms: [...before, reason.text, ...reason.symptoms] };
    result.splice(place < 0 ? result.length : place, 1, whole);
  }
  return result;
}

/** Whether a row shows that the target refused or lost what others would have measured. */
function isFailure(row: SloResult): boolean {
  return row.miss === "FAIL" && row.result === "missed" && withheldBy(row) > 0;
}

/** Whether a row lacks samples, or is about their number. */
function lacks({ result, doubt, objective, observed }: SloResult): boolean {
  return (result === "unmeasured" && doubt === null) || (objective === "count >= 1" && observed === 0);
}

function isOf(row: SloResult, { metric, objective }: Reason): boolean {
  return row.metric === metric && row.objective === objective;
}

/** Whether several tests influence a metric. */
function isShared({ metric }: SloResult): boolean {
  return metric.startsWith("account_") || metricOf(metric)?.between !== undefined;
}

/** A missed metric of the account, with the doubt that another test has about the same metric. */
function alike(row: SloResult, doubts: readonly SloResult[]): SloResult {
  if (row.miss === "INVALID" || row.result !== "missed") return row;
  const other = doubts.find(({ metric, objective }) => metric === row.metric && objective === row.objective);
  return other === undefined
    ? row
    : { ...row, result: "unmeasured", doubt: other.doubt, uncertainty: other.uncertainty };
}

/** A missed condition in the form that applies to other tests. */
function conditionOf(row: SloResult): Finding[] {
  if (row.result !== "missed" || row.spoils === null) return [];
  return [{ reason: reasonOf(row), spoils: new RegExp(row.spoils), explains: null, withheld: 0 }];
}
