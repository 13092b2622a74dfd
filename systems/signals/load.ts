/** What follows from the variables of webhook: which trials come after the load, and how hard they hit. */
import { peakOfTrials, type TrialSettings } from "./k6/webhookcount.ts";
import { EVERY_TRIAL } from "./trials.ts";
import { CONTRACT } from "./wire.ts";

type Values = Partial<TrialSettings> & { readonly EXECUTED_BY?: "trace" | "count" };

/** Which objectives apply. Memory is nothing to try where nobody looks at it. */
export function contextOf({ TRIALS: trials, HEALTH_URL, EXECUTED_BY }: Values) {
  return {
    ...(trials === undefined
      ? {}
      : { trials: trials.filter((trial) => trial !== "memory" || HEALTH_URL !== undefined) }),
    ...(EXECUTED_BY === "count" ? { executedByCount: true, accounted: false } : {}),
  };
}

/** How hard the trials hit, beside those of a smoke test, which has no monitor. @param peak of the load. */
export function afterLoad({ TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE = 0, ...others }: Values, peak: number) {
  if (trials === undefined || SIGNAL_LIMIT === undefined) return undefined;
  return {
    peak: peakOfTrials({ ...others, TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE }, peak),
    gentle: peakOfTrials({ TRIALS: EVERY_TRIAL, SIGNAL_LIMIT: CONTRACT.limit, MEMORY_RATE }, 0),
  };
}
