import { collectDefaultMetrics, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { Alerts, growthOf, type Observations } from "../../cli/health/alerts.ts";
import { readMetrics } from "../../cli/health/prometheus.ts";
import { unansweredBy } from "../../cli/health/report.ts";
import type { HealthSample } from "../../cli/health/sample.ts";

const sample = (changes: Partial<HealthSample> = {}): HealthSample => ({
  at: 0,
  cpu: 10,
  rssMb: 100,
  threads: 4,
  fds: 20,
  connections: 2,
  ...changes,
});
const many = (count: number, changes: Partial<HealthSample> = {}) =>
  Array.from({ length: count }, (_, second) => sample({ at: second * 1_000, ...changes }));
const seen = (changes: Partial<Observations> = {}): Observations => ({
  samples: many(10),
  events: [],
  responses: [],
  cpuLimit: 100,
  ...changes,
});
const alertsOf = (changes: Partial<Observations>) =>
  new Alerts().look(seen(changes), 7).map(({ level, what }) => `${level}: ${what}`);

describe("an alert", () => {
  test.each<[string, Partial<Observations>, string[]]>([
    ["nothing", {}, []],
    ["40 MB more", { samples: [...many(5), sample({ at: 5_000, rssMb: 140 })] }, []],
    [
      "60 MB more",
      { samples: [...many(5), sample({ at: 5_000, rssMb: 160 })] },
      ["warning: memory has grown by 60.0 MB, more than 50"],
    ],
    [
      "120 MB more",
      { samples: [...many(5), sample({ at: 5_000, rssMb: 220 })] },
      ["critical: memory has grown by 120.0 MB, more than 100"],
    ],
    ["high CPU for a moment", { samples: [...many(10), sample({ at: 10_000, cpu: 100 })] }, []],
    ["high CPU for too short to tell", { samples: many(9, { cpu: 95 }) }, []],
    [
      "high CPU for long",
      { samples: many(11, { cpu: 95 }) },
      ["warning: CPU has been at 95 % of a core, more than 80 % of 100"],
    ],
    ["high CPU where two cores may be used", { samples: many(11, { cpu: 95 }), cpuLimit: 200 }, []],
    ["a slow response", { responses: [{ at: 1, ms: 600 }] }, ["warning: a response took 600 ms, more than 500"]],
    ["a very slow one", { responses: [{ at: 1, ms: 1_200 }] }, ["critical: a response took 1200 ms, more than 1000"]],
    [
      "2 errors of 20",
      { responses: Array.from({ length: 20 }, (_, place) => ({ at: place, ms: place < 2 ? null : 5 })) },
      ["warning: 2 of 20 responses were errors, more than 5 %"],
    ],
    [
      "1 error of 20",
      { responses: Array.from({ length: 20 }, (_, place) => ({ at: place, ms: place < 1 ? null : 5 })) },
      [],
    ],
    ["a death", { events: [{ at: 3, kind: "died", what: "died: pid 7 (node)" }] }, ["critical: died: pid 7 (node)"]],
    ["a start", { events: [{ at: 3, kind: "restarted", what: "restarted: pid 7 became 8" }] }, []],
  ])("of %s", (_, changes, told) => {
    expect(alertsOf(changes)).toEqual(told);
  });

  test("is told once while it lasts, and again when it becomes worse", () => {
    const alerts = new Alerts();
    const samples = many(5);
    const course = [60, 70, 120, 130, 60].map((more, second) => {
      samples.push(sample({ at: 5_000 + second * 1_000, rssMb: 100 + more }));
      return alerts.look(seen({ samples }), 0).map(({ level }) => level);
    });
    expect(course).toEqual([["warning"], [], ["critical"], [], []]);
  });

  test("is told again when it comes back", () => {
    const alerts = new Alerts();
    const course = [600, 700, 20, 600].map((ms, second) =>
      alerts.look(seen({ responses: [{ at: second, ms }] }), 0).map(({ level }) => level),
    );
    expect(course).toEqual([["warning"], [], [], ["warning"]]);
  });

  test("of each death is told, and of none twice", () => {
    const alerts = new Alerts();
    const death = (at: number) => ({ at, kind: "died" as const, what: `died: pid ${at} (node)` });
    expect(alerts.look(seen({ events: [death(1)] }), 0)).toHaveLength(1);
    expect(alerts.look(seen({ events: [death(1)] }), 0)).toHaveLength(0);
    expect(alerts.look(seen({ events: [death(1), death(2), death(3)] }), 0)).toHaveLength(2);
  });
});

test("growth is the highest above the middle of the first samples, which may be odd", () => {
  const samples = [20, 100, 101, 99, 100, 180, 120].map((rssMb) => sample({ rssMb }));
  expect(growthOf(samples)).toBe(80);
  expect(growthOf([])).toBeNull();
  expect(growthOf(many(3, { rssMb: null }))).toBeNull();
});

test("a process that tells of itself is understood", async () => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const told = readMetrics(await register.metrics());
  expect(told.rssBytes).toBeGreaterThan(10e6);
  expect(told.cpuSeconds).toBeGreaterThan(0);
  expect(told.startedAt).toBeCloseTo(Date.now() / 1000 - process.uptime(), -1);
  expect(readMetrics('# HELP x\nprocess_resident_memory_bytes{a="b c"} 5e6\ngo_threads 7 1700000000\n')).toEqual({
    cpuSeconds: null,
    rssBytes: 5e6,
    threads: 7,
    fds: null,
    connections: null,
    startedAt: null,
  });
});

test.each<[string, readonly (number | null)[], string | null]>([
  ["none at all", [], null],
  ["one that was answered", [null, 12, null], null],
  ["one that was not", [null], "no answer to 1 probe was a success: look at"],
  ["all that were not, however few", [null, null, null], "no answer to 3 probes was a success: look at"],
])("of probes the end says that nobody serves, after %s", (_, times, words) => {
  const said = unansweredBy(times.map((ms, at) => ({ at, ms })));
  if (words === null) expect(said).toBeNull();
  else expect(said).toContain(words);
});
