import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextStep } from "../../cli/run/next-steps.ts";
import { COUNTS } from "../../core/counts.ts";
import type { MetricKind } from "../../core/metric.ts";
import { expression, floorExpression, type Slo, sloVariable } from "../../core/slo.ts";
import { address, duration, filePath, flag, type Variable } from "../../core/variable.ts";
import { profileOf, profilesOf } from "../../scenarios.ts";
import { METRICS } from "../../systems/metrics.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";
import { root } from "../deployment.ts";
import { ACCOUNT, evidenceOf, OFFENDER, WEBHOOKS } from "./records.ts";

const tests = Object.keys(VARIABLES) as RunnableTest[];

/** A Markdown table; a bar inside a cell would end it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const HTTP = address("http", "https")("").allowed;

/** What many variables may hold, explained once above the tables. */
const SHORT: Readonly<Record<string, string>> = {
  [duration("").allowed]: "duration",
  [HTTP]: "URL",
  [flag("").allowed]: "flag",
  [filePath("").allowed]: "file",
  "any text that is not empty": "text",
  "letters, digits, dots, dashes and underscores, at most 64": "name",
};

const RANGE = /^a whole number from (\d+) to (\d+)/;

/** What is allowed, as short as it can be said in a table. */
function briefly(allowed: string): string {
  return SHORT[allowed] ?? allowed.replace(RANGE, "$1 to $2").replace(HTTP, "URL");
}

/** Variables of the same meaning, whatever they begin with and whichever tests have them. */
interface SharedVariable {
  readonly names: ReadonlySet<string>;
  readonly tests: ReadonlySet<string>;
  readonly variable: Variable<unknown>;
}

function sharedVariables(): SharedVariable[] {
  const shared = new Map<string, SharedVariable>();
  for (const name of tests) {
    for (const [key, variable] of Object.entries<Variable<unknown>>(VARIABLES[name])) {
      // Its profiles stand in a table of their own.
      if (key === "SCENARIO") continue;
      const { fallback, meaning, allowed } = variable;
      const same = JSON.stringify([fallback, meaning, allowed]);
      const { names = [], tests: own = [] } = shared.get(same) ?? {};
      shared.set(same, { names: new Set([...names, key]), tests: new Set([...own, name]), variable });
    }
  }
  return [...shared.values()];
}

function variablesTable(title: string, variables: readonly SharedVariable[]): string {
  const rows = variables.map(({ names, variable: { fallback, allowed, meaning } }) => [
    `\`${spelled([...names])}\``,
    fallback === null ? "" : `\`${fallback}\``,
    meaning,
    briefly(allowed),
  ]);
  return `## ${title}\n\n${table(["variable", "default", "meaning", "allowed"], rows)}`;
}

/** `{HTTP,WS}_TOKEN` for HTTP_TOKEN and WS_TOKEN. */
function spelled(names: readonly string[]): string {
  const [first = ""] = names;
  const rest = first.slice(first.indexOf("_"));
  const alike = names.length > 1 && names.every((name) => name.endsWith(rest));
  return alike ? `{${names.map((name) => name.slice(0, -rest.length)).join()}}${rest}` : names.join(", ");
}

/** An objective, with the profiles of each test that have it; all of them where nothing is said. */
interface SharedObjective {
  readonly cells: readonly string[];
  readonly tests: ReadonlyMap<string, string>;
}

function sharedObjectives(): SharedObjective[] {
  const shared = new Map<string, { cells: readonly string[]; tests: Map<RunnableTest, readonly string[]> }>();
  for (const name of tests) {
    for (const profile of ownProfiles(name)) {
      for (const slo of rowsOf(name, profile)) {
        const cells = [`\`${slo.metric}\``, objectiveOf(slo), floorExpression(slo), slo.miss];
        const known = shared.get(cells.join()) ?? { cells, tests: new Map<RunnableTest, readonly string[]>() };
        known.tests.set(name, [...(known.tests.get(name) ?? []), profile]);
        shared.set(cells.join(), known);
      }
    }
  }
  const profilesIn = (name: RunnableTest, profiles: readonly string[]) => {
    const others = ownProfiles(name).filter((profile) => !profiles.includes(profile));
    if (others.length === 0) return "";
    return others.length < profiles.length ? `all but ${others.join(", ")}` : profiles.join(", ");
  };
  return [...shared.values()]
    .map(({ cells, tests: own }) => ({
      cells,
      tests: new Map([...own].map(([name, profiles]) => [name, profilesIn(name, profiles)])),
    }))
    .sort((one, other) => (one.cells[0] as string).localeCompare(other.cells[0] as string));
}

function ownProfiles(name: RunnableTest): string[] {
  return profilesOf(name).filter((profile) => profileOf(name, profile) === profile);
}

