import type { Account } from "../../core/account.ts";
import type { Slo } from "../../core/slo.ts";
import { enterAccount } from "./account.ts";
import { enterHealth, type WatchStart } from "./health.ts";
import type { Measures } from "./measure.ts";
import { type Run, settleRun } from "./run.ts";

/** What the end of a run is entered in. */
type EndMeasures = Measures<"account" | "health">;

/** What has to be known at the end of a run. */
export type EndSettings = Parameters<typeof enterHealth>[0] &
  Parameters<typeof settleRun>[0] & { readonly slos: readonly Slo[] };

/**
 * The end of a test's part in a run, in `teardown()`: health is entered, and the account as soon as it is settled.
 *
 * @param completed the account with what only this test can find out; null where that is nothing.
 */
export function endRun<More>(
  config: EndSettings,
  metrics: EndMeasures,
  role: Parameters<typeof settleRun>[2],
  completed: (run: Run & More, settled: Account) => Promise<Account | null> | Account | null = () => null,
): (run: Run & WatchStart & More) => Promise<void> {
  return async (run) => {
    enterHealth(config, metrics, run);
    if (config.RECEIVER_URL === undefined) return;
    const settled = settleRun(config, run, role);
    enterAccount(metrics, (await completed(run, settled)) ?? settled, config.slos);
  };
}
