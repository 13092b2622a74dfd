import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { sampleCounter } from "../../core/samples.ts";
import type { Slo } from "../../core/slo.ts";
import type { Panel, Series } from "../../deploy/grafana/board.ts";
import { boards } from "../../deploy/grafana/boards.ts";
import { dashboardOf, stepsOf } from "../../deploy/grafana/dashboard.ts";
import { BOARD_TESTS, familiesOf } from "../../deploy/grafana/families.ts";
import { LANGUAGES } from "../../deploy/grafana/files.ts";
import { objectivesOf } from "../../deploy/grafana/panels.ts";
import { FIGURES } from "../../receiver/figures.ts";
import { FAMILIES, METRICS } from "../../systems/metrics.ts";

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

test("one board watches a run with at most 20 panels, which answer five questions", () => {
  const rows = all.find((board) => board.name === "watch")?.rows ?? [];
  expect(rows.map(({ title }) => title)).toEqual([
    "Is it on schedule?",
    "Is anything lost?",
    "How late is it?",
    "What does the target do?",
    "Is the generator fit?",
  ]);
  expect(rows.flatMap(({ panels }) => panels).length).toBeLessThanOrEqual(20);
});

/** What only tells others something, and is no line of any board. */
const NOT_SHOWN = [
  "canaries_sent",
  "unreachable_at",
  "reached_again_at",
  "generator_paused_at",
  "ws_sessions_lost_at",
  "publisher_waited_ms",
];

test.each(BOARD_TESTS)("every metric that %s measures is on the board to watch, to compare, or its own", (name) => {
  const measured = familiesOf(name, root).flatMap((family) => Object.keys(FAMILIES[family]));
  const shown = new Set([...NOT_SHOWN, ...["watch", "compare", name].flatMap((board) => metricsOf(panelsOf(board)))]);
  expect(measured.filter((metric) => !shown.has(metric))).toEqual([]);
});

test.each(BOARD_TESTS)("the board of %s shows each of its objectives, in the colors of its bound", (name) => {
  const [verdict] = panelsOf(name);
  const objectives = objectivesOf(name, root);
  expect(verdict?.objectives).toEqual(objectives);
  expect(verdict?.series).toMatchObject(objectives.map(({ metric, statistic }) => ({ metric, statistic, test: name })));
});

test("the boards to watch and to compare show every figure of the account", () => {
  const shown = ["watch", "compare"].flatMap((board) => seriesOf(panelsOf(board)));
  const figures = new Set(shown.flatMap((one) => (one.of === "account" ? [one.figure] : [])));
  expect([...figures].sort()).toEqual(Object.keys(FIGURES).sort());
});

test("the board to compare has a value of each run in every panel", () => {
  expect(new Set(panelsOf("compare").map(({ look }) => look))).toEqual(new Set(["runs"]));
  for (const panel of panelsOf("compare")) {
    for (const series of panel.series) {
      for (const language of LANGUAGES) {
        const { legendFormat, alias } = language.target(panel, series, "A").build() as {
          legendFormat?: string;
          alias?: string;
        };
        expect(legendFormat ?? alias).toMatch(/(\{\{(run|testid)\}\}|\$tag_testid)$/);
      }
    }
  }
});

test.each(all)("$name: a snapshot of its panels", ({ rows }) => {
  const panels = rows.flatMap(({ panels: own }) => own.map(({ title, series }) => `${title}: ${series.length}`));
  expect(panels).toMatchSnapshot();
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

interface Provisioning {
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

  test("read the data source that is chosen above them, so that they can be imported beside any", () => {
    const path = join(root, "deploy/grafana/provisioning/datasources/throughline.yaml");
    const { datasources } = parse(readFileSync(path, "utf8")) as Provisioning;
    expect(datasources.map(({ type }) => type)).toContain(language.datasource.type);
    for (const { panels = [], templating } of dashboards) {
      expect(templating?.list?.[0]).toMatchObject({
        name: "datasource",
        type: "datasource",
        query: language.datasource.type,
      });
      for (const panel of panels)
        if (panel.type !== "row") expect(panel).toMatchObject({ datasource: { uid: language.datasource.uid } });
    }
    expect(language.datasource.uid).toMatch(/^\$\{datasource\}$/);
    expect(JSON.stringify(dashboards)).not.toContain(`throughline-${language.name}"}`);
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
