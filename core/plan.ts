import type { Range } from "./bursts.ts";
import { type BurstShape, bursts, eventsIn, lengthOf, peakOf, type Shape, scaled, secondOf } from "./shape.ts";

/** What a run may change about its profile. Undefined leaves the profile's own value. */
export interface Overrides {
  /** Highest number of virtual users. */
  readonly vus?: number | undefined;
  /** Highest rate in events per second, or as fast as the workers can. */
  readonly rate?: number | "max" | undefined;
  /** Whole length in seconds. */
  readonly duration?: number | undefined;
  /** Exact number of events. */
  readonly events?: number | undefined;
  readonly timeScale?: number | undefined;
  readonly loadScale?: number | undefined;
  /** Bursts instead of the profile's shape; so many of them, or as many as the length of the load has room for. */
  readonly burst?: (BurstShape & { readonly cycles?: number | undefined }) | undefined;
  /** Publishers that wait for their acknowledgements at the same time. */
  readonly workers?: number | undefined;
  /** Events sent together by one publisher. */
  readonly batch?: number | undefined;
  /** k6 processes that share the load; 1 unless told. */
  readonly instances?: number | undefined;
  /** A closed model: so many events under way at any time, or as many as the profile says where it is true. */
  readonly concurrency?: number | true | undefined;
}

/** The load of one test, decided: everything that k6 and the script need to know of it. */
export type Plan = VisitorPlan | PacedPlan | UnpacedPlan | ClosedPlan;

/** Virtual users over time. */
export interface VisitorPlan {
  readonly kind: "visitors";
  readonly shape: Shape;
  /** Each stays for the whole profile, instead of coming again and again. */
  readonly staying: boolean;
}

/** An open model: events are due at their time, whatever became of those before them. */
export interface PacedPlan {
  readonly kind: "paced";
  readonly shape: Shape;
  /** Exactly so many events are due. */
  readonly events: number;
  /** The events of each burst, where the load has any. */
  readonly bursts?: readonly Range[];
  readonly batch: number;
  /** Batches that may wait for their answers at the same time; one that is due beyond them is not sent. */
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

/** A closed model of single events: each is sent as soon as one of those under way is answered. */
export interface ClosedPlan {
  readonly kind: "closed";
  /** Exactly so many events are sent, all rounds together. */
  readonly events: number;
  readonly concurrency: number;
  /** Virtual users, each of which has its share of the events under way. */
  readonly workers: number;
  /** The events are sent in so many rounds, with a pause in seconds between them. */
  readonly rounds: number;
  readonly pause: number;
  /** The load is cut off after so long. */
  readonly seconds: number;
}

/** Batches that a paced publisher starts per second at most; a tick of 5 ms bounds how uneven pacing is. */
const TICKS_PER_SECOND = 200;
/** Virtual users that share the schedule of an open model. Each has any number of batches under way. */
const LANES = 10;
/** Events that an open model has under way at most: 500 bytes each while they wait for their answers. */
const MOST_UNDER_WAY = 100_000;
const UNPACED_WORKERS = 4;
const UNPACED_BATCH = 200;
/** A batch may be acknowledged as one: few events are sent in smaller ones, so that latencies can be judged. */
const LEAST_BATCHES = 100;

/** More events than this are a mistake: sequence numbers are kept as bits, and cost memory up to the highest. */
export const MOST_EVENTS = 2 ** 28;
/** No load is longer: 1000 hours. */
export const LONGEST_SECONDS = 3_600_000;
const SHORTEST_SECONDS = 0.001;
/** Visitors: k6 holds them for no less, and what they say of less cannot be judged. */
const SHORTEST_VISIT_SECONDS = 1;
const HIGHEST_LEVEL = 10_000_000;
const LOWEST_LEVEL = 0.001;
const MOST_BURSTS = 10_000;

/** How long a load lasts, in seconds. */
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
    return `the load lasts ${seconds} s: allowed: ${shortest} to ${LONGEST_SECONDS}${few}`;
  }
  if (!("shape" in load)) return null;
  const peak = peakOf(load.shape);
  if (outside(peak, LOWEST_LEVEL, HIGHEST_LEVEL)) {
    return `the load peaks at ${peak}: allowed: ${LOWEST_LEVEL} to ${HIGHEST_LEVEL}`;
  }
  if (load.kind === "paced" && outside(load.events, 1, MOST_EVENTS)) {
    return `the load has ${load.events} events: allowed: 1 to ${MOST_EVENTS}`;
  }
  return null;
}

/** Decides how many clients there are over time. */
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

/**
 * Decides what is published when.
 *
 * @throws RangeError when the overrides contradict each other.
 */
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
  // k6 deals its virtual users out to the processes: each gets as many, and at least one.
  const lanes = instances * Math.ceil(Math.min(LANES, workers) / instances);
  const burst = overrides.burst === undefined ? {} : { bursts: rangesOf(load, events) };
  return { kind: "paced", shape: load, events, ...burst, batch, workers, lanes };
}

/** The events of the bursts of a load, which are every second of its pieces. */
function rangesOf(load: Shape, events: number): Range[] {
  const ranges: Range[] = [];
  let due = 0;
  for (const [place, segment] of load.entries()) {
    const from = Math.ceil(due - 1e-6);
    due += eventsIn([segment]);
    const to = Math.min(events, Math.ceil(due - 1e-6));
    if (place % 2 === 1 && to > from) ranges.push({ from, to });
  }
  return ranges;
}

/** What was given of the variables that decide how many events there are. */
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
  // After the last one there is time to recover.
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

/** Events that one virtual user may have under way; more of them cost it the time to answer each at once. */
const UNDER_WAY_AT_ONCE = 25;
const LONGEST_CLOSED_SECONDS = 3_600;

/**
 * Decides on a closed model.
 *
 * @param standard the profile in numbers: events, how many are under way, and rounds with a pause between them.
 */
export function closedPlan(
  standard: Pick<ClosedPlan, "events" | "concurrency" | "rounds" | "pause">,
  { events, concurrency, duration, timeScale = 1 }: Overrides,
): ClosedPlan {
  const count = typeof concurrency === "number" ? concurrency : standard.concurrency;
  return {
    kind: "closed",
    events: events ?? standard.events,
    concurrency: count,
    workers: Math.ceil(count / UNDER_WAY_AT_ONCE),
    rounds: standard.rounds,
    pause: standard.pause * timeScale,
    seconds: duration ?? LONGEST_CLOSED_SECONDS,
  };
}

/** What one worker of a closed model sends in one round. */
export interface Share {
  readonly firstSeq: number;
  readonly count: number;
  /** How many of them are under way at any time. */
  readonly concurrency: number;
}

/** The share of a worker: consecutive events, in proportion to what it has under way. */
export function shareOf(plan: ClosedPlan, round: number, worker: number): Share {
  const { events, concurrency, workers, rounds } = plan;
  const upTo = (part: number, parts: number, whole: number) => Math.floor((part * whole) / parts);
  const slotsFrom = upTo(worker, workers, concurrency);
  const slotsTo = upTo(worker + 1, workers, concurrency);
  const roundFrom = upTo(round, rounds, events);
  const inRound = upTo(round + 1, rounds, events) - roundFrom;
  const from = upTo(slotsFrom, concurrency, inRound);
  const to = upTo(slotsTo, concurrency, inRound);
  return { firstSeq: roundFrom + from, count: to - from, concurrency: slotsTo - slotsFrom };
}
