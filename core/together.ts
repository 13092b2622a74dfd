/** Judges several tests of one run together, because each knows things that explain another's results. Pure. */
import { metricOf } from "./metrics.ts";
import type { Reason } from "./reason.ts";
import { type Finding, isStarved, withheldBy } from "./reasons.ts";
import { reasonOf, type SloResult } from "./sloresult.ts";
import { type Judgement, spoilt, verdictAfter } from "./verdict.ts";

/**
 * Adjusts the judgements of a run's tests to each other; they share the account and the path from publisher to
 * subscriber. A subscriber that stood still explains its publisher's view of the account. A publisher that stood still
 * and then sent everything at once explains latencies that subscribers measure. An account's value that one test doubts
 * is doubtful for all. Refused events of a publisher explain why its subscriber has too few samples, and what one test
 * missed may explain why the account that they share is incomplete.
 */
export function together<Test extends Judgement>(tests: readonly Test[]): Test[] {
  return tests.map((test) => {
    const others = tests.filter((other) => other !== test);
    const conditions = others.flatMap(({ rows }) => rows.flatMap(conditionOf));
    const doubts = others.flatMap(({ rows }) => rows.filter(({ doubt }) => doubt !== null));
    const rows = test.rows.map((row) => (isShared(row) ? alike(spoilt(row, conditions), doubts) : row));
    const { verdict, reasons } = verdictAfter(test, rows);
    return { ...test, verdict, reasons: explained(reasons, rows, others), rows };
  });
}

/** A test's reasons; what another test withheld, or explains, becomes a symptom of that test's reason. */
function explained(reasons: readonly Reason[], rows: readonly SloResult[], others: readonly Judgement[]): Reason[] {
  const all = others.flatMap((other) => other.rows.map((row) => ({ row, other })));
  const result: Reason[] = [];
  for (const reason of reasons) {
    const unmet = rows.find((row) => isOf(row, reason));
    const found = unmet && all.find(({ row }) => withholds(row, unmet) || explainsShared(row, unmet));
    if (found === undefined) {
      result.push(reason);
      continue;
    }
    const { row, other } = found;
    const told = reasonOf(row);
    const cause = other.reasons.find((one) => isOf(row, one) || one.symptoms.includes(told.text)) ?? told;
    const place = result.findIndex(({ text }) => text === cause.text);
    const before = result[place]?.symptoms ?? [];
    const whole = { ...cause, symptoms: [...before, reason.text, ...reason.symptoms] };
    result.splice(place < 0 ? result.length : place, 1, whole);
  }
  return result;
}

/** Whether a failure in one test took the samples that another lacks. */
function withholds(row: SloResult, lacking: SloResult): boolean {
  return isFailure(row) && lacks(lacking) && (lacking.samples === 0 || isStarved(lacking, withheldBy(row)));
}

/** Whether what one test missed by itself explains why the shared account of another cannot be judged. */
function explainsShared(row: SloResult, unmet: SloResult): boolean {
  if (row.result !== "missed" || row.explains === null || isShared(row)) return false;
  return unmet.miss === "INVALID" && isShared(unmet) && new RegExp(row.explains).test(unmet.metric);
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
