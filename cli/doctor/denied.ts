import { isRefusedProof } from "../../core/access.ts";

/** Whether a status says that the target does not know us, or does not let us in. */
export const isDenied = isRefusedProof;

/** What to do when it does not. @param prefix what the test's variables begin with, e.g. `WS`. */
export function remedyForDenied(prefix: string): string {
  return `set THROUGHLINE_${prefix}_TOKEN, ${prefix}_BASIC, ${prefix}_HEADERS or what docs/access.md names`;
}
