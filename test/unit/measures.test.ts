/** The metrics that a virtual user makes of k6's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reachingCounter, sampleCounter } from "../../core/samples.ts";
import { slo } from "../../core/slo.ts";
import type { Family } from "../../k6/support/measure.ts";
import { FAMILIES } from "../../systems/metrics.ts";

const { shared, added } = vi.hoisted(() => ({
  /** As k6 has it: made once, and the same for all virtual users. */
  shared: new Map<string, unknown[]>(),
  /** What each metric of k6 that was made was given. */
  added: new Map<string, unknown[]>(),
}));
vi.mock("k6/data", () => ({
  // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
  SharedArray: function (name: string, make: () => unknown[]) {
    if (!shared.has(name)) shared.set(name, make());
    return shared.get(name);
  },
}));
vi.mock("k6/metrics", () => {
  class Made {
    private readonly values: unknown[] = [];

    constructor(name: string) {
      added.set(name, this.values);
    }

    add(value: unknown) {
      this.values.push(value);
    }
  }
  return { Counter: Made, Gauge: Made, Rate: Made, Trend: Made };
});

/** What else it leads to needs all of k6. */
vi.mock("../../k6/support/lead.ts", async () => ({ lead: await import("../../systems/metrics.ts") }));

beforeEach(() => shared.clear());
afterEach(() => vi.unstubAllGlobals());

async function metricsIn(vu: number) {
  vi.resetModules();
  vi.stubGlobal("__VU", vu);
  added.clear();
  return import("../../k6/support/metrics.ts");
}

const families = Object.keys(FAMILIES) as Family[];

test("virtual users but the first make all metrics but those that are entered once for the run", async () => {
  const first = await metricsIn(0);
  const all = Object.keys(first.measures(...families));
  expect(new Set(all)).toEqual(new Set(families.flatMap((family) => Object.keys(FAMILIES[family]))));
  const other = await metricsIn(7);
  const wholes = families.flatMap((family) =>
    Object.entries(FAMILIES[family]).flatMap(([name, { whole }]) => (whole ? [name] : [])),
  );
  expect(Object.keys(other.measures(...families))).toEqual(all.filter((name) => !wholes.includes(name)));
  expect(wholes).toEqual(expect.arrayContaining(["account_lost", "canaries_sent", "health_deaths", "signal_executed"]));
});

const LATE = slo("ws_ping_latency_ms").p95.below(20);

test.each([
  ["tally", "ws_connections_total", 3, { ws_connections_total: [3] }],
  ["moment", "unreachable_at", 0, { unreachable_at: [0] }],
  ["count of none", "events_unsent", 0, { events_unsent: [], [sampleCounter("events_unsent")]: [1] }],
  ["count", "events_unsent", 2, { events_unsent: [2], [sampleCounter("events_unsent")]: [1] }],
  ["share", "http_error_rate", false, { http_error_rate: [false], [sampleCounter("http_error_rate")]: [1] }],
  ["reading", "offered_rate_share", 0.5, { offered_rate_share: [0.5], [sampleCounter("offered_rate_share")]: [1] }],
  ["latency", "ws_ping_latency_ms", 7, { ws_ping_latency_ms: [7], [reachingCounter(LATE)]: [] }],
  ["slow one", "ws_ping_latency_ms", 20, { ws_ping_latency_ms: [20], [reachingCounter(LATE)]: [1] }],
])("what is added to a %s is in it, and among its samples", async (_, name, value, expected) => {
  const { countBounds, measures } = await metricsIn(0);
  countBounds({ slos: [LATE], INSTANCES: 2 });
  const made: Readonly<Record<string, { add(value: number | boolean): void }>> = measures(...families);
  made[name]?.add(value);
  expect(Object.fromEntries(added)).toMatchObject(expected);
});

test("what was looked at can be told apart from what is added", async () => {
  const { measures } = await metricsIn(0);
  const { events_unsent: count, ws_ping_latency_ms: latency, ws_connections_total: tally } = measures(...families);
  count.add(1, 0);
  count.looked(4);
  latency.add(5, 0);
  latency.looked(6);
  tally.looked(9);
  expect(Object.fromEntries(added)).toMatchObject({
    events_unsent: [1],
    events_unsent_samples: [4],
    ws_ping_latency_ms: [5],
    ws_ping_latency_ms_samples: [6],
    ws_connections_total: [],
  });
});
