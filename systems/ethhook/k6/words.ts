import { withoutCredentials } from "../../../core/redaction.ts";

/** What a command was refused with, in the words of the server and without the name of a class. */
export function wordsOf(problem: unknown): string {
  return withoutCredentials(String(problem).replace(/^(?:GoError|Error): /, ""));
}
