import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { FAMILIES, METRICS } from "../../core/metrics.ts";
import { expression, type Slo, sampleCounter, sloVariable } from "../../core/slo.ts";
import type { Panel, Series } from "../../deploy/grafana/board.ts";
import { boards } from "../../deploy/grafana/boards.ts";
import { dashboardOf, stepsOf } from "../../deploy/grafana/dashboard.ts";
import { BOARD_TESTS, familiesOf, undeclaredFamilies } from "../../deploy/grafana/families.ts";
import { LANGUAGES } from "../../deploy/grafana/files.ts";
import { objectivesOf } from "../../deploy/grafana/panels.ts";
import { FIGURES } from "../../receiver/figures.ts";

const root = join(import.meta.dirname, "../..");

/** What k6 measures by itself and the boards show. */
const OF_K6 = ["vus", "vus_max", "iterations", "iteration_duration", "data_sent", "data_received"];

/** Grafana takes no longer ones. */
const LONGEST_UID = 40;

const all = boards(root);
const panelsOf = (name: string) => all.find((board) => board.name === name)?.rows.flatMap((row) => row.panels) ?? [];
const seriesOf = (panels: readonly Panel[]): readonly Series[] => panels.flatMap((panel) => panel.series);
const metricsOf = (panels: readonly Panel[]) =>
  seriesOf(panels).flatMap((one) => (one.of === "k6" ? [one.metric] : []));

describe.each(BOARD_TESTS)("the board of %s", (name) => {
  test("shows every metric that its script measures", () => {
    const measured = familiesOf(name, root).flatMap((family) => Object.keys(FAMILIES[family]));
    expect(metricsOf(panelsOf(name))).toEqual(expect.arrayContaining(measured));
  });

  test("shows every objective with its samples, in the colors of its bound", () => {
    for (const slo of objectivesOf(name, root)) {
      const panel = panelsOf(name).find(
        ({ title, look }) => look === "value" && title === `${slo.metric} ${expression(slo)}`,
      );
      expect(panel?.series, sloVariable(slo)).toMatchObject([
        { metric: slo.metric, statistic: slo.statistic, test: name },
        { metric: sampleCounter(slo.metric), statistic: "count", test: name },
      ]);
    }
  });
});

test("the overview shows every objective of every test, every figure of the account, and what no script declares", () => {
  const overview = seriesOf(panelsOf("overview"));
  for (const name of BOARD_TESTS) {
    for (const { metric, statistic } of objectivesOf(name, root)) {
      expect(overview).toContainEqual(expect.objectContaining({ metric, statistic, test: name }));
    }
  }
  expect(overview.flatMap((one) => (one.of === "account" ? [one.figure] : [])).sort()).toEqual(
    Object.keys(FIGURES).sort(),
  );
  const others = undeclaredFamilies(root).flatMap((family) => Object.keys(FAMILIES[family]));
  expect(metricsOf(panelsOf("overview"))).toEqual(expect.arrayContaining(others));
});

test("no panel shows a metric that nobody measures", () => {
  const measured = new Set([...Object.keys(METRICS), ...Object.keys(METRICS).map(sampleCounter), ...OF_K6]);
  for (const metric of all.flatMap((board) => metricsOf(panelsOf(board.name)))) expect(measured).toContain(metric);
});

test("no query of any board names a metric that is not in its panel", () => {
  for (const board of all) {
    for (const panel of panelsOf(board.name)) {
      for (const series of panel.series) {
        const name = series.of === "k6" ? series.metric : "throughline_";
        for (const language of LANGUAGES) expect(language.query(panel, series)).toContain(name);
      }
    }
  }
});

interface Provisioned {
  readonly datasources: readonly { readonly uid: string; readonly type: string }[];
}

describe.each(LANGUAGES)("dashboards on $title", (language) => {
  const dashboards = all.map((board) => dashboardOf(board, language));

  test("have names and addresses of their own", () => {
    const uids = dashboards.map(({ uid }) => uid ?? "");
    expect(new Set(uids).size).toBe(dashboards.length);
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
    for (const uid of uids) expect(uid).toMatch(new RegExp(`^[a-z-]{1,${LONGEST_UID}}$`));
  });

  test("read the data source that is provisioned", () => {
    const path = join(root, "deploy/grafana/provisioning/datasources/throughline.yaml");
    const { datasources } = parse(readFileSync(path, "utf8")) as Provisioned;
    expect(datasources).toContainEqual(expect.objectContaining(language.datasource));
    for (const { panels = [] } of dashboards) {
      for (const panel of panels)
        if (panel.type !== "row") expect(panel).toMatchObject({ datasource: language.datasource });
    }
  });

  test("lay out their panels side by side within 24 columns, none over another", () => {
    for (const { panels = [] } of dashboards) {
      const cells = new Set<string>();
      for (const { gridPos } of panels) {
        if (gridPos === undefined) throw new Error("a panel has no place");
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(cells.has(`${x},${y}`)).toBe(false);
            cells.add(`${x},${y}`);
          }
        }
      }
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    }
  });

  test("ask only for variables that are theirs or Grafana's", () => {
    for (const dashboard of dashboards) {
      const own = dashboard.templating?.list?.map(({ name }) => name) ?? [];
      const used = [...JSON.stringify(dashboard).matchAll(/\$(?:\{)?(\w+)/g)].map(([, name]) => name as string);
      const grafana = ["timeFilter", "__interval", "__range", "__rate_interval", "tag_ms", "tag_testid"];
      expect([...own, ...grafana]).toEqual(expect.arrayContaining([...new Set(used)]));
    }
  });

  test("name the queries of a panel apart", () => {
    for (const { panels = [] } of dashboards) {
      for (const panel of panels) {
        const targets = "targets" in panel ? (panel.targets ?? []) : [];
        const names = targets.map((target) => (target as unknown as { refId: string }).refId);
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });
});

test.each<[Pick<Slo, "comparison" | "bound" | "miss">, [number, string][]]>([
  [
    { comparison: "<", bound: 25, miss: "FAIL" },
    [
      [24.9, "green"],
      [25, "red"],
    ],
  ],
  [
    { comparison: "<", bound: 50, miss: "INVALID" },
    [
      [49.9, "green"],
      [50, "orange"],
    ],
  ],
  [
    { comparison: ">=", bound: 1, miss: "INVALID" },
    [
      [0, "orange"],
      [1, "green"],
    ],
  ],
  [
    { comparison: "==", bound: 0, miss: "FAIL" },
    [
      [0, "green"],
      [1, "red"],
    ],
  ],
  [
    { comparison: "==", bound: 1, miss: "INVALID" },
    [
      [0, "orange"],
      [1, "green"],
      [2, "orange"],
    ],
  ],
])("colors of %j", (slo, expected) => {
  const steps = stepsOf({ metric: "metric", statistic: "count", floor: 1, ...slo });
  for (const [value, color] of expected) {
    expect(steps.findLast((step) => step.value === null || value >= step.value)?.color).toBe(color);
  }
});
