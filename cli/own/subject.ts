import type { Config } from "../config.ts";
import { SUBJECTS, type Subject, subjectOf } from "../run/subject.ts";
import { buildAll } from "./find.ts";
import { kindOf } from "./kind.ts";

/**
 * The name of the only pipeline in this folder, for commands without a name. @throws RangeError where there are none or
 * several.
 */
export async function onlyOwn(root: string, config: Config | null): Promise<readonly string[]> {
  const own = (await buildAll(root, config?.pipelines)).map(({ name }) => name);
  if (own.length === 1) return own;
  throw new RangeError(`run: says not what; allowed: ${[...own, ...SUBJECTS].join(", ")}`);
}

/**
 * Finds pipelines and tests of the suite by name, or bundles a pipeline of this folder.
 *
 * @throws RangeError in one line for an unknown name.
 */
export async function findSubject(root: string, names: readonly string[], config: Config | null): Promise<Subject> {
  const [name = ""] = names;
  if (SUBJECTS.includes(name)) return subjectOf(names);
  const all = await buildAll(root, config?.pipelines);
  const built = all.find((one) => one.name === name);
  if (built === undefined) {
    const own = all.map((one) => one.name);
    throw new RangeError(
      `run ${name}: allowed: ${[...SUBJECTS, ...own].join(", ")}; ${
        all.length === 0
          ? "no *.pipeline.ts in this folder or in pipelines/"
          : `own: ${all.map(({ file }) => file).join(", ")}`
      }`,
    );
  }
  if (names.length > 1) throw new RangeError(`run ${names.join(" ")}: a pipeline runs alone; allowed: ${name}`);
  const kind = kindOf(built);
  return { name, kind, groups: kind.groups, settled: built.pipeline !== null };
}
