import { expect, test } from "vitest";
import { METRICS } from "../../metrics.ts";
import { profileOf, profilesOf } from "../../scenarios.ts";
import { expression, floorExpression, sloVariable } from "../../slo.ts";
import { slos } from "../../thresholds.ts";
import { type RunnableTest, VARIABLES, type Variable } from "../../variables.ts";

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

function tableOf(name: RunnableTest, profile: string): string {
  const accounted = "RECEIVER_URL" in VARIABLES[name];
  const rows = slos(name, { accounted, events: null, profile, steady: true, watched: true }).map((slo) => [
    `\`${slo.metric}\``,
    expression(slo),
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
    "makes it INVALID. With a receiver the `account_` rows apply, with a monitor (HEALTH_URL) the\n" +
    "`health_` rows, and those of a trial where TRIALS names it; an open model also has to offer what was asked for.";
  const text = [head, ...tests.map(objectivesOf)].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot("../../docs/objectives.md");
});

test("docs/metrics.md is what the code says", async () => {
  const rows = Object.entries(METRICS).map(([name, { kind, meaning }]) => [`\`${name}\``, kind, meaning]);
  const head = "# Metrics\n\nAll but tallies have a counter `<name>_samples` beside them.";
  await expect(`${head}\n\n${table(["metric", "kind", "meaning"], rows)}\n`).toMatchFileSnapshot(
    "../../docs/metrics.md",
  );
});
