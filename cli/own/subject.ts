import { suggestion } from "../../core/nearest.ts";
import type { Config } from "../config.ts";
import { SUBJECTS, type Subject, subjectOf } from "../run/subject.ts";
import { buildAll, buildNamed, type Found, refuseClaimed } from "./find.ts";
import { kindOf } from "./kind.ts";

const NONE_HERE = "no *.pipeline.ts in this folder or in pipelines/";

/**
 * The name of the only pipeline in this folder, for commands without a name. @throws RangeError where there are none or
 * several.
 */
export async function onlyOwn(root: string, config: Config | null): Promise<readonly string[]> {
  const found = await buildAll(root, config?.pipelines);
  const own = found.built.map(({ name }) => name);
  if (own.length === 1 && found.broken.size === 0) return own;
  if (own.length === 0) for (const problem of found.broken.values()) throw problem;
  const none = own.length === 0 ? `${NONE_HERE}, and nothing is named` : "says not which";
  const make = own.length === 0 ? "; throughline init <name> --from http --to webhook writes one" : "";
  throw new RangeError(`run: ${none}; allowed: ${[...own, ...SUBJECTS].join(", ")}${make}${brokenOnes(found)}`);
}

/**
 * Finds pipelines and tests of the suite by name, or bundles a pipeline of this folder.
 *
 * @throws RangeError in one line for an unknown name.
 */
export async function findSubject(root: string, names: readonly string[], config: Config | null): Promise<Subject> {
  const [name = ""] = names;
  if (SUBJECTS.includes(name)) {
    for (const one of new Set(names)) await refuseClaimed(root, config?.pipelines, one);
    return subjectOf(names);
  }
  const { wanted, all } = await buildNamed(root, config?.pipelines, name);
  if (wanted === undefined) {
    const own = all.built.map((one) => one.name);
    const files = all.built.map(({ file }) => file);
    const none = all.broken.size === 0 ? `; ${NONE_HERE}` : "";
    throw new RangeError(
      `${name} is no pipeline and no test; ${suggestion(name, [...SUBJECTS, ...own])}` +
        `${files.length === 0 ? none : `; own: ${files.join(", ")}`}${brokenOnes(all)}`,
    );
  }
  if (names.length > 1) throw new RangeError(`run ${names.join(" ")}: a pipeline runs alone; allowed: ${name}`);
  const kind = kindOf(wanted);
  return { name, kind, groups: kind.groups, settled: wanted.pipeline !== null };
}

/** The files whose names are not known, at the end of a message. */
function brokenOnes({ broken }: Found): string {
  return broken.size === 0 ? "" : `; broken: ${[...broken.values()].map(({ message }) => message).join("; ")}`;
}
