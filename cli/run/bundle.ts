import type { RunnableTest } from "../../systems/variables.ts";
import type { PipelineKind } from "../kind.ts";

/** The bundle of a test, by its name, that a k6 with these extensions runs. */
export function bundleFor(
  test: RunnableTest,
  { quicker }: Pick<PipelineKind, "quicker">,
  extensions: readonly string[],
): string {
  const other = quicker?.[test];
  return other !== undefined && extensions.includes(other.extension) ? other.bundle : test;
}
