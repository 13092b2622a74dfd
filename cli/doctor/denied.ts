import { isRefusedProof } from "../../core/refusedproof.ts";

/** Whether a status means that the target does not accept our credentials. */
export const isDenied = isRefusedProof;

/** What to do when credentials are refused. @param prefix prefix of the test's variables, e.g. `WS`. */
export function remedyForDenied(prefix: string): string {
  return `set THROUGHLINE_${prefix}_TOKEN, ${prefix}_BASIC, ${prefix}_HEADERS or what docs/access.md names`;
}
