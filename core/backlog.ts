import type { Window } from "./ledger.ts";
import { Line } from "./line.ts";
import type { Second } from "./timeline.ts";

/** Growth of a backlog under load, as a share of the deliveries that are due. */
export interface BacklogGrowth {
  readonly share: number;
  /** Number of readings. */
  readonly samples: number;
}

/** In the first seconds a load fills the pipeline, which is no growth. */
const FILLING_SECONDS = 2;

/**
 * How fast deliveries fall behind, from the backlog at the end of each second of the load.
 *
 * @returns null where there are too few seconds, or nothing was due.
 */
export function backlogGrowth(seconds: readonly Second[], load: Window | null): BacklogGrowth | null {
  if (load === null) return null;
  // The last second of a load is usually incomplete.
  const whole = seconds.filter(({ at }) => at >= load.from && at + 1000 <= load.through).slice(FILLING_SECONDS);
  const [first] = whole;
  const last = whole.at(-1);
  if (first === undefined || last === undefined || whole.length < 2) return null;
  const backlog = new Line();
  for (const second of whole) backlog.enter((second.at - first.at) / 1000, second.backlog);
  const delivered = whole.slice(1).reduce((sum, second) => sum + second.delivered, 0);
  const due = delivered + last.backlog - first.backlog;
  const slope = backlog.slope();
  if (slope === null || due <= 0) return null;
  return { share: slope / (due / (whole.length - 1)), samples: backlog.count };
}
