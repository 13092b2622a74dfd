/** Why a run is not PASS: one cause, what shows it, what to do about it, and what follows from it. */
export interface Reason {
  /** The cause in one line. */
  readonly text: string;
  /** The metric whose objective or condition it is; null where it is something else. */
  readonly metric: string | null;
  /** As in `p(95) < 25`; null where it is something else. */
  readonly objective: string | null;
  /** What shows it; null where the text says all that is known. */
  readonly evidence: string | null;
  /** What to do; null where it is not known yet. */
  readonly next: string | null;
  /** Other objectives that were missed or not judged for the same cause, each as one line. */
  readonly symptoms: readonly string[];
}

/** A reason that is no objective's. */
export function plainReason(text: string, more: Partial<Reason> = {}): Reason {
  return { text, metric: null, objective: null, evidence: null, next: null, symptoms: [], ...more };
}

/** All that a reason tells, line by line, for those who look for a word in it. */
export function linesOf({ text, evidence, symptoms }: Reason): string[] {
  return [evidence === null ? text : `${text}: ${evidence}`, ...symptoms];
}
