import type { Outcome } from "./matrix.ts";
import type { Evidence } from "./row.ts";

/** A row's evidence, one line of evidence.jsonl, from which the page and the mutation tests are made. */
export interface Recording {
  readonly name: string;
  readonly subject: string;
  readonly evidence: Evidence;
  /** How often it was repeated because the generator could not keep up. */
  readonly spoilt: number;
  readonly seconds: number;
}

/** The evidence that is kept: enough to judge the row again, without lists of each path's losses. */
export function recorded({ subject, row, evidence, spoilt, seconds }: Outcome): Recording {
  const account = evidence.account === null ? null : { ...evidence.account, offenders: [] };
  const tests = evidence.tests.map(({ rows, ...test }) => ({
    ...test,
    rows: rows.map(({ metric, objective, observed, samples, floor, uncertainty, doubt }) => ({
      metric,
      objective,
      observed,
      samples,
      floor,
      ...(doubt == null ? {} : { uncertainty, doubt }),
    })),
  }));
  const kept = { ...evidence, tests, account };
  return { name: row.name, subject, evidence: kept, spoilt, seconds: Math.round(seconds * 10) / 10 };
}
