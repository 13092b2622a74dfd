/** What a reader that is behind its socket may add to a latency. Pure. */
import { metricOf } from "./metrics.ts";
import { milliseconds } from "./numbers.ts";
import type { Slo } from "./slo.ts";
import type { Uncertainty } from "./sloresult.ts";

/** How long texts waited in this machine, in ms. */
export interface Lag {
  /** The longest wait, for whatever reason. */
  readonly longest: number;
  /** The longest wait of a text for those that came together with it, and the share of texts that waited so. */
  readonly turn: number;
  readonly share: number;
}

type Values = Readonly<Record<string, number>>;

/** @returns null where nothing was read. */
export function lagIn(metrics: Readonly<Record<string, Values>>): Lag | null {
  const { max, count = 0 } = metrics[LAG] ?? {};
  const { max: turn = 0, count: turns = 0 } = metrics["generator_turn_ms"] ?? {};
  if (max === undefined) return null;
  return { longest: Math.max(max, turn), turn, share: turns / Math.max(1, count) };
}

/** Of several processes: no more is excused than by the worst of them. */
export function worseLag(one: Lag, other: Lag): Lag {
  return {
    longest: Math.max(one.longest, other.longest),
    turn: Math.max(one.turn, other.turn),
    share: Math.max(one.share, other.share),
  };
}

const LAG = "generator_lag_ms";

/**
 * Objectives of which a late reader spoils no latency whose misses are all certain. It spoils the others.
 *
 * @param isCertain whether an objective is missed by more than the reader's worst lag explains.
 */
export function sparingCertain(
  slos: readonly Slo[],
  isMissed: (slo: Slo) => boolean,
  isCertain: (slo: Slo) => boolean,
): readonly Slo[] {
  const missed = slos.filter((slo) => isArrival(slo.metric) && isMissed(slo));
  const doubtful = new Set(missed.filter((slo) => !isCertain(slo)).map(({ metric }) => metric));
  const certain = [...new Set(missed.map(({ metric }) => metric))].filter((metric) => !doubtful.has(metric));
  if (certain.length === 0) return slos;
  const spared = `^(?!(?:${certain.join("|")})$)`;
  return slos.map(({ spoils, ...slo }): Slo => {
    if (spoils === undefined) return slo;
    return { ...slo, spoils: slo.metric === LAG ? new RegExp(`${spared}(?=.*(?:${spoils.source}))`) : spoils };
  });
}

/** Fewer texts than this share move no percentile that is judged. */
const LEAST_SHARE = 1 / 200;

/** How such a doubt begins. */
export const TURN = "what came at once waited for its turn in k6";

/** By how much a missed latency may be too high, because texts that came at once were read one after the other. */
export function turnDelay({ metric }: Slo, lag: Lag | null): Uncertainty | null {
  if (lag == null || lag.turn === 0 || lag.share < LEAST_SHARE || !isArrival(metric)) return null;
  return { by: lag.turn, cause: `${TURN}, for up to ${milliseconds(lag.turn)}` };
}

/** Whether a latency ends where a text is read. */
function isArrival(metric: string): boolean {
  const { between, ours } = metricOf(metric) ?? {};
  return between === "arrival" && ours === true;
}
