/** The list of pipelines that `throughline run` knows: adding one is one line. */
import type { PipelineKind } from "../cli/kind.ts";
import { ethhook } from "./ethhook/cli/kind.ts";
import { ingestor } from "./ingestor/cli/kind.ts";
import { pulse } from "./pulse/cli/kind.ts";
import { signals } from "./signals/cli/kind.ts";
import type { RunnableTest } from "./variables.ts";

/** By the name that `throughline run` takes. */
export const PIPELINES: Readonly<Record<string, PipelineKind>> = {
  pipeline: pulse,
  ethhook,
  ingest: ingestor,
  webhook: signals,
};

/** Addresses that a run can be given. */
export const URL_NAMES: readonly string[] = [
  ...new Set([...Object.values(PIPELINES).flatMap(({ urls }) => Object.keys(urls)), "receiver"]),
];

/** What tests need that plain k6 does not have. */
export const EXTENSIONS: Partial<Readonly<Record<RunnableTest, readonly string[]>>> = Object.assign(
  {},
  ...Object.values(PIPELINES).map(({ extensions }) => extensions),
);
