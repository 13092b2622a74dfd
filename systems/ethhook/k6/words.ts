import { withoutCredentials } from "../../../core/redaction.ts";

/** Why a command was refused, in the server's words without the name of an error class. */
export function wordsOf(problem: unknown): string {
  return withoutCredentials(String(problem).replace(/^(?:GoError|Error): /, ""));
}
