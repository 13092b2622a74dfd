/** The package's public API, for pipeline files and `throughline.config.ts`. */
import type { Step } from "./shape.ts";

export { type CloseEvent, closeWords } from "./closewords.ts";
export { defineEndpoints, type Endpoints, type OwnEndpoint } from "./endpoints.ts";
export type { AttributeTable, WorkloadEvent } from "./made.ts";
export type { Selection } from "./observe.ts";
export type { K6Access, NodeAccess } from "./ownaccess.ts";
export { definePipeline, type Pipeline } from "./pipeline.ts";
export { jump } from "./profiles.ts";
export { hold, ramp } from "./shape.ts";
export { type Answer, httpAnswer, type Outcome } from "./transport.ts";
export type { Step };

/** The keys of `throughline.config.ts`; all are optional. */
export interface UserConfig {
  /** Pipeline files; by default all `*.pipeline.ts` of the folder and of `pipelines/`. */
  readonly pipelines?: readonly string[];
  /** What to run when the command line names nothing. */
  readonly run?: readonly string[];
  readonly scenario?: string;
  readonly rate?: number | "max";
  readonly duration?: string;
  readonly events?: number;
  readonly instances?: number;
  /** Port of the receiver that a run starts for requests, instead of 4800. */
  readonly receiverPort?: number;
  /** Folder of the results. */
  readonly out?: string;
  /** Variables, as `--set` gives them. */
  readonly set?: Readonly<Record<string, string | number>>;
}

/** Declares the config of a folder. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}
