import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FAMILIES } from "../../systems/metrics.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";

export type Family = keyof typeof FAMILIES;

/** The tests that have a board. */
export const BOARD_TESTS = Object.keys(VARIABLES) as RunnableTest[];

/**
 * The families of metrics that a test measures, as its script declares them: there is no second list
 * that could differ from the first.
 *
 * @param root the folder of the repository.
 * @throws an error that names the script and what it declares, when that is not a family.
 */
export function familiesOf(test: RunnableTest, root: string): Family[] {
  const script = `k6/${test}.ts`;
  const [, declared] = /\bmeasures\(([^)]*)\)/.exec(readFileSync(join(root, script), "utf8")) ?? [];
  const names = [...(declared ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name as string);
  const unknown = names.filter((name) => !Object.hasOwn(FAMILIES, name));
  if (names.length === 0 || unknown.length > 0) {
    throw new Error(`${script}: measures(${declared ?? ""}): allowed: ${Object.keys(FAMILIES).join(", ")}`);
  }
  return names as Family[];
}
