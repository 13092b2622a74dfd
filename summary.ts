/**
 * What a test leaves behind: a versioned record for tools, and the same as text for people. Pure
 * functions of what k6 hands to `handleSummary` and of the account.
 */
import type { Test } from "./scenarios.ts";
import { type Slo, sampleCounter } from "./thresholds.ts";
import { type Judged, judge, type Observation } from "./verdict.ts";
import type { Account } from "./workload/account.ts";

/** The part of k6's `handleSummary` argument that is read; k6 has no types for it. */
export interface K6Data {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>;
  readonly state: { readonly testRunDurationMs: number };
}

/** The record of one test. */
export interface Summary extends Judged {
  readonly version: 1;
  readonly test: Test;
  readonly scenario: string;
  readonly run: string | null;
  readonly seconds: number;
  /** Events per second: asked for, and offered. Null where the test does not publish. */
  readonly rate: { readonly requested: number | null; readonly achieved: number } | null;
  /** Ms between the receiver's clock and ours, and how wrong that may be. */
  readonly clock: { readonly offset: number; readonly error: number } | null;
  readonly account: Account | null;
  /** Every metric of the test as k6 aggregated it. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What the summary is made of. */
export interface SummaryInput {
  readonly test: Test;
  readonly scenario: string;
  readonly slos: readonly Slo[];
  readonly data: K6Data;
  readonly run: { readonly id: string; readonly clock: Summary["clock"] } | null;
  readonly account: Account | null;
  /** Mean rate that the load shape asks for, in events per second. */
  readonly requestedRate: number | null;
}

/** Makes the record of a test. */
export function summarize(input: SummaryInput): Summary {
  const { test, scenario, slos, data, run, account } = input;
  const judged = started(data)
    ? judge(slos.map((slo) => observe(slo, data)))
    : { verdict: "INVALID" as const, reasons: ["the load never started; the error above says why"], rows: [] };
  return {
    version: 1,
    test,
    scenario,
    run: run?.id ?? null,
    ...judged,
    seconds: data.state.testRunDurationMs / 1000,
    rate: rateOf(input),
    clock: run?.clock ?? null,
    account,
    metrics: Object.fromEntries(Object.entries(data.metrics).map(([name, { values }]) => [name, values])),
  };
}

function started(data: K6Data): boolean {
  return (data.metrics["iterations"]?.values["count"] ?? 0) > 0;
}

function observe(slo: Slo, data: K6Data): Observation {
  return {
    slo,
    observed: data.metrics[slo.metric]?.values[slo.statistic] ?? null,
    samples: data.metrics[sampleCounter(slo.metric)]?.values["count"] ?? 0,
  };
}

function rateOf({ data, requestedRate }: SummaryInput): Summary["rate"] {
  const published = data.metrics["events_published"]?.values["count"];
  const seconds = data.metrics["publishing_seconds"]?.values["max"];
  if (published === undefined || seconds === undefined) return null;
  return { requested: requestedRate, achieved: published / seconds };
}

/** The record as text, for a terminal of 100 columns. */
export function renderSummary(summary: Summary): string {
  const { test, scenario, run, verdict, reasons } = summary;
  const lines = [`${verdict}  ${test}, scenario ${scenario}${run === null ? "" : `, run ${run}`}`];
  lines.push(...reasons.map((reason) => `  - ${reason}`), "");
  if (summary.rate !== null) lines.push(...renderRate(summary.rate));
  if (summary.account !== null) lines.push(...renderAccount(summary.account), "");
  if (summary.rows.length > 0) lines.push(...renderRows(summary));
  return `${lines.join("\n")}\n`;
}

function renderRate({ requested, achieved }: NonNullable<Summary["rate"]>): string[] {
  const asked = requested === null ? "as fast as acknowledged" : `${count(requested)}/s requested`;
  return [`  rate      ${asked}, ${count(achieved)}/s achieved`];
}

function renderAccount(account: Account): string[] {
  const { latency, offenders } = account;
  const lines = [
    `  account   ${count(account.published)} published, ${count(account.acknowledged)} acknowledged, ` +
      `${count(account.expected)} deliveries expected on ${count(account.paths)} subscriptions, ${count(account.delivered)} delivered`,
    `            lost ${count(account.lost)}, duplicated ${count(account.duplicated)}, reordered ${count(account.reordered)}, ` +
      `misrouted ${count(account.misrouted)}, late ${count(account.late)}, unknown ${count(account.unknown)}, refused ${count(account.refused)}`,
    `  drain     ${account.ending ?? "not settled"}, backlog ${count(account.backlog)} at the end of the load, ${count(account.drain)} ms`,
    `  delivery  p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}, max ${ms(latency.max)} of ${count(latency.samples)}`,
  ];
  for (const { path, lost, expected, lostSeqs, firstLostAt } of offenders.filter((one) => one.lost > 0).slice(0, 3)) {
    const when = firstLostAt === null ? "" : `, the first sent at ${new Date(firstLostAt).toISOString()}`;
    lines.push(`            ${path} lost ${count(lost)} of ${count(expected)}: events ${lostSeqs.join(", ")}${when}`);
  }
  return lines;
}

const MARKS = { met: "ok", missed: "MISSED", unmeasured: "UNMEASURED" };

function renderRows({ rows }: Summary): string[] {
  const table = rows.map((row) => [
    MARKS[row.result],
    row.metric,
    row.objective,
    row.observed === null ? "-" : count(row.observed),
    `${count(row.samples)} of ${count(row.floor)}`,
  ]);
  const cells = [["", "metric", "objective", "observed", "samples of floor"], ...table];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => (row[column] as string).length)));
  return cells.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd()}`,
  );
}

function count(value: number): string {
  const [whole, rest] = String(Number(value.toFixed(value < 10 ? 3 : 1))).split(".");
  const grouped = (whole as string).replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

function ms(value: number): string {
  return `${count(value)} ms`;
}
