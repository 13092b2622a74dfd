/** The result for one objective, and what it says where it was not met. Pure. */

import { largestShare, smallestShare } from "./confidence.ts";
import { metricOf } from "./metrics.ts";
import { several } from "./numbers.ts";
import { plainReason, type Reason } from "./reason.ts";
import type { Slo } from "./slo.ts";

/** An objective with its observed value. */
export interface Observation {
  readonly slo: Slo;
  /** Null when the metric has no value. */
  readonly observed: number | null;
  readonly samples: number;
  /** The target's words that explain a miss. */
  readonly evidence?: string | undefined;
  /** The error of the observed value, in its own unit; exact by default. */
  readonly uncertainty?: Uncertainty | null;
}

/** How wrong a value may be, and why. */
export interface Uncertainty {
  readonly by: number;
  /** Such as `the clock of ... moved by 350 ms`. */
  readonly cause: string;
}

/** The larger of two uncertainties. */
export function greater(one: Uncertainty | null, other: Uncertainty | null): Uncertainty | null {
  return (one?.by ?? 0) >= (other?.by ?? 0) ? (one ?? other) : other;
}

/** The result for one objective. */
export interface SloResult {
  readonly metric: string;
  /** Such as `p(95) < 25`. */
  readonly objective: string;
  /** The meaning of a miss. */
  readonly miss: Slo["miss"];
  readonly observed: number | null;
  readonly samples: number;
  readonly floor: number;
  /** Relative distance to the bound, negative when missed; null where the bound is 0, exact, or means "any at all". */
  readonly margin: number | null;
  /** The error of the observed value; null where it is negligible. */
  readonly uncertainty: number | null;
  /** For shares: the worst value that the samples leave possible, at 95 %; null otherwise. */
  readonly possible: number | null;
  readonly result: "met" | "missed" | "unmeasured";
  /** The target's words about an objective that is not met. */
  readonly evidence?: string;
  /** Why it could not be judged despite enough samples; null otherwise. */
  readonly doubt: string | null;
  /** For conditions: the metrics that a miss invalidates, as source of a regular expression; null otherwise. */
  readonly spoils: string | null;
  /** The metrics whose misses have the same cause, as source of a regular expression; null for none. */
  readonly explains: string | null;
}

/** An objective in words, such as `p(95) < 25`. */
export function objectiveOf({ statistic, comparison, bound }: Slo): string {
  return `${statistic} ${comparison} ${bound}`;
}

/** The result for an objective from what was observed. */
export function resultOf({ slo, observed, samples, evidence, uncertainty = null }: Observation): SloResult {
  const { metric, statistic, comparison, bound, floor, miss } = slo;
  const enough = observed !== null && samples >= floor;
  const holds = observed !== null && compare(observed, comparison, bound);
  const certain = observed !== null && !holds && samples > 0 && isCertainlyMissed(slo, observed, samples);
  const off = observed === null || uncertainty === null || uncertainty.by <= 0 ? null : uncertainty;
  const isDoubted =
    off !== null &&
    [-off.by, off.by].some((by) => compare((observed as number) + by, comparison, bound) !== holds) &&
    (enough || certain);
  const result = (!enough && !certain) || isDoubted ? "unmeasured" : holds ? "met" : "missed";
  return {
    metric,
    objective: objectiveOf(slo),
    miss,
    observed,
    samples,
    floor,
    margin: observed === null ? null : marginOf(observed, slo),
    uncertainty: off?.by ?? null,
    possible: statistic === "rate" && observed !== null ? possibleShare(observed, samples, comparison) : null,
    result,
    ...(result === "met" || evidence === undefined ? {} : { evidence }),
    doubt: isDoubted ? off.cause : null,
    spoils: slo.spoils?.source ?? null,
    explains: slo.explains?.source ?? null,
  };
}

/** A count of defects above zero is certain with any number of samples, and so is a share that the samples rule out. */
function isCertainlyMissed({ statistic, comparison, bound }: Slo, observed: number, samples: number): boolean {
  const isLimit = comparison === "==" || comparison === "<=";
  if (statistic === "count") return isLimit && observed > bound;
  if (statistic !== "rate") return false;
  const hits = hitsOf(observed, samples);
  return comparison === ">=" ? largestShare(hits, samples) < bound : smallestShare(hits, samples) > bound;
}

/** Number of samples that a share stands for. */
function hitsOf(share: number, samples: number): number {
  return Math.min(samples, Math.max(0, Math.round(share * samples)));
}

function possibleShare(observed: number, samples: number, comparison: Slo["comparison"]): number {
  const hits = hitsOf(observed, samples);
  return comparison === ">=" ? smallestShare(hits, samples) : largestShare(hits, samples);
}

function compare(observed: number, comparison: Slo["comparison"], bound: number): boolean {
  switch (comparison) {
    case "<":
      return observed < bound;
    case "<=":
      return observed <= bound;
    case ">=":
      return observed >= bound;
    case "==":
      return observed === bound;
  }
}

/** Relative distance to the bound; null where it has no meaning. */
function marginOf(observed: number, { statistic, comparison, bound }: Slo): number | null {
  if (bound === 0 || comparison === "==") return null;
  if (comparison !== ">=") return (bound - observed) / bound;
  // Whether there was any at all: more of it is no reserve.
  if (statistic === "count" && bound === 1) return null;
  return (observed - bound) / bound;
}

/** A row that is not met, as a reason. */
export function reasonOf(row: SloResult): Reason {
  const { metric, objective } = row;
  return plainReason(textOf(row), { metric, objective, evidence: row.evidence ?? null });
}

function textOf(row: SloResult): string {
  const meaning = metricOf(row.metric)?.meaning;
  return `${row.metric}${meaning === undefined ? "" : ` (${meaning})`}: ${seenOf(row)}`;
}

/** The observed value of an objective that was not met, with its bound. */
export function seenOf(row: Omit<SloResult, "evidence">): string {
  const { objective, observed, samples, floor, result, doubt, uncertainty, possible } = row;
  if (doubt !== null) {
    const off = uncertainty === null ? "" : ` ± ${number(uncertainty)}`;
    return `${number(observed)}${off} cannot be judged by ${objective}: ${doubt}`;
  }
  if (result === "unmeasured") {
    const leaves =
      possible === null || samples === 0
        ? ""
        : `; with so few, the true rate may be ${Number(possible.toPrecision(2))}`;
    return `${several(samples, "sample")}, ${number(floor)} are needed to judge ${objective}${leaves}`;
  }
  return `${number(observed)}, must be ${objective}`;
}

function number(value: number | null): string {
  return value === null ? "nothing" : String(Number(value.toPrecision(6)));
}
