/** Errors of a user's pipeline that nobody waits for: an emitter without a listener, a timer, a forgotten promise. */
import { readFileSync } from "node:fs";
import { madeOf } from "../core/bundle.ts";
import { withoutCredentials } from "../core/redaction.ts";

/** The user's file that a bundle was made of; the bundle itself where that cannot be known. */
function sourceOf(bundle: string): string {
  try {
    return madeOf(readFileSync(bundle, "utf8")) ?? bundle;
  } catch {
    return bundle;
  }
}

/**
 * Says in one line why an error ended the receiver.
 *
 * @param ours the file of the receiver: what was thrown there is a fault of its own, and told with its stack.
 * @param bundles of the pipelines that it has loaded.
 */
export function describeUncaught(problem: unknown, ours: string, bundles: readonly string[]): string {
  const { stack = "", message } = problem instanceof Error ? problem : { message: String(problem) };
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line) && !/\(?node:/.test(line));
  const thrown = bundles.filter((bundle) => frames.some((frame) => frame.includes(bundle)));
  const isOurs =
    frames[0]?.includes(ours) === true || (thrown.length === 0 && frames.some((one) => one.includes(ours)));
  if (isOurs || bundles.length === 0) return withoutCredentials(stack || message);
  const known = (thrown.length > 0 ? thrown : bundles).map(sourceOf).join(" or ");
  // Node tells of a socket whose owner nobody knows.
  const files = frames.length > 0 ? known : `the receiver, or ${known}`;
  return (
    `${files}: an error that nothing in it caught: ${withoutCredentials(message).replaceAll(/\s+/g, " ")}: ` +
    'give what it opens a listener, as in pool.on("error", () => {}), and await each promise'
  );
}
