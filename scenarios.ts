/** How much load, and when: the profiles of every test as one table each. Adding a profile is one row. */
import { definitionOf } from "./core/definition.ts";
import { closedPlan, type Overrides, type Plan, publishingPlan, visitorPlan } from "./core/plan.ts";
import { eventsIn, hold, ramp, type Shape, type Step, scaled, shape } from "./core/shape.ts";
import { HOSTILE_NAMES } from "./systems/ingestor/hostile.ts";

export const TESTS = ["http", "websocket", "redis", "nats", "ingest", "webhook"] as const;
export type Test = (typeof TESTS)[number];

const jump = (level: number): Step => ramp(level, "0s");

/** Concurrent clients: virtual users over time. */
export const VISITORS = {
  smoke: [hold(10, "1m")],
  load: [hold(100, "5m")],
  stress: [
    ramp(100, "2m"),
    hold(100, "3m"),
    ramp(500, "2m"),
    hold(500, "3m"),
    ramp(1000, "2m"),
    hold(1000, "3m"),
    ramp(2000, "2m"),
    hold(2000, "2m"),
    ramp(0, "1m"),
  ],
  spike: [hold(100, "2m"), ramp(2000, "15s"), hold(2000, "1m"), ramp(100, "15s"), hold(100, "2m"), ramp(0, "30s")],
  soak: [hold(200, "30m")],
  breakpoint: [
    hold(100, "1m"),
    jump(200),
    hold(200, "1m"),
    jump(400),
    hold(400, "1m"),
    jump(800),
    hold(800, "1m"),
    jump(1600),
    hold(1600, "1m"),
    jump(3200),
    hold(3200, "1m"),
  ],
};

/** Clients that come and go: each connects, subscribes, listens for a moment and leaves. */
const churn = [hold(50, "2m")];

/** So many events at a steady rate per second. */
const at = (rate: number, { events }: { events: number }): Step[] => [hold(rate, `${events / rate}s`)];

/** The profile that is ended by the first objective that breaks. */
export const BREAKPOINT = "breakpoint";

/** The rate is doubled every 30 seconds until an objective breaks. */
const doublings = (rate: number, times: number): Step[] =>
  Array.from({ length: times }, (_, step) => hold(rate * 2 ** step, "30s"));

const profiles: Readonly<Record<Test, Readonly<Record<string, readonly Step[]>>>> = {
  http: VISITORS,
  websocket: { ...VISITORS, churn },
  redis: {
    smoke: at(500, { events: 1_000 }),
    load: at(1_000, { events: 10_000 }),
    stress: at(5_000, { events: 100_000 }),
    spike: at(10_000, { events: 10_000 }),
    soak: at(1_000, { events: 300_000 }),
    breakpoint: doublings(1_000, 8),
  },
  nats: {
    smoke: [hold(1_000, "1m")],
    load: [hold(5_000, "5m")],
    stress: [hold(1_000, "1m"), ramp(10_000, "5m"), hold(10_000, "5m")],
    spike: [hold(1_000, "1m"), jump(10_000), hold(10_000, "15s"), jump(1_000), hold(1_000, "1m")],
    soak: [hold(1_000, "30m")],
    breakpoint: doublings(1_000, 8),
  },
  // No multiples of a batch: a worker that never stores a last partial batch would not show.
  ingest: {
    smoke: at(200, { events: 1_007 }),
    load: at(200, { events: 10_007 }),
    stress: at(400, { events: 10_007 }),
    extreme: at(500, { events: 50_007 }),
    spike: [...at(1_000, { events: 5_003 }), hold(0, "30s"), ...at(1_000, { events: 5_003 })],
    soak: [hold(100_007 / 600, "10m")],
    breakpoint: doublings(100, 8),
    hostile: at(20, { events: HOSTILE_NAMES.length * 4 }),
  },
  webhook: {
    smoke: [hold(8, "30s")],
    load: [hold(8, "5m")],
    stress: [hold(8, "1m"), ramp(100, "2m"), hold(100, "2m")],
    spike: [hold(8, "30s"), jump(100), hold(100, "1s"), jump(8), hold(8, "30s")],
    soak: [hold(8, "30m")],
    breakpoint: doublings(8, 8),
  },
};

