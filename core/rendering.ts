/** The terminal output for a test, and for a run of several tests. */

import type { Account } from "./account.ts";
import { renderAccount } from "./accountlines.ts";
import { answersOf } from "./answers.ts";
import { bullet } from "./bullet.ts";
import { attended, isAsPlanned } from "./notes.ts";
import { number } from "./numbers.ts";
import type { Reason } from "./reason.ts";
import { openedRooms } from "./room.ts";
import { sharedRows } from "./sharedrows.ts";
import type { SloResult } from "./sloresult.ts";
import type { Summary } from "./summary.ts";
import { unjudgedIn } from "./unbounded.ts";
import type { Verdict } from "./verdict.ts";

/** A test's record as text for a terminal. */
export function renderSummary(summary: Summary): string {
  const { test, scenario, run, verdict, reasons, changes, account, rows } = summary;
  const answers = answersOf([summary.metrics]);
  const sections = [
    [
      `${verdict}  ${test}, scenario ${scenario}${run === null ? "" : `, run ${run}`}${limitOf(verdict, { account, answers, rows })}`,
      ...reasons.flatMap(renderReason),
    ],
    [
      ...renderChanges(changes),
      ...renderNotes(attended(summary.notes)),
      ...renderRate(summary.rate),
      ...openedRooms().flatMap(({ tells }) => tells?.(summary.metrics) ?? []),
      ...renderAccount({ account, answers, rows }),
      ...renderNotes(summary.notes.filter(isAsPlanned)),
    ],
    renderRows(rows.map((row) => ({ test, row }))),
  ];
  return renderSections(sections);
}

/** Input for the text of a run with several tests. */
interface RunText {
  readonly run: string;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly tests: readonly Summary[];
  /** Names of the tests; their own by default. */
  readonly labels?: readonly string[];
  /** The account, if it differs from that in the tests. */
  readonly account?: Account | null;
  /** Every objective in full, not only those that are not met. */
  readonly verbose?: boolean;
  /** It was stopped by a signal: no objective was judged over its whole. */
  readonly interrupted?: boolean;
}

/** Several tests of one run as text: the account once, and each objective of any, as in the report. */
export function renderRun(text: RunText): string {
  const { run, verdict, reasons, tests, labels = [], account, verbose = false, interrupted = false } = text;
  const publisher = tests.find(({ rate }) => rate !== null);
  const settling = [publisher, ...tests].find((one) => one?.rows.some(isOfAccount));
  const rows = sharedRows(
    tests.map((one, place) => ({ test: one.test, name: labels[place] ?? one.test, rows: one.rows })),
    (one) => one.rows,
  ).map(({ tests: having, row }) => ({ test: namesOf(having, tests), row }));
  const changes = [...new Set(tests.flatMap((one) => one.changes))];
  const settled = settling?.account ?? account ?? null;
  const sofar = settled !== null && interrupted ? { ...settled, ending: settled.ending ?? "interrupted" } : settled;
  const judged = tests.flatMap((one) => one.rows);
  const notesOf = (chosen: (notes: readonly string[]) => readonly string[]) =>
    tests.flatMap(({ test, notes }, place) =>
      renderNotes(chosen(notes).map((note) => `${labels[place] ?? test}: ${note}`)),
    );
  const answers = answersOf(tests.map(({ metrics }) => metrics));
  const headline = `${verdict}  run ${run}${limitOf(verdict, { account: sofar, answers, rows: judged })}`;
  const sections = [
    [`${headline}${interrupted ? ", interrupted" : ""}`, ...reasons.flatMap(renderReason)],
    [
      ...renderChanges(changes),
      ...notesOf(attended),
      ...renderRate(jointRate(tests)),
      ...tests.flatMap(({ metrics }) => openedRooms().flatMap(({ tells }) => tells?.(metrics) ?? [])),
      ...renderAccount({ account: sofar, answers, rows: settling?.rows ?? [], judged }),
      ...notesOf((notes) => notes.filter(isAsPlanned)),
    ],
    // After a long table the verdict has left the screen.
    ...(verbose ? [renderRows(rows), [headline]] : [interrupted ? [] : renderUnmet(rows)]),
  ];
  return renderSections(sections);
}

