/** The pipelines that `throughline run` knows: the half in Node of each system of the list, which k6 does not have. */
import type { PipelineKind, QuickerBundle } from "../cli/kind.ts";
import * as list from "./list.ts";
import type { RunnableTest } from "./variables.ts";

const kinds = await Promise.all(
  Object.keys(list).map(async (folder) => {
    // The bundler looks for every file of this pattern, so that there is no second list.
    const { kind } = (await import(`./${folder}/cli/kind.ts`)) as { readonly kind: PipelineKind };
    return kind;
  }),
);

/** By the name that `throughline run` takes. */
export const PIPELINES: Readonly<Record<string, PipelineKind>> = Object.fromEntries(
  kinds.map((kind) => [kind.name, kind]),
);

/** Addresses that a run can be given. */
export const URL_NAMES: readonly string[] = [
  ...new Set([...kinds.flatMap(({ urls }) => Object.keys(urls)), "receiver"]),
];

/** What tests need that plain k6 does not have. */
export const EXTENSIONS: Partial<Readonly<Record<RunnableTest, readonly string[]>>> = Object.assign(
  {},
  ...kinds.map(({ extensions }) => extensions),
);

/** Bundles that take less of a k6 which has an extension. */
export const QUICKER: Partial<Readonly<Record<RunnableTest, QuickerBundle>>> = Object.assign(
  {},
  ...kinds.map(({ quicker }) => quicker),
);