/**
 * What webhook tries after its load, one trial after the other: so many signals, in so many rounds. What
 * goes beyond the limit is kept out of the load, because a limit that works would spoil its success.
 */
export const TRIALS = {
  /** Signals of a fast trader: as many at once as the limits of all webhooks take, all different. */
  hft: { signals: 100, rounds: 1 },
  /** The same signal so many times at once. */
  identical: { signals: 100, rounds: 8 },
  /** The same signal a few times at once, at so many webhooks at once. */
  race: { signals: 8, webhooks: 20, rounds: 10 },
  /** A signal, the same while it is known, and the same when it is forgotten. */
  expiry: { signals: 3, rounds: 3 },
  /** Twice the limit at once. */
  limit: { signals: 20, rounds: 5 },
  /** Three times the limit for seconds. */
  overload: { signals: 150, rounds: 1 },
  /** Twice the limit at once, each from another address, if headers were believed: a round for each header. */
  headers: { signals: 20, rounds: 4 },
  /** Wrong secrets, unknown webhooks, bodies that are no signals. */
  access: { signals: 6, rounds: 1 },
  /** As many as the limits of all webhooks take, while a health monitor looks at the memory. */
  memory: { signals: 6_000, rounds: 1 },
} as const;
export type Trial = keyof typeof TRIALS;

/** Messages under way at the same time, where a profile of ingest is run as a closed model. */
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

/** Names that the replaced tools used for the same loads. A test that has such a profile itself means that one. */
const aliases: Readonly<Record<string, string>> = {
  quick: "smoke",
  medium: "load",
  extreme: "stress",
  burst: "spike",
  sustained: "soak",
};

/** The profiles of a test, the suite's or one's own. */
function stepsOf(test: Test): Readonly<Record<string, readonly Step[]>> {
  return definitionOf(test)?.profiles ?? profiles[test];
}

/** The profiles of a test, aliases included. */
export function profilesOf(test: Test): string[] {
  const own = Object.keys(stepsOf(test));
  const others = Object.keys(aliases).filter((alias) => own.includes(aliases[alias] as string));
  return [...own, ...others.filter((alias) => !own.includes(alias))];
}

/** The profile that a name stands for. */
export function profileOf(test: Test, name: string): string {
  if (Object.hasOwn(stepsOf(test), name) || !Object.hasOwn(aliases, name)) return name;
  return aliases[name] as string;
}

/**
 * Decides the load of a test.
 *
 * @throws RangeError for an unknown profile or overrides that contradict each other.
 */
export function plan(test: Test, profile: string, overrides: Overrides = {}): Plan {
  const name = profileOf(test, profile);
  const all = stepsOf(test);
  const steps = Object.hasOwn(all, name) ? all[name] : undefined;
  if (steps === undefined) {
    throw new RangeError(`SCENARIO=${profile}: not a profile of ${test}; allowed: ${profilesOf(test).join(", ")}`);
  }
  const standard = scaled(shape(steps), { time: overrides.timeScale ?? 1, level: overrides.loadScale ?? 1 });
  const own = definitionOf(test);
  if (own?.load === "publishes") return publishingPlan(standard, overrides);
  if (own !== undefined) return visitorPlan(standard, overrides, own.load === "stays");
  if (test === "http") return visitsPlan(standard, overrides);
  if (test === "websocket") return visitorPlan(standard, overrides, profile !== "churn");
  if (test === "ingest") return ingestPlan(name, standard, overrides);
  return publishingPlan(standard, overrides);
}

/** Closed by default, open when a rate is asked for: the profile then moves the rate as it moves virtual users. */
function visitsPlan(standard: Shape, overrides: Overrides): Plan {
  const { rate, vus, workers } = overrides;
  if (typeof rate !== "number") {
    if (workers === undefined) return visitorPlan(standard, overrides, false);
    throw new RangeError(`WORKERS=${workers}: a closed model has VUS instead; allowed: together with RATE`);
  }
  if (vus !== undefined)
    throw new RangeError(`RATE=${rate}, VUS=${vus}: a rate makes the model an open one; leave one out`);
  return publishingPlan(standard, { ...overrides, batch: 1 });
}

/** Open by default, closed when a concurrency is asked for instead of a rate. */
function ingestPlan(profile: string, standard: Shape, overrides: Overrides): Plan {
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
