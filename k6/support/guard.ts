import exec from "k6/execution";
import { EXCEPTION } from "../../core/quotes.ts";
import { beginningOf, safeMessageOf } from "../../core/redaction.ts";
import type { Measure } from "./metrics.ts";
import { quote } from "./quotes.ts";

/**
 * Wraps a function that k6 runs. An exception inside an iteration leaves k6's exit code at 0; here it
 * is counted in `script_errors`, quoted, printed once per iteration, and fails the test.
 */
export function guarded<Data>(
  errors: Measure,
  iteration: (data: Data) => Promise<void> | void,
): (data: Data) => Promise<void> {
  return async (data) => {
    try {
      await iteration(data);
      errors.add(0);
    } catch (problem) {
      errors.add(1);
      quote(EXCEPTION, safeMessageOf(problem));
      exec.test.fail(`script error: ${safeMessageOf(problem)}`);
      if (problem instanceof Error && problem.stack !== undefined) console.error(beginningOf(problem.stack));
    }
  };
}

/** Runs what a file of one's own says before k6 starts. @throws a string of one line, see {@link concealed}. */
export function concealing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (problem) {
    throw safeMessageOf(problem);
  }
}

/**
 * Wraps what k6 runs before the load: an exception there ends the test, and k6 prints it as it is.
 *
 * @throws a string of one line: k6 prints an Error with its stack.
 */
export function concealed<Result>(work: () => Promise<Result>): () => Promise<Result> {
  return async () => {
    try {
      return await work();
    } catch (problem) {
      // One of ours says by itself what is wrong, and where.
      const stack = problem instanceof Error && !(problem instanceof RangeError) ? problem.stack : undefined;
      if (stack !== undefined) console.error(beginningOf(stack));
      throw safeMessageOf(problem);
    }
  };
}
