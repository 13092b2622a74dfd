/** Why a run is not PASS: a cause, its evidence, what to do, and its symptoms. */
export interface Reason {
  /** The cause in one line. */
  readonly text: string;
  /** The metric of the missed objective or condition; null for other causes. */
  readonly metric: string | null;
  /** Such as `p(95) < 25`; null for other causes. */
  readonly objective: string | null;
  /** What shows the cause; null where the text says everything. */
  readonly evidence: string | null;
  /** What to do; null where it is not known yet. */
  readonly next: string | null;
  /** Other objectives that were missed or not judged for the same cause, each as one line. */
  readonly symptoms: readonly string[];
}

/** A reason without an objective. */
export function plainReason(text: string, more: Partial<Reason> = {}): Reason {
  return { text, metric: null, objective: null, evidence: null, next: null, symptoms: [], ...more };
}

/** The lines of a reason, for searches. */
export function linesOf({ text, evidence, symptoms }: Reason): string[] {
  return [evidence === null ? text : `${text}: ${evidence}`, ...symptoms];
}
