/** What a user's publish() threw for a canary, in one line with its place. Pure. */
import type { Places } from "./misdirection.ts";
import { messageOf } from "./problem.ts";
import { withoutCredentials } from "./redaction.ts";

/**
 * An error of the file's own code, which the next canary will meet as well; null for others, which may be the target's
 * state.
 *
 * @param problem as it was thrown, with a stack that the bundle's map has led back to the user's files.
 */
export function describeThrown(problem: unknown, places: Places): string | null {
  if (!(problem instanceof ReferenceError || problem instanceof TypeError)) return null;
  const place = placeIn(problem.stack ?? "", places) ?? places["publish"] ?? "the pipeline's file";
  return `publish() throws ${problem.name}: ${withoutCredentials(messageOf(problem))}: mend publish in ${place}`;
}

/** The topmost line of the pipeline's file, as people know that; null where it has none in the stack. */
function placeIn(stack: string, { publish = "" }: Places): string | null {
  const shown = publish.replace(/:\d+$/, "");
  if (shown === "") return null;
  for (const frame of stack.split("\n")) {
    const [, path = "", line] = /(?:file:\/\/)?(\/[^\s()]+):(\d+):\d+/.exec(frame) ?? [];
    if (path.endsWith(`/${shown.replace(/^(?:\.\.?\/)+/, "")}`)) return `${shown}:${line}`;
  }
  return null;
}
