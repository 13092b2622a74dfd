/** What the trials of a webhook take, in webhooks, in signals a second and in time. */
import { expect, test } from "vitest";
import { longestTrials, peakOfTrials, type TrialSettings } from "../../systems/signals/k6/webhookcount.ts";
import { EVERY_TRIAL } from "../../thresholds.ts";

const SETTINGS: TrialSettings = { SIGNAL_LIMIT: 10, TRIALS: EVERY_TRIAL };
const HEALTH_URL = "http://localhost:4900";

test.each<[string, Partial<TrialSettings>, number]>([
  ["without trials", { TRIALS: [] }, 0],
  ["of hft and of equal signals at once", {}, 100],
  ["of twice the limit at once", { TRIALS: ["limit"], SIGNAL_LIMIT: 50 }, 100],
  ["of three times the limit a second", { TRIALS: ["overload"], SIGNAL_LIMIT: 50 }, 150],
  ["of memory, on as many webhooks as it makes", { HEALTH_URL }, 320],
  ["of memory, on as many webhooks as are asked for", { HEALTH_URL, WEBHOOKS: 1_000 }, 8_000],
  ["of memory, on the one that is given", { HEALTH_URL, WEBHOOK_TOKEN: "t", TRIALS: ["memory"] }, 8],
])("the peak %s", (_, changes, peak) => {
  expect(peakOfTrials({ ...SETTINGS, ...changes }, 8)).toBe(peak);
});

test.each([
  [6_000, 40],
  [6_000, 1],
  [1_000_000, 1],
])(
  "%i signals of the memory trial on %i webhooks are not cut off while answers come within a second",
  (signals, webhooks) => {
    const seconds = longestTrials({ ...SETTINGS, MEMORY_SIGNALS: signals }, webhooks);
    expect(seconds - 30 * 60).toBeGreaterThanOrEqual((signals / webhooks) * 1.125);
    expect(seconds - 30 * 60).toBeLessThan((signals / webhooks) * 1.125 + 3);
  },
);
