import { TRIALS, type Trial } from "../trials.ts";

/** The settings that decide the number of webhooks and the size of trials. */
export interface TrialSettings {
  readonly SIGNAL_LIMIT: number;
  readonly WEBHOOKS?: number | undefined;
  readonly WEBHOOK_TOKEN?: string | undefined;
  readonly TRIALS: readonly Trial[];
  readonly HEALTH_URL?: readonly string[] | undefined;
  readonly MEMORY_RATE: number;
}

/** Share of a webhook's limit that the regular load uses: signals that are sent evenly do not arrive evenly. */
export const FILL = 0.8;

/** Number of webhooks for trials, so that none has to wait for the limit of another. */
const TRIAL_WEBHOOKS = TRIALS.race.webhooks;

/** Number of webhooks for a load that stays below their limits. @throws a string when there are too few. */
export function webhooksFor(config: TrialSettings, peak: number): number {
  const needed = Math.max(1, Math.ceil(peak / (FILL * config.SIGNAL_LIMIT) - 1e-9));
  const given = config.WEBHOOK_TOKEN === undefined ? config.WEBHOOKS : 1;
  if (given !== undefined && given < needed) {
    const most = Number((given * FILL * config.SIGNAL_LIMIT).toFixed(3));
    throw (
      `${config.WEBHOOK_TOKEN === undefined ? `WEBHOOKS=${given}` : "WEBHOOK_TOKEN=(hidden) names one webhook"}: ` +
      `${peak} signals per second need ${needed} webhooks of SIGNAL_LIMIT=${config.SIGNAL_LIMIT} each, filled to ${FILL * 100} %; ` +
      `allowed: up to ${most} per second, by a lower RATE or LOAD_SCALE`
    );
  }
  return given ?? Math.max(needed, config.TRIALS.length > 0 ? TRIAL_WEBHOOKS : 1);
}

/** Longer than all trials except memory, whose size is a setting. */
const OTHER_TRIALS_SECONDS = 30 * 60;
/** A longer answer has missed its objective by far. */
const PATIENCE_SECONDS = 1;

/** Seconds after which hanging trials are cut off. */
export function longestTrials(config: TrialSettings & { readonly MEMORY_SIGNALS: number }, webhooks: number): number {
  const rate = Math.min(config.MEMORY_RATE, FILL * config.SIGNAL_LIMIT * webhooks);
  const rounds = Math.ceil(config.MEMORY_SIGNALS / webhooks);
  return OTHER_TRIALS_SECONDS + Math.ceil(config.MEMORY_SIGNALS / rate + rounds * PATIENCE_SECONDS);
}

/**
 * The most signals that trials send within a second, after a load with this peak.
 *
 * @throws a string when there are too few webhooks for the load.
 */
export function peakOfTrials(config: TrialSettings, loadPeak: number): number {
  const { SIGNAL_LIMIT: limit, TRIALS: trials, HEALTH_URL } = config;
  const webhooks = webhooksFor(config, loadPeak);
  const atOnce = (trial: "expiry" | "limit") => Math.min(TRIALS[trial].rounds, webhooks);
  const peaks: Readonly<Record<Trial, number>> = {
    hft: TRIALS.hft.signals,
    identical: TRIALS.identical.signals,
    race: Math.min(TRIALS.race.signals, limit) * TRIALS.race.webhooks,
    // Their rounds follow each other at once, each at another webhook.
    expiry: TRIALS.expiry.signals * atOnce("expiry"),
    limit: 2 * limit * atOnce("limit"),
    overload: 3 * limit,
    headers: 2 * limit,
    access: TRIALS.access.signals,
    memory: HEALTH_URL === undefined ? 0 : Math.min(config.MEMORY_RATE, webhooks * FILL * limit),
  };
  return Math.max(0, ...trials.map((trial) => peaks[trial]));
}
