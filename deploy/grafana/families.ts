import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FAMILIES } from "../../systems/metrics.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";

export type Family = keyof typeof FAMILIES;

/** The tests that have a board. */
export const BOARD_TESTS = Object.keys(VARIABLES) as RunnableTest[];

/**
 * The families of metrics that a test measures, read from its script, so that no second list can differ.
 *
 * @param root folder of the repository.
 * @throws an error that names the script and the unknown family.
 */
export function familiesOf(test: RunnableTest, root: string): Family[] {
  const script = scriptOf(test, root);
  const [, declared] = /\bmeasures\(([^)]*)\)/.exec(readFileSync(join(root, script), "utf8")) ?? [];
  const names = [...(declared ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name as string);
  const unknown = names.filter((name) => !Object.hasOwn(FAMILIES, name));
  if (names.length === 0 || unknown.length > 0) {
    throw new Error(`${script}: measures(${declared ?? ""}): allowed: ${Object.keys(FAMILIES).join(", ")}`);
  }
  return names as Family[];
}

/** The script of a test: in k6/, or in the folder `tests` of its system. */
function scriptOf(test: RunnableTest, root: string): string {
  const folders = readdirSync(join(root, "systems")).map((system) => `systems/${system}/tests`);
  const script = ["k6", ...folders]
    .map((folder) => `${folder}/${test}.ts`)
    .find((file) => existsSync(join(root, file)));
  if (script === undefined)
    throw new Error(`${test}: no script; allowed: k6/${test}.ts or systems/<system>/tests/${test}.ts`);
  return script;
}
