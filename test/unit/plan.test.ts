import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latencyStep } from "../../core/kept-latencies.ts";
import { type Overrides, type PacedPlan, publishingPlan, type UnpacedPlan, visitorPlan } from "../../core/plan.ts";
import { dueSecond, eventsOfTick, offeredShare, ticksIn, underWayIn } from "../../core/schedule.ts";
import { eventsIn, hold, lengthOf, peakOf, ramp, secondOf, shape } from "../../core/shape.ts";
import { P95_FLOOR, P99_FLOOR } from "../../core/slo.ts";

const STEADY = shape([hold(1_000, "1m")]);
const HILL = shape([hold(100, "10s"), ramp(1_000, "20s"), hold(1_000, "30s")]);

function paced(standard: typeof STEADY, overrides: Overrides): PacedPlan {
  const plan = publishingPlan(standard, overrides);
  if (plan.kind !== "paced") throw new Error(`${plan.kind} is not paced`);
  return plan;
}

describe("a paced plan", () => {
  test.each<[string, Overrides, { seconds: number; peak: number; events: number }]>([
    ["is the profile's", {}, { seconds: 60, peak: 1_000, events: 60_000 }],
    ["with a rate takes as long", { rate: 500 }, { seconds: 60, peak: 500, events: 30_000 }],
    ["with a length keeps its rate", { duration: 10 }, { seconds: 10, peak: 1_000, events: 10_000 }],
    ["with events keeps its rate", { events: 500 }, { seconds: 0.5, peak: 1_000, events: 500 }],
    ["with rate and length", { rate: 50, duration: 5 }, { seconds: 5, peak: 50, events: 250 }],
    ["with rate and events", { rate: 50, events: 250 }, { seconds: 5, peak: 50, events: 250 }],
    ["with length and events", { duration: 5, events: 250 }, { seconds: 5, peak: 50, events: 250 }],
    ["with less than one event a second", { rate: 0.5, duration: 10 }, { seconds: 10, peak: 0.5, events: 5 }],
  ])("%s", (_, overrides, { seconds, peak, events }) => {
    const plan = paced(STEADY, overrides);
    expect(lengthOf(plan.shape)).toBeCloseTo(seconds, 9);
    expect(peakOf(plan.shape)).toBeCloseTo(peak, 9);
    expect(plan.events).toBe(events);
  });

  test("keeps its form under every override", () => {
    const plan = paced(HILL, { rate: 100, duration: 6 });
    expect(plan.shape.map(({ from, to, seconds }) => [from, to, seconds])).toEqual([
      [10, 10, 1],
      [10, 100, 2],
      [100, 100, 3],
    ]);
  });

  test("starts at most 200 batches a second, unless it is told how large they are", () => {
    const batches = [100, 200, 201, 1_000, 10_000].map((rate) => paced(STEADY, { rate }).batch);
    expect(batches).toEqual([1, 1, 2, 5, 50]);
    expect(paced(STEADY, { batch: 7, workers: 3 })).toMatchObject({ batch: 7, workers: 3 });
  });

  test("lets as many batches wait as memory holds, so that a slow target silences no schedule", () => {
    // The longest answer is waited for 5 seconds.
    for (const rate of [1, 200, 1_000, 10_000]) {
      const { workers, batch } = paced(STEADY, { rate });
      expect(workers * batch).toBeGreaterThanOrEqual(rate * 5);
    }
  });

  test.each([
    [{}, 10, 10_000],
    [{ workers: 3 }, 3, 1],
    [{ workers: 25 }, 10, 2],
    [{ instances: 4 }, 12, 8_333],
    [{ instances: 16 }, 16, 6_250],
    [{ workers: 2, instances: 3 }, 3, 1],
  ])("with %j is shared by %i lanes of %i batches each", (overrides, lanes, each) => {
    const plan = paced(STEADY, { batch: 1, ...overrides, ...("workers" in overrides ? {} : { workers: 100_000 }) });
    expect(plan.lanes).toBe(lanes);
    expect(underWayIn(plan)).toBe(each);
  });

  test("refuses a rate, a length and a number of events together, with bursts or without", () => {
    const all = { rate: 50, duration: 5, events: 100 };
    const message = "RATE=50, DURATION=5s, EVENTS=100: two of them decide the third; leave one out";
    expect(() => publishingPlan(STEADY, all)).toThrow(new RangeError(message));
    expect(() => publishingPlan(STEADY, { ...all, burst: { ratio: 2, gap: 0.9, length: 0.1 } })).toThrow(
      new RangeError(message),
    );
  });

  test("holds the events that were asked for, whatever else was", () => {
    const overrides = fc.record(
      { rate: fc.double({ min: 0.5, max: 20_000, noNaN: true }), duration: fc.integer({ min: 1, max: 3_600 }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        overrides,
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(STEADY, HILL),
        (given, events, standard) => {
          fc.pre(given.rate === undefined || given.duration === undefined);
          const plan = paced(standard, { ...given, events });
          expect(plan.events).toBe(events);
          expect(eventsIn(plan.shape) / events).toBeCloseTo(1, 9);
          if (given.duration !== undefined) expect(lengthOf(plan.shape)).toBeCloseTo(given.duration, 6);
          if (given.rate !== undefined) expect(peakOf(plan.shape) / given.rate).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});

describe("a plan with bursts", () => {
  const burst = { ratio: 10, gap: 27, length: 3 };

  test.each<[string, Overrides, { seconds: number; base: number; events: number }]>([
    ["has the profile's first rate between them", {}, { seconds: 60, base: 1_000, events: 114_000 }],
    ["has the given rate between them", { rate: 100 }, { seconds: 60, base: 100, events: 11_400 }],
    ["lasts as long as it is told", { rate: 100, duration: 30 }, { seconds: 30, base: 100, events: 5_700 }],
    [
      "ends in a calm with the events it holds",
      { rate: 100, events: 1_350 },
      { seconds: 13.5, base: 100, events: 1_350 },
    ],
    [
      "ends in a burst with the events it holds",
      { rate: 100, events: 3_700 },
      { seconds: 28, base: 100, events: 3_700 },
    ],
    ["goes on for many periods", { rate: 100, events: 57_000 }, { seconds: 300, base: 100, events: 57_000 }],
    ["fits its rate to length and events", { duration: 60, events: 114 }, { seconds: 60, base: 1, events: 114 }],
  ])("%s", (_, overrides, { seconds, base, events }) => {
    const plan = paced(STEADY, { ...overrides, burst });
    expect(lengthOf(plan.shape)).toBeCloseTo(seconds, 6);
    expect(plan.shape[0]?.from).toBeCloseTo(base, 9);
    expect(plan.events).toBe(events);
    expect(eventsIn(plan.shape)).toBeCloseTo(events, 6);
  });

  test("has so many bursts as are asked for, and after the last one time to recover", () => {
    const cycles = { ratio: 4, gap: 6, length: 2, cycles: 3 };
    const plan = paced(STEADY, { rate: 10, burst: cycles });
    expect(lengthOf(plan.shape)).toBe(3 * 8 + 6);
    expect(plan.events).toBe(4 * 60 + 3 * 80);
    expect(plan.bursts).toEqual([
      { from: 60, to: 140 },
      { from: 200, to: 280 },
      { from: 340, to: 420 },
    ]);
    for (const more of [{ duration: 60 }, { events: 100 }]) {
      expect(() => paced(STEADY, { rate: 10, burst: cycles, ...more })).toThrow("BURST_CYCLES=3: decides how long");
    }
  });

  test("knows which events are due in a burst", () => {
    const plan = paced(STEADY, { rate: 7, duration: 61, burst: { ratio: 3.3, gap: 2.7, length: 1.1 } });
    let before = 0;
    const due = plan.shape.map(({ seconds }) => (before += seconds));
    for (let seq = 0; seq < plan.events; seq++) {
      const second = secondOf(plan.shape, seq);
      const place = due.findIndex((end) => second < end - 1e-6);
      const inBurst = plan.bursts?.some(({ from, to }) => seq >= from && seq < to) ?? false;
      expect(inBurst, `event ${seq} at ${second}`).toBe(place % 2 === 1);
    }
  });

  test("has a burst each period, whatever else is asked for", () => {
    for (const overrides of [
      { rate: 100, events: 50_000 },
      { duration: 90, events: 777 },
      { rate: 5, duration: 90 },
    ]) {
      const [calm, wave] = paced(STEADY, { ...overrides, burst }).shape;
      expect([calm?.seconds, wave?.seconds]).toEqual([27, 3]);
      expect((wave?.to ?? 0) / (calm?.to ?? 1)).toBeCloseTo(10, 9);
    }
  });
});

describe("an unpaced plan", () => {
  test.each<[Overrides, object]>([
    [{}, { seconds: 60, events: null, batch: 200, workers: 4 }],
    [{ duration: 5 }, { seconds: 5, events: null, batch: 200, workers: 4 }],
    [
      { events: 1_000, batch: 10, workers: 2 },
      { seconds: 60, events: 1_000, batch: 10, workers: 2 },
    ],
    [{ events: 100_000 }, { seconds: 60, events: 100_000, batch: 200, workers: 4 }],
    [{ events: 5_000 }, { seconds: 60, events: 5_000, batch: 50, workers: 4 }],
    [{ events: 7 }, { seconds: 60, events: 7, batch: 1, workers: 4 }],
  ])("with %j", (overrides, plan) => {
    expect(publishingPlan(STEADY, { rate: "max", ...overrides })).toEqual({ kind: "unpaced", ...plan });
  });

  test.each([1_000, 20_000, 30_000, 1_000_000])("of %i events has latencies enough to judge them", (events) => {
    const plan = publishingPlan(STEADY, { rate: "max", events }) as UnpacedPlan;
    // Of a transport that acknowledges batches, and of one that acknowledges each event.
    expect(ticksIn(plan)).toBeGreaterThanOrEqual(P95_FLOOR);
    expect(events / latencyStep(plan)).toBeGreaterThanOrEqual(P99_FLOOR);
    expect(events / latencyStep(plan)).toBeLessThanOrEqual(20_000);
  });

  test("without a number of events keeps one latency in fifty", () => {
    expect(latencyStep(publishingPlan(STEADY, { rate: "max" }))).toBe(50);
  });

  test("without a number of events always sends whole batches", () => {
    const plan = publishingPlan(STEADY, { rate: "max", batch: 50 });
    expect(ticksIn(plan)).toBeNull();
    expect(eventsOfTick(plan, 0)).toEqual({ firstSeq: 0, count: 50 });
    expect(eventsOfTick(plan, 1_000_000)).toEqual({ firstSeq: 50_000_000, count: 50 });
  });
});

describe("visitors", () => {
  test.each<[Overrides, number[]]>([
    [{}, [60, 1_000]],
    [{ vus: 10 }, [60, 10]],
    [{ duration: 6 }, [6, 1_000]],
    [{ vus: 2_000, duration: 120 }, [120, 2_000]],
  ])("with %j", (overrides, [seconds, peak]) => {
    const { shape: load } = visitorPlan(HILL, overrides, true);
    expect([lengthOf(load), peakOf(load)]).toEqual([seconds, peak]);
    expect((load[0]?.from ?? 0) / peakOf(load)).toBeCloseTo(0.1, 9);
  });

  test.each([true, false])("staying: %s", (staying) => {
    expect(visitorPlan(HILL, {}, staying)).toMatchObject({ kind: "visitors", staying });
  });
});

describe("ticks", () => {
  const sizes = [fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 700 })] as const;

  test("send every event exactly once, and nothing after the last", () => {
    fc.assert(
      fc.property(...sizes, fc.boolean(), (events, batch, isPaced) => {
        const plan = publishingPlan(STEADY, { events, batch, ...(isPaced ? {} : { rate: "max" }) });
        const ticks = ticksIn(plan) as number;
        const sent = Array.from({ length: ticks }, (_, tick) => eventsOfTick(plan, tick)).flatMap(
          ({ firstSeq, count }) => Array.from({ length: count }, (_, place) => firstSeq + place),
        );
        expect(sent).toEqual(Array.from({ length: events }, (_, seq) => seq));
        for (const tick of [ticks, ticks + 1, ticks + 100]) expect(eventsOfTick(plan, tick).count).toBe(0);
        for (let tick = 0; tick < ticks; tick++) expect(eventsOfTick(plan, tick).count).toBeGreaterThan(0);
      }),
    );
  });

  test("are due one after the other, none before the start", () => {
    fc.assert(
      fc.property(...sizes, fc.constantFrom(STEADY, HILL), (events, batch, standard) => {
        const plan = paced(standard, { events, batch });
        let before = 0;
        for (let tick = 0; tick < (ticksIn(plan) as number); tick++) {
          const due = dueSecond(plan, tick);
          expect(due).toBeGreaterThanOrEqual(before);
          before = due;
        }
      }),
    );
  });

  test("are due with their first event, whatever the shape", () => {
    expect(dueSecond(paced(STEADY, { batch: 10 }), 0)).toBe(0);
    expect(dueSecond(paced(STEADY, { batch: 10 }), 3)).toBeCloseTo(0.03, 9);
    const hill = paced(HILL, { batch: 10 });
    expect(dueSecond(hill, 0)).toBe(0);
    expect(dueSecond(hill, 100)).toBeCloseTo(10, 9);
    expect(dueSecond(hill, 150)).toBeCloseTo(secondOf(HILL, 1_500), 9);
  });
});

describe("the share of the rate that was offered", () => {
  test.each([
    ["of an event on time", 10_000, 0, 1],
    ["of one before its time", 10_000, -5, 1],
    ["of the first one, a moment late", 0, 150, 1],
    ["of a moment's delay in a short run", 2_000, 200, 1],
    ["of a minute that took a tenth longer", 60_000, 6_200, 60_000 / 66_000],
    ["of a load of which a tenth was sent", 500, 4_700, 0.1],
    ["of a start that hangs", 0, 5_000, 0],
  ])("%s", (_, due, delay, share) => {
    expect(offeredShare(due, delay)).toBeCloseTo(share, 10);
  });
});
