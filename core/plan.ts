import type { BurstRange } from "./bursts.ts";
import { type BurstShape, bursts, eventsIn, lengthOf, peakOf, type Shape, scaled, secondOf } from "./shape.ts";

/** Changes of a run to its profile. Undefined keeps the profile's own value. */
export interface Overrides {
  /** Highest number of virtual users. */
  readonly vus?: number | undefined;
  /** Highest rate in events per second, or as fast as the workers can. */
  readonly rate?: number | "max" | undefined;
  /** Total duration in seconds. */
  readonly duration?: number | undefined;
  /** Exact number of events. */
  readonly events?: number | undefined;
  readonly timeScale?: number | undefined;
  readonly loadScale?: number | undefined;
  /** Bursts instead of the profile's shape: `cycles` of them, or as many as fit into the duration. */
  readonly burst?: (BurstShape & { readonly cycles?: number | undefined }) | undefined;
  /** Number of publishers that wait for acknowledgements concurrently. */
  readonly workers?: number | undefined;
  /** Events per send. */
  readonly batch?: number | undefined;
  /** Number of k6 processes that share the load; 1 by default. */
  readonly instances?: number | undefined;
  /** A closed model with this many events in flight; true takes the profile's own number. */
  readonly concurrency?: number | true | undefined;
}

/** The planned load of one test: all that k6 and the script need to know. */
export type Plan = VisitorPlan | PacedPlan | UnpacedPlan | ClosedPlan;

/** Virtual users over time. */
export interface VisitorPlan {
  readonly kind: "visitors";
  readonly shape: Shape;
  /** Each virtual user stays for the whole profile, instead of coming again and again. */
  readonly staying: boolean;
}

/** An open model: events are due on schedule, whatever happened to earlier ones. */
export interface PacedPlan {
  readonly kind: "paced";
  readonly shape: Shape;
  /** Exact number of events. */
  readonly events: number;
  /** The events of each burst; absent without bursts. */
  readonly bursts?: readonly BurstRange[];
  readonly batch: number;
  /** Batches that may wait for their answers at the same time; a batch that is due beyond them is not sent. */
  readonly workers: number;
  /** Virtual users that share the schedule: batch `n` is due in lane `n` modulo their number. */
  readonly lanes: number;
}

/** A closed model: every worker sends its next batch as soon as the last one is acknowledged. */
export interface UnpacedPlan {
  readonly kind: "unpaced";
  readonly seconds: number;
  readonly events: number | null;
  readonly batch: number;
  readonly workers: number;
}

/** A closed model of single events: each is sent as soon as one of those in flight is answered. */
export interface ClosedPlan {
  readonly kind: "closed";
  /** Exact number of events over all rounds. */
  readonly events: number;
  readonly concurrency: number;
  /** Virtual users, which share the events in flight. */
  readonly workers: number;
  /** Number of rounds, with a pause in seconds between them. */
  readonly rounds: number;
  readonly pause: number;
  /** The load is cut off after this time. */
  readonly seconds: number;
}

/** Most batches that a paced publisher starts per second; a tick of 5 ms limits how uneven the pacing is. */
const TICKS_PER_SECOND = 200;
/** Virtual users that share the schedule of an open model. Each may have many batches in flight. */
const LANES = 10;
/** Most events that an open model has in flight; each takes 500 bytes while it waits for its answer. */
const MOST_UNDER_WAY = 100_000;
const UNPACED_WORKERS = 4;
const UNPACED_BATCH = 200;
/**
 * A batch may be acknowledged as a whole, so few events are sent in smaller batches to give latencies enough samples.
 */
const LEAST_BATCHES = 100;

/** More events are a mistake: sequence numbers are kept as bits, and memory grows with the highest one. */
export const MOST_EVENTS = 2 ** 28;
/** The longest load: 1000 hours. */
export const LONGEST_SECONDS = 3_600_000;
const SHORTEST_SECONDS = 0.001;
/** The shortest load of visitors; k6's ramps need it, and shorter visits cannot be judged. */
const SHORTEST_VISIT_SECONDS = 1;
const HIGHEST_LEVEL = 10_000_000;
const LOWEST_LEVEL = 0.001;
const MOST_BURSTS = 10_000;

/** The profile that ends when the first objective breaks. */
export const BREAKPOINT = "breakpoint";

/** Duration of a load in seconds. */
export function secondsOf(load: Plan): number {
  return "shape" in load ? lengthOf(load.shape) : load.seconds;
}

/** Why a load is larger than k6 can run; null when it is not. */
export function excessOf(load: Plan): string | null {
  const seconds = secondsOf(load);
  const outside = (value: number, least: number, most: number) => !(value >= least && value <= most);
  const shortest = load.kind === "visitors" ? SHORTEST_VISIT_SECONDS : SHORTEST_SECONDS;
  if (outside(seconds, shortest, LONGEST_SECONDS)) {
    const few = seconds < SHORTEST_VISIT_SECONDS ? "; so few samples cannot be judged" : "";
    return `the load lasts ${seconds} s: allowed: ${shortest} to ${LONGEST_SECONDS} s${few}`;
  }
  const events = load.kind === "paced" || load.kind === "closed" ? load.events : 1;
  if (outside(events, 1, MOST_EVENTS)) return `the load has ${events} events: allowed: 1 to ${MOST_EVENTS}`;
  if (!("shape" in load)) return null;
  const peak = peakOf(load.shape);
  if (outside(peak, LOWEST_LEVEL, HIGHEST_LEVEL)) {
    return `the load peaks at ${peak}: allowed: ${LOWEST_LEVEL} to ${HIGHEST_LEVEL}`;
  }
  return null;
}