/** Metrics that are held to the same are one row. */
function objectivesTable(title: string, objectives: readonly SharedObjective[]): string {
  const rows = new Map<string, { metrics: string[]; cells: readonly string[] }>();
  for (const { cells, tests: own } of objectives) {
    const [first = "", ...others] = new Set(own.values());
    const each = [...own].flatMap(([name, profiles]) => (profiles === "" ? [] : [`${name}: ${profiles}`]));
    const [metric = "", ...rest] = [...cells, others.length === 0 ? first : each.join("; ")];
    const row = rows.get(rest.join()) ?? { metrics: [], cells: rest };
    rows.set(rest.join(), { ...row, metrics: [...row.metrics, metric] });
  }
  const lines = [...rows.values()].map(({ metrics, cells }) => [metrics.join(", "), ...cells]);
  return `## ${title}\n\n${table(["metric", "objective", "samples", "when missed", "only of"], lines)}`;
}

/** Events of an open model, by which the bounds that are made of them are known. */
const EVENTS = 98_765;
const OF_EVENTS = new Map([
  [EVENTS, "events"],
  [Math.floor(EVENTS / 100), "events/100"],
]);

function objectiveOf(slo: Slo): string {
  const made = OF_EVENTS.get(slo.bound);
  return made === undefined ? expression(slo) : `${slo.statistic}${slo.comparison}${made}`;
}

/** The objectives of a profile: all that a receiver and a monitor allow, then those that only apply without a receiver. */
function rowsOf(name: RunnableTest, profile: string): readonly Slo[] {
  const events = "EVENTS" in VARIABLES[name] ? EVENTS : null;
  const judged = (accounted: boolean) => slos(name, { accounted, events, profile, steady: true, watched: true });
  if (!("RECEIVER_URL" in VARIABLES[name])) return judged(false);
  const settled = judged(true);
  const known = new Set(settled.map(sloVariable));
  return [...settled, ...judged(false).filter((slo) => !known.has(sloVariable(slo)))];
}

/** Which profiles there are, and which names stand for others. */
function profilesText(): string {
  const common = ownProfiles("nats").filter((profile) => tests.every((name) => ownProfiles(name).includes(profile)));
  const besides = tests.flatMap((name) => {
    const own = ownProfiles(name).filter((profile) => !common.includes(profile));
    return own.length === 0 ? [] : [`; \`${name}\` also has ${own.join(" and ")}`];
  });
  const aliases = profilesOf("nats").flatMap((name) => {
    const profile = profileOf("nats", name);
    return profile === name ? [] : [`${name} for ${profile}`];
  });
  return (
    `Profiles of every test: ${common.join(", ")}${besides.join("")}.\n` +
    `Other names for them: ${aliases.join(", ")}.`
  );
}

test("docs/variables.md is what the code says; renewed by `npx vitest run --project unit -u`", async () => {
  const head =
    "# Variables\n\nk6 takes them as `-e NAME=value` or from the environment, bare or as `THROUGHLINE_NAME`; `throughline run` as\n" +
    "`--set NAME=value`, or from the environment as `THROUGHLINE_NAME` alone. `SCENARIO` names the profile, how the load moves\n" +
    "over time; without it that is smoke.\n\n" +
    [...Object.entries(SHORT), ["a whole number from the first to the last", "1 to 10"]]
      .map(([allowed, name]) => `- ${name}: ${allowed}`)
      .join("\n");
  const shared = sharedVariables();
  const sets = [...new Set(shared.map((one) => [...one.tests].join(", ")))];
  const every = tests.join(", ");
  const titles = [every, ...sets.filter((set) => set !== every && set.includes(",")), ...tests];
  const text = [
    head,
    profilesText(),
    ...titles.flatMap((set) => {
      const own = shared.filter((one) => [...one.tests].join(", ") === set);
      return own.length === 0 ? [] : [variablesTable(set === every ? "Every test" : set, own)];
    }),
  ].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../../docs/variables.md");
});

test("docs/objectives.md is what the code says", async () => {
  const head =
    "# Objectives\n\nA missed objective of the target makes a run FAIL; a missed condition of the measurement, or too few samples,\n" +
    "makes it INVALID. With a receiver the `account_` rows apply and without one the `ws_events_missing`, `_duplicated`,\n" +
    "`_reordered`, `_misrouted` and `ws_negative_latency` rows; with a monitor (HEALTH_URL) the `health_` rows, and those of a\n" +
    "trial where TRIALS names it. An open model also has to offer what was asked for: `events` stands for their number.\n\n" +
    "Each bound has a variable, SLO_ with the metric and the statistic: `SLO_WS_EVENT_LATENCY_MS_P95=40`,\n" +
    "`SLO_ACCOUNT_LOST_COUNT=3`. Its value is a number from 0; where a miss is a FAIL also `off`, which gives the objective up.";
  const shared = sharedObjectives();
  const setOf = ({ tests: own }: SharedObjective) => [...own.keys()].join(", ");
  const sets = [...new Set(shared.map(setOf))].filter((set) => set.includes(","));
  const sections = tests.flatMap((name) => {
    const own = shared.filter((one) => one.tests.size === 1 && one.tests.has(name));
    return own.length === 0 ? [] : [objectivesTable(name, own)];
  });
  const every = tests.join(", ");
  const several = [every, ...sets.filter((set) => set !== every)].map((set) =>
    objectivesTable(
      set === every ? "Every test" : set,
      shared.filter((one) => setOf(one) === set),
    ),
  );
  const text = [head, ...several, ...sections].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../../docs/objectives.md");
});