/** A verdict claims no more than was judged. */
function limitOf(verdict: Verdict, measured: Parameters<typeof unjudgedIn>[0]): string {
  const unjudged = verdict === "PASS" ? unjudgedIn(measured) : null;
  return unjudged === null ? "" : `, ${unjudged} not judged`;
}

/** The names of the tests that share an objective; the test's own where all its processes do. */
function namesOf(having: readonly { test: string; name: string }[], all: readonly Summary[]): string {
  const countOf = (test: string, of: readonly { test: string }[]) => of.filter((one) => one.test === test).length;
  const names = having.map(({ test, name }) => (countOf(test, having) === countOf(test, all) ? test : name));
  return [...new Set(names)].join(" + ");
}

/** The rate of all publishers together, because the requested rate is shared. */
function jointRate(tests: readonly Summary[]): Summary["rate"] {
  const rates = tests.flatMap(({ rate }) => rate ?? []);
  const [first] = rates;
  if (first === undefined) return null;
  return { requested: first.requested, achieved: rates.reduce((sum, { achieved }) => sum + achieved, 0) };
}

function isOfAccount({ metric }: SloResult): boolean {
  return metric.startsWith("account_");
}

function renderSections(sections: readonly (readonly string[])[]): string {
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** A cause, its evidence, its symptoms, and what to do. */
function renderReason({ text, evidence, next, symptoms }: Reason): string[] {
  return [
    bullet(text),
    ...(evidence === null ? [] : [bullet(evidence, "    seen: ")]),
    ...symptoms.map((symptom) => bullet(symptom, "    with it: ")),
    ...(next === null ? [] : [bullet(next, "    next: ")]),
  ];
}

/** Changed bounds stand next to the verdict, because they may be the reason for it. */
function renderChanges(changes: readonly string[]): string[] {
  return changes.map((change) => bullet(change, "  changed    "));
}

/** Not wrapped: some end with a command to be copied. */
function renderNotes(notes: readonly string[]): string[] {
  return notes.map((note) => `  note       ${note}`);
}

function renderRate(rate: Summary["rate"]): string[] {
  if (rate === null) return [];
  const asked = rate.requested === null ? "as fast as acknowledged" : `${number(rate.requested)}/s requested`;
  return [`  rate       ${asked}, ${number(rate.achieved)}/s achieved`];
}

/** The observed value; for shares also the worst that the samples leave possible: "0, up to 0.0119". */
export function observedOf({ observed, possible, samples, objective }: Omit<SloResult, "evidence">): string {
  if (observed === null || possible === null || samples === 0) return number(observed);
  return `${number(observed)}, ${objective.includes(">=") ? "down" : "up"} to ${number(possible)}`;
}

/** How many samples a value rests on, where it takes more than one to judge it; fewer than needed are always told. */
export function samplesOf({ samples, floor }: Pick<SloResult, "samples" | "floor">): string {
  if (samples < floor) return `${number(samples)} of ${number(floor)} needed`;
  return floor > 1 ? number(samples) : "";
}

const MARKS = { met: "ok", missed: "MISSED", unmeasured: "UNMEASURED" };

/** The objectives that are not met; of those that are, how many each test has. */
function renderUnmet(rows: readonly { test: string; row: SloResult }[]): string[] {
  const met = rows.filter(({ row }) => row.result === "met").map(({ test }) => test);
  if (met.length === 0) return renderRows(rows);
  const each = [...new Set(met)].map((test) => `${test} ${met.filter((one) => one === test).length}`);
  const told = `${number(met.length)} ${met.length === 1 ? "objective" : "objectives"} met (${each.join(", ")})`;
  const folded = bullet(`${told}; all of them: report.html, or --verbose`, `  ${MARKS.met}  `);
  return [...renderRows(rows.filter(({ row }) => row.result !== "met")), folded];
}

function renderRows(rows: readonly { test: string; row: SloResult }[]): string[] {
  if (rows.length === 0) return [];
  const table = rows.map(({ test, row }) => [
    MARKS[row.result],
    test,
    row.metric,
    row.objective,
    row.observed === null ? "-" : observedOf(row),
    samplesOf(row),
  ]);
  const cells = [["", "test", "metric", "objective", "observed", "samples"], ...table];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
