import exec from "k6/execution";
import type { Measure } from "./metrics.ts";

/**
 * Wraps a function that k6 runs. An exception inside an iteration leaves k6's exit code at 0; here it
 * is counted in `script_errors`, printed once per iteration, and fails the test.
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
      const text = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
      console.error(`script error: ${text}`);
      exec.test.fail(`script error: ${text.split("\n")[0]}`);
    }
  };
}
