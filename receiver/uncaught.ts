/** Uncaught errors of a user's pipeline: from an emitter without a listener, a timer, or a forgotten promise. */
import { readFileSync } from "node:fs";
import { madeOf } from "../core/bundle.ts";
import { withoutCredentials } from "../core/redaction.ts";

/** The user's file that a bundle was made of; the bundle itself where it is unknown. */
function sourceOf(bundle: string): string {
  try {
    return madeOf(readFileSync(bundle, "utf8")) ?? bundle;
  } catch {
    return bundle;
  }
}

/**
 * Explains in one line why an error ended the receiver.
 *
 * @param ours the receiver's own file: errors from there are bugs of the receiver, and keep their stack.
 * @param bundles of the loaded pipelines.
 */
export function describeUncaught(problem: unknown, ours: string, bundles: readonly string[]): string {
  const { stack = "", message } = problem instanceof Error ? problem : { message: String(problem) };
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line) && !/\(?node:/.test(line));
  const thrown = bundles.filter((bundle) => frames.some((frame) => frame.includes(bundle)));
  const isOurs =
    frames[0]?.includes(ours) === true || (thrown.length === 0 && frames.some((one) => one.includes(ours)));
  if (isOurs || bundles.length === 0) return withoutCredentials(stack || message);
  const known = (thrown.length > 0 ? thrown : bundles).map(sourceOf).join(" or ");
  // The error of a socket may come without a stack.
  const files = frames.length > 0 ? known : `the receiver, or ${known}`;
  return (
    `${files}: an error that nothing in it caught: ${withoutCredentials(message).replaceAll(/\s+/g, " ")}: ` +
    'give what it opens a listener, as in pool.on("error", () => {}), and await each promise'
  );
}
