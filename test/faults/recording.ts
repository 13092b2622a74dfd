import type { Verdict } from "../../verdict.ts";
import type { Outcome } from "./matrix.ts";
import type { TestEvidence } from "./row.ts";

/** A row as it was seen, one line of evidence.jsonl: what the document and the check of the checks are made of. */
export interface Recording {
  readonly name: string;
  readonly subject: string;
  readonly plants: string;
  readonly verdict: Verdict;
  readonly tests: readonly TestEvidence[];
  readonly causes: readonly string[];
  /** Why it was red; empty when it was green. */
  readonly wrong: readonly string[];
  readonly seconds: number;
}

/** What is kept of a row. */
export function recorded({ subject, row, evidence, wrong, seconds }: Outcome): Recording {
  const { name, plants } = row;
  const { verdict, tests, account } = evidence;
  const causes = account?.causes ?? [];
  return { name, subject, plants, verdict, tests, causes, wrong, seconds: Math.round(seconds * 10) / 10 };
}