/** Plans the number of virtual users over time. */
export function visitorPlan(standard: Shape, { vus, duration }: Overrides, staying: boolean): VisitorPlan {
  return {
    kind: "visitors",
    staying,
    shape: scaled(standard, {
      level: vus === undefined ? 1 : vus / peakOf(standard),
      time: duration === undefined ? 1 : duration / lengthOf(standard),
    }),
  };
}

/** Plans what is published when. @throws RangeError when the overrides contradict each other. */
export function publishingPlan(standard: Shape, overrides: Overrides): PacedPlan | UnpacedPlan {
  if (overrides.rate !== "max") return pacedPlan(standard, overrides.rate, overrides);
  if (overrides.burst === undefined) return unpacedPlan(standard, overrides);
  throw new RangeError("RATE=max, BURST=1: bursts come on top of a steady rate; leave one of them out");
}

function pacedPlan(standard: Shape, rate: number | undefined, overrides: Overrides): PacedPlan {
  const load = pacedShape(standard, rate, overrides);
  const events = overrides.events ?? Math.round(eventsIn(load));
  if (events > MOST_EVENTS) {
    throw new RangeError(
      `${spelled(overrides)}: allowed: a load of up to ${MOST_EVENTS} events, this one has ${events}`,
    );
  }
  const peak = peakOf(load);
  const batch = overrides.batch ?? Math.max(1, Math.ceil(peak / TICKS_PER_SECOND));
  const { instances = 1 } = overrides;
  const workers = overrides.workers ?? Math.max(LANES, Math.floor(MOST_UNDER_WAY / batch));
  // k6 distributes virtual users evenly over its processes, and each process needs at least one.
  const lanes = instances * Math.ceil(Math.min(LANES, workers) / instances);
  const burst = overrides.burst === undefined ? {} : { bursts: rangesOf(load, events) };
  return { kind: "paced", shape: load, events, ...burst, batch, workers, lanes };
}

/** The events of a load's bursts, which are every second one of its pieces. */
function rangesOf(load: Shape, events: number): BurstRange[] {
  const ranges: BurstRange[] = [];
  let due = 0;
  for (const [place, segment] of load.entries()) {
    const from = Math.ceil(due - 1e-6);
    due += eventsIn([segment]);
    const to = Math.min(events, Math.ceil(due - 1e-6));
    if (place % 2 === 1 && to > from) ranges.push({ from, to });
  }
  return ranges;
}

/** The given variables among those that decide the number of events. */
function spelled({ rate, duration, timeScale, loadScale }: Overrides): string {
  const given = { RATE: rate, DURATION: duration === undefined ? undefined : `${duration}s` };
  const scales = { TIME_SCALE: timeScale, LOAD_SCALE: loadScale };
  return Object.entries({ ...given, ...scales })
    .flatMap(([name, value]) => (value === undefined || (name in scales && value === 1) ? [] : `${name}=${value}`))
    .join(", ");
}

function pacedShape(standard: Shape, rate: number | undefined, { duration, events, burst }: Overrides): Shape {
  if (rate !== undefined && duration !== undefined && events !== undefined) {
    throw new RangeError(
      `RATE=${rate}, DURATION=${duration}s, EVENTS=${events}: two of them decide the third; leave one out`,
    );
  }
  if (burst !== undefined)
    return burstShape(rate ?? (standard[0] as { to: number }).to, burst, standard, { duration, events });
  let load = standard;
  if (rate !== undefined) load = scaled(load, { level: rate / peakOf(load) });
  if (duration !== undefined) load = scaled(load, { time: duration / lengthOf(load) });
  if (events !== undefined) {
    const factor = events / eventsIn(load);
    load = scaled(load, duration === undefined ? { time: factor } : { level: factor });
  }
  return load;
}

function burstShape(
  base: number,
  { cycles, ...burst }: NonNullable<Overrides["burst"]>,
  standard: Shape,
  { duration, events }: Pick<Overrides, "duration" | "events">,
): Shape {
  const period = burst.length + burst.gap;
  if (cycles !== undefined && (duration !== undefined || events !== undefined)) {
    throw new RangeError(`BURST_CYCLES=${cycles}: decides how long the load lasts; leave DURATION and EVENTS out`);
  }
  const bursting = (seconds: number) => {
    const count = Math.ceil(seconds / period);
    if (count <= MOST_BURSTS) return bursts(base, burst, seconds);
    throw new RangeError(
      `a burst every ${period} s: allowed: at most ${MOST_BURSTS} bursts, not the ${count} of ${seconds} s`,
    );
  };
  // The last burst is followed by a gap to recover in.
  if (cycles !== undefined) return bursting(cycles * period + burst.gap);
  if (events !== undefined && duration === undefined) {
    const longEnough = events / (base * Math.min(1, burst.ratio));
    return bursting(secondOf(bursting(longEnough), events));
  }
  const load = bursting(duration ?? lengthOf(standard));
  return events === undefined ? load : scaled(load, { level: events / eventsIn(load) });
}

function unpacedPlan(standard: Shape, overrides: Overrides): UnpacedPlan {
  const { events = null } = overrides;
  return {
    kind: "unpaced",
    seconds: overrides.duration ?? lengthOf(standard),
    events,
    batch: overrides.batch ?? Math.min(UNPACED_BATCH, Math.max(1, Math.floor((events ?? MOST_EVENTS) / LEAST_BATCHES))),
    workers: overrides.workers ?? UNPACED_WORKERS,
  };
}
