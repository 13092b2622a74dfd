/** The answer to one question. */
export interface Check {
  readonly what: string;
  readonly found: string;
  /** Whether it is good enough; null for a note. */
  readonly ok: boolean | null;
  /** What to do when it is not. */
  readonly remedy?: string | undefined;
}
