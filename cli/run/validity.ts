/** What makes a run INVALID beside the objectives of its tests: the machinery that measured it was not fit to. */
import type { Summary } from "../../core/summary.ts";
import type { Health } from "../result.ts";

/** Beyond this share of all cores a generator has no reserve: what it measures is its own waiting. */
const SATURATED_SHARE = 0.9;
/** A moment is no saturation. */
const FEWEST_SAMPLES = 5;

/** Clocks of two hosts that are compared less exactly than this tell no latency from 25 ms on. */
export const CLOCK_ERROR_MS = 12.5;

/** What is looked at. */
export interface Measurement {
  readonly health: readonly Health[];
  readonly cores: number;
  readonly summaries: readonly Summary[];
  /** The receiver has a clock of its own. */
  readonly remoteReceiver: boolean;
}

/** Why the measurement is not fit, and what to do about it. */
export interface Invalidity {
  readonly text: string;
  readonly next: string;
}

/** @returns one for each reason. */
export function invalidities(measurement: Measurement): Invalidity[] {
  return [
    ...saturation(measurement).map((text) => ({ text, next: "less load, or the target on another machine" })),
    ...clocks(measurement).map((text) => ({
      text,
      next: "throughline doctor --receiver-url; move the receiver nearer",
    })),
  ];
}

function saturation({ health, cores }: Measurement): string[] {
  const shares = busyShares(health.filter(({ role }) => role === "generator")).map((cpu) => cpu / (cores * 100));
  if (shares.length < FEWEST_SAMPLES) return [];
  const median = [...shares].sort((a, b) => a - b)[Math.floor(shares.length / 2)] as number;
  if (median < SATURATED_SHARE) return [];
  const percent = Math.round(median * 100);
  return [`the load generators were saturated: k6 used ${percent} % of ${cores} cores in half of all seconds`];
}

/** CPU of all processes together, second by second. */
function busyShares(processes: readonly Health[]): number[] {
  const seconds = new Map<number, number>();
  for (const { samples } of processes) {
    for (const { at, cpu } of samples) {
      const second = Math.round(at / 1000);
      if (cpu !== null) seconds.set(second, (seconds.get(second) ?? 0) + cpu);
    }
  }
  return [...seconds.values()];
}

function clocks({ summaries, remoteReceiver }: Measurement): string[] {
  if (!remoteReceiver) return [];
  return summaries.flatMap(({ test, account, clock }) => {
    if (account === null) return [];
    if (clock === null) return [`${test}: the receiver's clock was not compared with ours`];
    if (clock.error <= CLOCK_ERROR_MS) return [];
    return [
      `${test}: the receiver's clock is known to ${clock.error.toFixed(1)} ms only, ${CLOCK_ERROR_MS} ms are needed`,
    ];
  });
}
