import type { Account } from "../../core/account.ts";
import type { Slo } from "../../core/slo.ts";
import { enterAccount } from "./account.ts";
import { enterHealth, type WatchStart } from "./health.ts";
import type { measures } from "./metrics.ts";
import { type Run, settleRun } from "./run.ts";

/** What the end of a run is entered in. */
type EndMeasures = ReturnType<typeof measures<"account" | "health">>;

/** The end of a test's part in a run, in `teardown()`: health is entered, and the account as soon as it is settled. */
export function endRun(
  config: Parameters<typeof enterHealth>[0] & Parameters<typeof settleRun>[0] & { readonly slos: readonly Slo[] },
  metrics: EndMeasures,
  role: Parameters<typeof settleRun>[2],
): (run: Run & WatchStart) => Account | null {
  return (run) => {
    enterHealth(config, metrics, run);
    if (config.RECEIVER_URL === undefined) return null;
    const account = settleRun(config, run, role);
    enterAccount(metrics, account, config.slos);
    return account;
  };
}
