import type { Outcome } from "./matrix.ts";
import type { Evidence } from "./row.ts";

/** A row as it was seen, one line of evidence.jsonl: what the document and the check of the checks are made of. */
export interface Recording {
  readonly name: string;
  readonly subject: string;
  readonly evidence: Evidence;
  /** How often it was measured before, and the generator said that it could not keep up. */
  readonly spoilt: number;
  readonly seconds: number;
}

/** What is kept of a row: enough to judge it again, without the lists of what each path lost. */
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
