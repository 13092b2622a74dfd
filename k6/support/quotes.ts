import { check } from "k6";
import { quoteName } from "../../core/quotes.ts";
import { withoutCredentials } from "../../core/redaction.ts";

/** Things that one virtual user quotes; a target that says something else each time must not fill the summary. */
const MOST_QUOTES = 20;

/** What quotes of refused events are about. */
export const REFUSED = "refused";
/** What came instead of an acknowledgement. */
export const UNANSWERED = "unanswered";

/** So few that k6 needs no set for them, of which the first is 10 KB in each virtual user. */
const quoted: string[] = [];

/**
 * Quotes what a target said, so that the summary can tell it: of all that virtual users know, k6 hands
 * nothing but numbers and the names of checks to the end of a test.
 *
 * @param about what it is said by, as in `/ready`.
 */
export function quote(about: string, said: string): void {
  const name = quoteName(about, withoutCredentials(said));
  if (!quoted.includes(name)) {
    if (quoted.length >= MOST_QUOTES) return;
    quoted.push(name);
  }
  check(null, { [name]: () => true });
}
