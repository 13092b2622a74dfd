/** What the trials of a webhook take, in webhooks, in signals a second and in time. */
import { expect, test } from "vitest";
import { longestTrials, peakOfTrials, type TrialSettings } from "../../systems/signals/k6/webhookcount.ts";
import { EVERY_TRIAL } from "../../systems/signals/trials.ts";

const SETTINGS: TrialSettings = { SIGNAL_LIMIT: 10, TRIALS: EVERY_TRIAL, MEMORY_RATE: 100 };
const HEALTH_URL = ["http://localhost:4900"];

test.each<[string, Partial<TrialSettings>, number]>([
  ["without trials", { TRIALS: [] }, 0],
  ["of hft", { TRIALS: ["hft", "identical"] }, 100],
  ["of the race, at all its webhooks", {}, 160],
  ["of twice the limit at once, at five webhooks", { TRIALS: ["limit"], SIGNAL_LIMIT: 50 }, 500],
  ["of twice the limit at once, at the one that is given", { TRIALS: ["limit"], WEBHOOK_TOKEN: "t" }, 20],
  ["of what expires, at three webhooks", { TRIALS: ["expiry"] }, 9],
  ["of three times the limit a second", { TRIALS: ["overload"], SIGNAL_LIMIT: 50 }, 150],
  ["of memory, as fast as it is told", { HEALTH_URL, TRIALS: ["memory"] }, 100],
  ["of memory, on as many webhooks as it makes", { HEALTH_URL, TRIALS: ["memory"], MEMORY_RATE: 500 }, 160],
  ["of memory, on the one that is given", { HEALTH_URL, WEBHOOK_TOKEN: "t", TRIALS: ["memory"] }, 8],
])("the peak %s", (_, changes, peak) => {
  expect(peakOfTrials({ ...SETTINGS, ...changes }, 8)).toBe(peak);
});

test.each([
  [6_000, 40, 60],
  [6_000, 1, 750],
  [1_000_000, 1, 125_000],
])(
  "%i signals of the memory trial on %i webhooks are not cut off while answers come within a second",
  (signals, webhooks, sending) => {
    const seconds = longestTrials({ ...SETTINGS, MEMORY_SIGNALS: signals }, webhooks);
    expect(seconds - 30 * 60).toBe(sending + signals / webhooks);
  },
);
