import type { Config } from "../config.ts";
import { SUBJECTS, type Subject, subjectOf } from "../run/subject.ts";
import { buildAll } from "./find.ts";
import { kindOf } from "./kind.ts";

/**
 * Finds what names mean: pipelines and tests of the suite, or a pipeline of this folder, which is bundled for it.
 *
 * @throws RangeError in one line when there is none of that name.
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
