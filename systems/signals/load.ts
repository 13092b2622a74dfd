/** Derives from the webhook test's variables which trials follow the load, and their rates. */
import { peakOfTrials, type TrialSettings } from "./k6/webhookcount.ts";
import { EVERY_TRIAL } from "./trials.ts";
import { CONTRACT } from "./wire.ts";

type Values = Partial<TrialSettings> & { readonly EXECUTED_BY?: "trace" | "count" };

/** Facts that decide which objectives apply. Without a monitor there is no memory trial. */
export function contextOf({ TRIALS: trials, HEALTH_URL, EXECUTED_BY }: Values) {
  return {
    ...(trials === undefined
      ? {}
      : { trials: trials.filter((trial) => trial !== "memory" || HEALTH_URL !== undefined) }),
    ...(EXECUTED_BY === "count" ? { executedByCount: true, accounted: false } : {}),
  };
}

/** Rates of the trials: at most, and in a smoke test, which has no monitor. @param peak of the load. */
export function afterLoad({ TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE = 0, ...others }: Values, peak: number) {
  if (trials === undefined || SIGNAL_LIMIT === undefined) return undefined;
  return {
    peak: peakOfTrials({ ...others, TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE }, peak),
    gentle: peakOfTrials({ TRIALS: EVERY_TRIAL, SIGNAL_LIMIT: CONTRACT.limit, MEMORY_RATE }, 0),
  };
}
