/** Groups reasons by cause: symptoms are listed below their cause instead of hiding it. */
import { several } from "./numbers.ts";
import type { Reason } from "./reason.ts";

/** A missed objective, and its effect on other metrics. */
export interface Finding {
  readonly reason: Reason;
  readonly spoils: RegExp | null;
  readonly explains: RegExp | null;
  /** Number of samples that other metrics lack because of it; see {@link withheldBy}. */
  readonly withheld: number;
}

/** An objective that could not be judged. */
interface UnmeasuredObjective {
  readonly reason: Reason;
  readonly samples: number;
  readonly floor: number;
  /** Why its samples cannot be trusted; null where there are too few. */
  readonly doubt: string | null;
}

/** Counts of events and deliveries that did not happen. */
const WITHHOLDING = /^(events_(refused|unknown|unsent)|account_(lost|open))$/;

/**
 * Number of missing samples that a missed objective explains: latencies of deliveries that never came cannot be
 * measured.
 */
export function withheldBy({
  metric,
  observed,
}: {
  readonly metric: string;
  readonly observed: number | null;
}): number {
  return WITHHOLDING.test(metric) ? (observed ?? 0) : 0;
}

/** Whether only withheld samples are missing for a judgement, so that a longer run would not help. */
export function isStarved({ samples, floor }: { samples: number; floor: number }, withheld: number): boolean {
  return withheld > 0 && samples + withheld >= floor;
}

interface Cause extends Finding {
  readonly symptoms: string[];
  /** For unmeasured objectives: identifies those with the same cause. */
  readonly lack: string | null;
}

/**
 * Groups reasons by cause, in the order of the table of objectives, failures first.
 *
 * @param failures missed objectives.
 * @param conditions missed conditions of the measurement.
 * @param unmeasured objectives without enough or trusted samples.
 */
export function gathered(
  failures: readonly Finding[],
  conditions: readonly Finding[],
  unmeasured: readonly UnmeasuredObjective[],
): Reason[] {
  const causes: Cause[] = [];
  const enter = (finding: Finding, lack: string | null, cause: Cause | undefined) => {
    if (cause === undefined) causes.push({ ...finding, lack, symptoms: [...finding.reason.symptoms] });
    else cause.symptoms.push(finding.reason.text, ...finding.reason.symptoms);
  };
  for (const finding of [...failures, ...conditions]) {
    enter(
      finding,
      null,
      causes.find((cause) => isCauseOf(cause, finding.reason.metric)),
    );
  }
  for (const { reason, samples, floor, doubt } of unmeasured) {
    const lack = doubt ?? several(samples, "sample");
    const missed = causes.filter((cause) => cause.lack === null);
    const cause =
      missed.find((one) => doubt !== null && isSpoiltBy(one, reason.metric)) ??
      missed.find((one) => isCauseOf(one, reason.metric)) ??
      missed.find(({ withheld }) => doubt === null && isStarved({ samples, floor }, withheld)) ??
      // Nothing was measured because something else failed: more load would not help.
      (samples === 0 ? missed[0] : undefined) ??
      causes.find((one) => one.lack === lack);
    enter({ reason, spoils: null, explains: null, withheld: 0 }, lack, cause);
  }
  return causes.map(({ reason, symptoms }) => ({ ...reason, symptoms }));
}

function isSpoiltBy({ spoils }: Cause, metric: string | null): boolean {
  return metric !== null && spoils?.test(metric) === true;
}

/** Whether a miss of this metric belongs to a given cause: it has the same metric, or the cause explains it. */
function isCauseOf({ reason, explains }: Cause, metric: string | null): boolean {
  if (metric === null) return false;
  return reason.metric === metric || explains?.test(metric) === true;
}
