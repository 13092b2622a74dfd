import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueSecond, type PacedPlan, publishingPlan, ticksIn } from "../../core/plan.ts";
import { eventsIn, lengthOf, parseDuration, peakOf, type Shape, secondOf } from "../../core/shape.ts";
import { type K6Scenario, k6Scenario } from "../../k6/support/scenario.ts";
import { plan } from "../../scenarios.ts";

/** The numbers of a scenario with an arrival rate, as k6 reads them. */
interface ArrivalRate {
  readonly executor: string;
  readonly rate: number;
  readonly startRate: number;
  readonly timeUnit: string;
  readonly duration: string;
  readonly stages: readonly { readonly target: number; readonly duration: string }[];
}

/** What k6 makes of a scenario: how many iterations it starts, and when. */
function asK6Runs(scenario: K6Scenario): { ticks: number; startOf(tick: number): number } {
  const { executor, rate, startRate, timeUnit, duration, stages } = scenario as unknown as ArrivalRate;
  const unit = parseDuration(timeUnit);
  if (executor === "constant-arrival-rate") {
    expect(Number.isInteger(rate)).toBe(true);
    return {
      ticks: Math.ceil((parseDuration(duration) * rate) / unit - 1e-6),
      startOf: (tick) => (tick * unit) / rate,
    };
  }
  let from = startRate;
  const ticks: Shape = stages.map(({ target, duration: length }) => {
    const segment = { from: from / unit, to: target / unit, seconds: parseDuration(length) };
    from = target;
    return segment;
  });
  expect([startRate, ...stages.map(({ target }) => target)].every(Number.isInteger)).toBe(true);
  return { ticks: Math.floor(eventsIn(ticks) + 1e-6), startOf: (tick) => secondOf(ticks, tick + 1) };
}

describe("k6", () => {
  const rates = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 1, max: 20_000, noNaN: true }));
  const scales = fc.double({ min: 0.01, max: 3, noNaN: true });
  const overrides = fc.oneof(
    fc.record({ rate: rates, duration: fc.double({ min: 0.1, max: 300, noNaN: true }) }, { requiredKeys: [] }),
    fc.record({ rate: rates, events: fc.integer({ min: 1, max: 100_000 }) }, { requiredKeys: [] }),
    fc.record({ timeScale: scales, loadScale: scales }, { requiredKeys: [] }),
    fc.record({
      rate: rates,
      burst: fc.record({ ratio: fc.integer({ min: 2, max: 20 }), period: fc.integer({ min: 1, max: 60 }) }),
    }),
  );
  const batches = fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined });
  const plans = fc
    .tuple(
      fc.constantFrom("nats", "redis", "ingest", "webhook"),
      fc.constantFrom("smoke", "load", "stress", "spike"),
      overrides,
      batches,
    )
    .map(([test, profile, given, batch]) => plan(test as "nats", profile, { ...given, batch }) as PacedPlan)
    .filter(({ events }) => events > 0);

  test("starts at least as many ticks as carry events, and hardly more", () => {
    fc.assert(
      fc.property(plans, (load) => {
        const needed = ticksIn(load) as number;
        const { ticks } = asK6Runs(k6Scenario(load, "run"));
        expect(ticks).toBeGreaterThanOrEqual(needed);
        // The last rate goes on for three seconds of reserve; a rate is rounded by a thousandth of an event a
        // second, and each of its changes by a millisecond, for which there is another of reserve.
        const peak = peakOf(load.shape);
        const reserve = 3 * (load.shape.at(-1)?.to ?? 0);
        const rounding = 0.0011 * lengthOf(load.shape) + 0.002 * peak * load.shape.length;
        expect(ticks).toBeLessThan(needed + 10 + (reserve + rounding) / load.batch);
      }),
      { numRuns: 1_000 },
    );
  });

  test("starts each tick when it is due", () => {
    fc.assert(
      fc.property(plans, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (load, share) => {
        const levels = load.shape.flatMap(({ from, to }) => [from, to]);
        // Where a pause may come before a tick or after it, a rounded millisecond makes all the difference.
        fc.pre(Math.min(...levels) > 0);
        const tick = Math.floor(share * (ticksIn(load) as number));
        const due = dueSecond(load, tick);
        const { startOf } = asK6Runs(k6Scenario(load, "run"));
        // A millisecond for each change of the rate, and a thousandth of an event a second.
        const rounding = (0.001 * (load.shape.length + 1) * Math.max(...levels) + 0.0011 * due) / Math.min(...levels);
        expect(Math.abs(startOf(tick) - due)).toBeLessThan(rounding);
      }),
      { numRuns: 1_000 },
    );
  });

  test("can send an uneven number of events at a rate whose ticks are shorter than a millisecond", () => {
    const load = publishingPlan([{ from: 30_000, to: 30_000, seconds: 1 }], { events: 10_002, batch: 1 });
    expect(asK6Runs(k6Scenario(load, "run")).ticks).toBeGreaterThanOrEqual(10_002);
  });

  test("has ticks enough when some of a rate that changes were dropped", () => {
    const load = plan("nats", "spike") as PacedPlan;
    const dropped = 20;
    expect(asK6Runs(k6Scenario(load, "run")).ticks).toBeGreaterThanOrEqual((ticksIn(load) as number) + dropped);
  });

  test("takes as long as the profile says, and three seconds of reserve", () => {
    const load = plan("nats", "stress") as PacedPlan;
    const { stages } = k6Scenario(load, "run") as unknown as ArrivalRate;
    const seconds = stages.reduce((sum, { duration }) => sum + parseDuration(duration), 0);
    expect(seconds).toBeCloseTo(lengthOf(load.shape) + 3, 1);
  });
});
