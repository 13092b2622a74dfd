/** The verdict about a run, with its reasons. A pure function of the objectives and what was observed. */
import { plainReason, type Reason } from "./reason.ts";
import { type Finding, gathered, withheldBy } from "./reasons.ts";
import type { Slo } from "./slo.ts";
import { type Observation, reasonOf, resultOf, type SloResult } from "./sloresult.ts";

export type Verdict = "PASS" | "FAIL" | "INVALID";

/** The exit code of each verdict, for programs that run k6; k6 itself exits with 99 for FAIL and INVALID. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, INVALID: 3 };

/** The verdict over several tests of one run: a missed objective is a FAIL, even if another test is INVALID. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("FAIL")) return "FAIL";
  return verdicts.length === 0 || verdicts.includes("INVALID") ? "INVALID" : "PASS";
}

/** The verdict with its reasons, and the result of each objective. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly rows: readonly SloResult[];
}

/** A condition without an objective that makes a run INVALID, such as a generator without a free core. */
export interface Condition {
  readonly reason: Reason;
  /** The metrics that it invalidates; null for none. */
  readonly spoils: RegExp | null;
}

/**
 * Judges a run. A missed objective makes it FAIL, whatever else could not be measured. The exception is an objective
 * whose metric depends on a missed condition of the measurement: it cannot be judged, because a saturated generator
 * must not blame the target. A missed condition and an unmeasured objective make the run INVALID, and so does a run
 * without objectives.
 *
 * @param outside conditions that no metric shows.
 */
export function judge(observations: readonly Observation[], outside: readonly Condition[] = []): Judgement {
  if (observations.length === 0 && outside.length === 0) {
    return { verdict: "INVALID", reasons: [plainReason("no objective was set, so that nothing was judged")], rows: [] };
  }
  const first = observations.map((observation) => ({ slo: observation.slo, row: resultOf(observation) }));
  const conditions = [
    ...outside.map(findingFrom),
    ...first.filter(({ slo, row }) => slo.miss === "INVALID" && row.result === "missed").map(findingOf),
  ];
  const judged = first.map(({ slo, row }) => ({ slo, row: spoilt(row, conditions) }));
  const failures = judged.filter(({ row }) => row.miss === "FAIL" && row.result === "missed");
  const unmeasured = judged.filter(({ row }) => row.result === "unmeasured").map(({ row }) => row);
  const verdict = failures.length > 0 ? "FAIL" : conditions.length + unmeasured.length > 0 ? "INVALID" : "PASS";
  return {
    verdict,
    reasons: gathered(failures.map(findingOf), conditions, unmeasured.map(unmeasuredOf)),
    rows: judged.map(({ row }) => row),
  };
}

/** A judgement under conditions that became known later. */
export function doubted(judgement: Judgement, conditions: readonly Condition[]): Judgement {
  if (conditions.length === 0) return judgement;
  const findings = conditions.map(findingFrom);
  const rows = judgement.rows.map((row) => spoilt(row, findings));
  return { ...verdictAfter(judgement, rows), rows };
}

/** The verdict after rows became doubtful; without rows, as when k6 crashed, it stays as it is. */
export function verdictAfter(
  { verdict, reasons, rows: before }: Judgement,
  rows: readonly SloResult[],
): Omit<Judgement, "rows"> {
  const doubtful = rows.filter((row, place) => row !== before[place]);
  if (doubtful.length === 0) return { verdict, reasons };
  const isKept = ({ metric, objective }: Reason) =>
    !doubtful.some((row) => row.metric === metric && row.objective === objective);
  const isFailed = rows.some((row) => row.miss === "FAIL" && row.result === "missed");
  return { verdict: isFailed ? "FAIL" : "INVALID", reasons: reasons.filter(isKept) };
}

function findingFrom({ reason, spoils }: Condition): Finding {
  return { reason, spoils, explains: null, withheld: 0 };
}

function findingOf({ slo, row }: { slo: Slo; row: SloResult }): Finding {
  const { spoils = null, explains = null } = slo;
  return { reason: reasonOf(row), spoils, explains, withheld: withheldBy(row) };
}

function unmeasuredOf(row: SloResult) {
  const { samples, floor, doubt } = row;
  return { reason: reasonOf(row), samples, floor, doubt };
}

/** A miss that cannot be judged because its measurement is invalid. */
export function spoilt(row: SloResult, conditions: readonly Finding[]): SloResult {
  if (row.miss === "INVALID" || row.result !== "missed") return row;
  const condition = conditions.find(({ spoils }) => spoils?.test(row.metric) === true);
  if (condition === undefined) return row;
  const { metric, text } = condition.reason;
  return { ...row, result: "unmeasured", doubt: metric === null ? text : `${metric} is missed` };
}
