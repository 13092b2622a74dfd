/** One cause, one reason: what follows from a cause is told beneath it, and does not bury it. */
import type { Reason } from "./reason.ts";

/** What was missed, and what that says of other metrics. */
export interface Finding {
  readonly reason: Reason;
  readonly spoils: RegExp | null;
  readonly explains: RegExp | null;
  /** Samples that others lack because of it; see {@link withheldBy}. */
  readonly withheld: number;
}

/** What could not be judged. */
export interface UnmeasuredObjective {
  readonly reason: Reason;
  readonly samples: number;
  readonly floor: number;
  /** Why they say nothing although there are enough; null where there are not. */
  readonly doubt: string | null;
}

/** Counts of events and deliveries that did not happen. */
const WITHHOLDING = /^(events_(refused|unknown|unsent)|account_(lost|open))$/;

/** How many events or deliveries a missed objective counts that gave no other sample: nobody can time what never came. */
export function withheldBy({
  metric,
  observed,
}: {
  readonly metric: string;
  readonly observed: number | null;
}): number {
  return WITHHOLDING.test(metric) ? (observed ?? 0) : 0;
}

/** Whether there would have been enough samples but for what was withheld: a longer run would not help. */
export function isStarved({ samples, floor }: { samples: number; floor: number }, withheld: number): boolean {
  return withheld > 0 && samples + withheld >= floor;
}

interface Cause extends Finding {
  readonly symptoms: string[];
  /** Of what could not be judged: what all that has the same cause shares. */
  readonly lack: string | null;
}

/**
 * Gathers reasons by cause, in the order of the table of objectives: failures first.
 *
 * @param failures missed objectives.
 * @param conditions missed conditions of the measurement.
 * @param unmeasured what could not be judged for want of samples or by a condition.
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
    const lack = doubt ?? `${samples} samples`;
    const missed = causes.filter((cause) => cause.lack === null);
    const cause =
      missed.find((one) => doubt !== null && isSpoiltBy(one, reason.metric)) ??
      missed.find((one) => isCauseOf(one, reason.metric)) ??
      missed.find(({ withheld }) => doubt === null && isStarved({ samples, floor }, withheld)) ??
      // Nothing was there to be measured, because something else went wrong: more load would not help.
      (samples === 0 ? missed[0] : undefined) ??
      causes.find((one) => one.lack === lack);
    enter({ reason, spoils: null, explains: null, withheld: 0 }, lack, cause);
  }
  return causes.map(({ reason, symptoms }) => ({ ...reason, symptoms }));
}

function isSpoiltBy({ spoils }: Cause, metric: string | null): boolean {
  return metric !== null && spoils?.test(metric) === true;
}

/** Whether a miss of this metric comes from a cause that is told already: of the same metric, or one that it explains. */
function isCauseOf({ reason, explains }: Cause, metric: string | null): boolean {
  if (metric === null) return false;
  return reason.metric === metric || explains?.test(metric) === true;
}
