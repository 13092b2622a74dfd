/** How `throughline run` ends. */
import { messageOf } from "../../core/problem.ts";
import { plainReason, type Reason } from "../../core/reason.ts";
import { EXIT_CODES, type Verdict } from "../../core/verdict.ts";

/** A record or report that could not be written. */
export interface Unwritten {
  readonly what: "record" | "report";
  readonly problem: unknown;
  /** What to do once the cause is gone. */
  readonly next: string;
}

/**
 * The exit code of a run. Without a record or report nothing shows that it passed, so its code is that of INVALID; a FAIL
 * stays FAIL, as it does beside what else was not measured.
 */
export function exitCodeOf(verdict: Verdict, written: boolean): number {
  return written || verdict === "FAIL" ? EXIT_CODES[verdict] : EXIT_CODES.INVALID;
}

/** What could not be written and why, what to do, and what it does to the run's end: one line. */
export function unwrittenLine(verdict: Verdict, { what, problem, next }: Unwritten): string {
  const code = exitCodeOf(verdict, false);
  return `the ${what} is missing: ${messageOf(problem)}, then ${next} (the verdict is ${verdict}, the exit code ${code})`;
}

/**
 * What the terminal says of a run. A PASS that ends with the code of INVALID must not be read as one further up.
 */
export function shownVerdict(
  { verdict, reasons }: { readonly verdict: Verdict; readonly reasons: readonly Reason[] },
  unwritten: Unwritten | null,
): { readonly verdict: Verdict; readonly reasons: readonly Reason[] } {
  if (unwritten === null || verdict !== "PASS") return { verdict, reasons };
  const { what, problem } = unwritten;
  const text = `the ${what} is missing, and nothing else shows that the run passed: ${messageOf(problem)}`;
  return { verdict: "INVALID", reasons: [plainReason(text)] };
}
