import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextStep } from "../../cli/run/next-steps.ts";
import { METRICS } from "../../core/metrics.ts";
import { expression, floorExpression, type Slo, sloVariable } from "../../core/slo.ts";
import type { Variable } from "../../core/variable.ts";
import { profileOf, profilesOf } from "../../scenarios.ts";
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

function variablesOf(name: RunnableTest): string {
  const rows = Object.entries<Variable<unknown>>(VARIABLES[name]).map(([variable, { fallback, allowed, meaning }]) => [
    `\`${variable}\``,
    fallback === null ? "" : `\`${fallback}\``,
    meaning,
    allowed,
  ]);
  return `## ${name}\n\n${table(["variable", "default", "meaning", "allowed"], rows)}`;
}

/** The objectives of a test; where they depend on the profile, those of each. */
function objectivesOf(name: RunnableTest): string {
  const own = profilesOf(name).filter((profile) => profileOf(name, profile) === profile);
  const tables = new Map<string, string[]>();
  for (const profile of own) {
    const rows = tableOf(name, profile);
    tables.set(rows, [...(tables.get(rows) ?? []), profile]);
  }
  const titled = [...tables].map(([rows, profiles]) =>
    tables.size === 1 ? rows : `SCENARIO=${profiles.join(", ")}:\n\n${rows}`,
  );
  return `## ${name}\n\n${titled.join("\n\n")}`;
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

function tableOf(name: RunnableTest, profile: string): string {
  const rows = rowsOf(name, profile).map((slo) => [
    `\`${slo.metric}\``,
    objectiveOf(slo),
    floorExpression(slo),
    slo.miss,
    `\`${sloVariable(slo)}\``,
  ]);
  return table(["metric", "objective", "samples", "when missed", "variable of the bound"], rows);
}

test("docs/variables.md is what the code says; renewed by `npx vitest run --project unit -u`", async () => {
  const head = "# Variables\n\nGiven as `-e NAME=value` or in the environment, bare or as `THROUGHLINE_NAME`.";
  const profiles = tests.map((name) => [`\`${name}\``, profilesOf(name).join(", ")]);
  const text = [head, table(["test", "profiles (SCENARIO)"], profiles), ...tests.map(variablesOf)].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../../docs/variables.md");
});

test("docs/objectives.md is what the code says", async () => {
  const head =
    "# Objectives\n\nA missed objective of the target makes a run FAIL; a missed condition of the measurement, or too few samples,\n" +
    "makes it INVALID. With a receiver the `account_` rows apply and without one the `ws_events_missing`, `_duplicated`,\n" +
    "`_reordered`, `_misrouted` and `ws_negative_latency` rows; with a monitor (HEALTH_URL) the `health_` rows, and those of a\n" +
    "trial where TRIALS names it. An open model also has to offer what was asked for: `events` stands for their number.\n\n" +
    "Each bound has a variable. Its value is a number from 0; where a miss is a FAIL also `off`, which gives the objective up.";
  const text = [head, ...tests.map(objectivesOf)].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../../docs/objectives.md");
});

/** The objectives whose miss has this meaning, by their next step in an example run; what has the same one is one row. */
function stepsOf(miss: Slo["miss"]): string {
  const rows = tests.flatMap((name) => profilesOf(name).flatMap((profile) => rowsOf(name, profile)));
  const broken = { ...OFFENDER, duplicated: 7, reordered: 7, misrouted: 7 };
  const answers = ["http", "ingest"].flatMap((family) => [
    [`${family}_status_2xx`, { values: { count: 990 } }],
    [`${family}_status_5xx`, { values: { count: 10 } }],
  ]);
  const counts = ["events_refused", "events_unknown"].map((name) => [name, { values: { count: 12 } }]);
  const endpoint = {
    ...{ ...broken, path: "usdc-transfers", attempts: 30_042, retried: 42, latency: ACCOUNT.latency },
    ...{ unattempted: 0, refusedInARow: 0 },
  };
  const webhooks = { ...WEBHOOKS, endpoints: [endpoint], attempts: 30_042, retried: 42, hasty: 42 };
  const wrong = { wrongSignatures: 7, uncheckedSignatures: 0, damaged: 0, strays: 0 };
  const evidence = evidenceOf(
    { offenders: [broken], webhooks: { ...webhooks, ...wrong } },
    Object.fromEntries([...answers, ...counts]),
  );
  const steps = new Map<string, Set<string>>();
  for (const { metric } of rows.filter((row) => row.miss === miss)) {
    const exact = { uncertainty: null, possible: null, doubt: null, spoils: null, margin: null };
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

test("docs/metrics.md is what the code says", async () => {
  const rows = Object.entries(METRICS).map(([name, { kind, meaning }]) => [`\`${name}\``, kind, meaning]);
  const head = "# Metrics\n\nAll but tallies have a counter `<name>_samples` beside them.";
  await expect(`${head}\n\n${table(["metric", "kind", "meaning"], rows)}\n`).toMatchFileSnapshot(
    "../../docs/metrics.md",
  );
});
