/** The result of one check. */
export interface Check {
  readonly what: string;
  readonly found: string;
  /** Whether the check passed; null for a note. */
  readonly ok: boolean | null;
  /** What to do when it failed. */
  readonly remedy?: string | undefined;
}