/** The objectives whose miss has this meaning, by their next step in an example run; what has the same one is one row. */
function stepsOf(miss: Slo["miss"]): string {
  const rows = tests.flatMap((name) => profilesOf(name).flatMap((profile) => rowsOf(name, profile)));
  const broken = { ...OFFENDER, duplicated: 3, duplicatedSeqs: [7, 19, 42], reordered: 7, misrouted: 7 };
  const answers = ["http", "ingest"].flatMap((family) => [
    [`${family}_status_2xx`, { values: { count: 990 } }],
    [`${family}_status_5xx`, { values: { count: 10 } }],
  ]);
  const counts = ["events_refused", "events_unknown", "events_unsent"].map((name) => [name, { values: { count: 12 } }]);
  const endpoint = {
    ...{ ...broken, path: "usdc-transfers", attempts: 30_042, retried: 42, latency: ACCOUNT.latency },
    ...{ unattempted: 0, refusedInARow: 0 },
  };
  const webhooks = { ...WEBHOOKS, endpoints: [endpoint], attempts: 30_042, retried: 42, hasty: 42 };
  const wrong = { wrongSignatures: 7, uncheckedSignatures: 0, damaged: 0, strays: 0 };
  const evidence = evidenceOf(
    { offenders: [broken], refused: 12, contradicted: 2, webhooks: { ...webhooks, ...wrong } },
    Object.fromEntries([...answers, ...counts]),
  );
  const steps = new Map<string, Set<string>>();
  for (const { metric } of rows.filter((row) => row.miss === miss)) {
    const exact = { uncertainty: null, possible: null, doubt: null, spoils: null, explains: null, margin: null };
    const row = { metric, objective: "", miss, observed: 1, samples: 1, floor: 1, ...exact, result: "missed" } as const;
    const step = nextStep({ row, log: "results/nightly-7/nats.log" }, evidence);
    steps.set(step, (steps.get(step) ?? new Set()).add(`\`${metric}\``));
  }
  return table(
    ["reason", "next step"],
    [...steps].map(([step, metrics]) => [[...metrics].join(", "), step]),
  );
}

test("docs/troubleshooting.md has the next step of every objective", async () => {
  const path = join(root, "docs/troubleshooting.md");
  const text = (["INVALID", "FAIL"] as const).reduce(
    (page, miss) =>
      page.replace(
        new RegExp(`(<!-- next steps of ${miss} -->\n\n)[^]*?(\n\n<!-- end -->)`),
        (_, start: string, end: string) => start + stepsOf(miss) + end,
      ),
    readFileSync(path, "utf8"),
  );
  for (const miss of ["INVALID", "FAIL"] as const) expect(text).toContain(stepsOf(miss));
  await expect(text).toMatchFileSnapshot(path);
});

const KINDS: Readonly<Record<MetricKind, string>> = {
  latency: "Latencies: Trends in milliseconds",
  share: "Shares: Rates",
  count: "Counts: Counters, among samples",
  tally: "Tallies: Counters without samples",
  reading: "Readings: Gauges, the last value",
  moment: "Moments: Trends of Unix milliseconds",
};

/** Whether a metric is a count of the account under its own name. */
function isCount(name: string): boolean {
  const count = name.replace(/^account_/, "");
  return name !== count && Object.hasOwn(COUNTS, count);
}

test("docs/metrics.md is what the code says", async () => {
  const sections = Object.entries(KINDS).map(([kind, title]) => {
    const own = Object.entries(METRICS).filter(([name, metric]) => metric.kind === kind && !isCount(name));
    const rows = own.map(([name, { meaning }]) => [`\`${name}\``, meaning]);
    return `## ${title}\n\n${table(["metric", "meaning"], rows)}`;
  });
  const counts = Object.keys(METRICS).filter(isCount);
  const head =
    "# Metrics\n\nAll but tallies and moments have a counter `<name>_samples` beside them. What the receiver counts is\n" +
    `explained in [accounting.md](accounting.md): ${counts.map((name) => `\`${name}\``).join(", ")}.`;
  await expect(`${[head, ...sections].join("\n\n")}\n`).toMatchFileSnapshot("../../docs/metrics.md");
});
