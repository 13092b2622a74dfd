import type { K6Result } from "../k6.ts";
import type { Health, Result } from "../result.ts";
import type { CoreUse } from "./competition.ts";
import type { PlannedRun } from "./plan.ts";
import type { RunData } from "./run-data.ts";

/** Everything that is known at the end of a run. */
export interface FinishedRun {
  readonly run: string;
  /** Its folder, as shown to the user. */
  readonly folder: string;
  readonly subject: string;
  readonly plan: PlannedRun;
  readonly instances: number;
  readonly flags: readonly string[];
  readonly tests: readonly K6Result[];
  readonly collected: RunData;
  readonly health: readonly Health[];
  /** Use of this machine's cores, second by second. */
  readonly coreUse: readonly CoreUse[];
  /** Why services ended too early. */
  readonly problems: readonly string[];
  /** The run was stopped by a signal. */
  readonly interrupted: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly machine: Result["machine"];
  readonly versions: Result["versions"];
  /** A user's pipeline's own next steps, by metric. */
  readonly nextSteps?: Readonly<Record<string, string>> | undefined;
}
