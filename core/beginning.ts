import { withoutCredentials } from "./redaction.ts";

/** A secret is found only where it is whole, and as a header it has up to 8 KB. */
const MOST_READ = 10_000;

/** The beginning of a text without credentials, where its whole would take long to look through. */
export function beginningOf(text: string, longest = MOST_READ): string {
  return withoutCredentials(text.slice(0, MOST_READ)).slice(0, longest);
}
