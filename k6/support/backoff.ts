const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * How long to wait before the next attempt, in ms, after so many failures in a row. Doubles with each; a random
 * half keeps clients that failed together from coming back together.
 */
export function backoff(failures: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
