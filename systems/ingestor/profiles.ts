/** The profiles of the ingestor's test, one row each. */
import { closedPlan } from "../../core/closedplan.ts";
import { type Overrides, type Plan, publishingPlan } from "../../core/plan.ts";
import { at, doublings } from "../../core/profiles.ts";
import { eventsIn, hold, type Shape } from "../../core/shape.ts";

/** How many hostile requests there are: a number, because the requests themselves would be in the bundle of every test. */
export const HOSTILE_REQUESTS = 61;

/** Messages per second. No multiples of a batch, so that a worker shows that never stores its last partial batch. */
export const ingest = {
  smoke: at(200, { events: 1_007 }),
  load: at(200, { events: 10_007 }),
  stress: at(400, { events: 10_007 }),
  extreme: at(500, { events: 50_007 }),
  spike: [...at(1_000, { events: 5_003 }), hold(0, "30s"), ...at(1_000, { events: 5_003 })],
  soak: [hold(100_007 / 600, "10m")],
  breakpoint: doublings(100, 8),
  hostile: at(20, { events: HOSTILE_REQUESTS * 4 }),
};

/** Messages in flight, where a profile runs as a closed model. */
const concurrency: Readonly<Record<string, number>> = {
  smoke: 50,
  load: 100,
  stress: 200,
  extreme: 500,
  spike: 500,
  soak: 200,
  breakpoint: 500,
  hostile: 10,
};

/** An open model by default; closed when a concurrency is given instead of a rate. */
export function ingestPlan(profile: string, standard: Shape, overrides: Overrides): Plan {
  const underWay = concurrency[profile] as number;
  if (overrides.concurrency === undefined && overrides.rate !== "max") {
    return publishingPlan(standard, overrides);
  }
  if (typeof overrides.rate === "number") {
    throw new RangeError(
      `RATE=${overrides.rate}: a rate makes the model an open one, MODEL=closed or CONCURRENCY a closed one; leave one out`,
    );
  }
  const rounds = profile === "spike" ? { rounds: 2, pause: 30 } : { rounds: 1, pause: 0 };
  const events = Math.max(1, Math.round(eventsIn(standard)));
  return closedPlan({ events, concurrency: underWay, ...rounds }, overrides);
}
