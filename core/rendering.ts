/** The terminal output for a test, and for a run of several tests. */

import type { Account, FarEndAccount, Offender } from "./account.ts";
import { uncertaintyOf } from "./clocks.ts";
import {
  type CountName,
  type Counts,
  isOnlyCounted,
  isUncompared,
  ONLY_COUNTED,
  seenCount,
  UNCOMPARED,
} from "./counts.ts";
import { describeDetours, NO_DETOURS } from "./detours.ts";
import { judgedOf } from "./judgedshare.ts";
import { milliseconds, number } from "./numbers.ts";
import type { Reason } from "./reason.ts";
import { openedRooms } from "./room.ts";
import { firstOf, shortlist } from "./shortlist.ts";
import type { SloResult } from "./sloresult.ts";
import type { Summary } from "./summary.ts";
import type { Verdict } from "./verdict.ts";

/** A test's record as text for a terminal. */
export function renderSummary(summary: Summary): string {
  const { test, scenario, run, verdict, reasons, changes } = summary;
  const sections = [
    [
      `${verdict}  ${test}, scenario ${scenario}${run === null ? "" : `, run ${run}`}`,
      ...reasons.flatMap(renderReason),
    ],
    [
      ...renderChanges(changes),
      ...renderNotes(summary.notes),
      ...renderRate(summary.rate),
      ...openedRooms().flatMap(({ tells }) => tells?.(summary.metrics) ?? []),
      ...renderAccount(summary.account, summary.rows),
    ],
    renderRows(summary.rows.map((row) => ({ test, row }))),
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
}

/** Several tests of one run as text: the account once, and the objectives of all. */
export function renderRun({ run, verdict, reasons, tests, labels = [], account, verbose = false }: RunText): string {
  const publisher = tests.find(({ rate }) => rate !== null);
  const settling = [publisher, ...tests].find((one) => one?.rows.some(isOfAccount));
  const rows = tests.flatMap((one, place) => {
    // Processes that share a test are judged as one, and appear once.
    const sharing = tests.filter((other) => other.test === one.test && alike(other.rows, one.rows));
    if (sharing[0] !== one) return [];
    const test = sharing.length > 1 ? one.test : (labels[place] ?? one.test);
    const settles = sharing.some((other) => other === settling);
    return one.rows.filter((row) => settles || !isOfAccount(row)).map((row) => ({ test, row }));
  });
  const changes = [...new Set(tests.flatMap((one) => one.changes))];
  const sections = [
    [`${verdict}  run ${run}`, ...reasons.flatMap(renderReason)],
    [
      ...renderChanges(changes),
      ...tests.flatMap(({ test, notes }, place) =>
        renderNotes(notes.map((note) => `${labels[place] ?? test}: ${note}`)),
      ),
      ...renderRate(jointRate(tests)),
      ...tests.flatMap(({ metrics }) => openedRooms().flatMap(({ tells }) => tells?.(metrics) ?? [])),
      ...renderAccount(settling?.account ?? account ?? null, settling?.rows ?? []),
    ],
    // After a long table the verdict has left the screen.
    ...(verbose ? [renderRows(rows), [`${verdict}  run ${run}`]] : [renderUnmet(rows)]),
  ];
  return renderSections(sections);
}

function alike(one: readonly SloResult[], other: readonly SloResult[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
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

const WIDTH = 120;

/** A cause, its evidence, its symptoms, and what to do. */
function renderReason({ text, evidence, next, symptoms }: Reason): string[] {
  return [
    bullet(text),
    ...(evidence === null ? [] : [bullet(evidence, "    seen: ")]),
    ...symptoms.map((symptom) => bullet(symptom, "    with it: ")),
    ...(next === null ? [] : [bullet(next, "    next: ")]),
  ];
}

/** An item of a list, wrapped at the width of the terminal. */
function bullet(text: string, mark = "  - "): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.pop();
    if (line === undefined) lines.push(`${mark}${word}`);
    else if (line.length + 1 + word.length <= WIDTH) lines.push(`${line} ${word}`);
    else lines.push(line, `${" ".repeat(mark.length)}${word}`);
  }
  return lines.join("\n");
}

/** Changed bounds stand next to the verdict, because they may be the reason for it. */
function renderChanges(changes: readonly string[]): string[] {
  return changes.map((change) => bullet(change, "  changed    "));
}

function renderNotes(notes: readonly string[]): string[] {
  return notes.map((note) => `  note       ${note}`);
}

function renderRate(rate: Summary["rate"]): string[] {
  if (rate === null) return [];
  const asked = rate.requested === null ? "as fast as acknowledged" : `${number(rate.requested)}/s requested`;
  return [`  rate       ${asked}, ${number(rate.achieved)}/s achieved`];
}

/** How wrong latencies may be because of clocks. */
function boundOf(account: Account): string {
  const by = uncertaintyOf(account)("account_delivery_p95_ms")?.by ?? null;
  if (by === null) return "";
  return Number.isFinite(by) ? `, each ± ${milliseconds(by)} by the clocks` : ", by clocks that nobody compared";
}

/** By how much latencies may be too high, because looks date the arrivals. */
function lateOf({ looks = null }: Account): string {
  return looks === null ? "" : `; dated by looks up to ${milliseconds(looks.longest)} apart, so up to that too high`;
}

/** The counts in the headline. */
type Headline = Counts & {
  readonly ordered?: boolean;
  readonly webhooks?: unknown;
  readonly storage?: unknown;
  readonly farEnd?: unknown;
};

/** What was published, the result, and how much of it could be judged: the first lines of every output. */
export function headlineOf(account: Headline): string[] {
  const known = (name: CountName) => `${number(seenCount(account, name))} ${name}`;
  const isCounted = isOnlyCounted(account);
  const surplus = isCounted ? surplusOf(account.farEnd) : null;
  const found = isCounted
    ? `${surplus === null ? "" : `${number(surplus)} too many, `}`
    : `${known("duplicated")}, ${known("reordered")}${account.reordered > 0 && account.ordered === false ? " (no order is promised)" : ""}, ${known("misrouted")}, `;
  return [
    `  published  ${number(account.published)} events: ${number(account.acknowledged)} acknowledged, ` +
      `${number(account.refused)} refused, ${number(account.unknown)} unknown${unsentOf(account)}`,
    `  delivered  ${number(account.delivered)} of ${number(account.expected)} expected on ${number(account.paths)} ${farEndOf(account)}: ` +
      `${number(account.lost)} lost, ${account.open === 0 ? "" : `${number(account.open)} still open, `}${found}${number(account.late)} late`,
    ...(isCounted ? [`  counted    ${ONLY_COUNTED}`] : []),
    ...(isUncompared(account) ? [`  contents   ${UNCOMPARED}`] : []),
    `  judged     ${judgedOf(account)}`,
  ];
}

function surplusOf(farEnd: unknown): number | null {
  return (farEnd as Partial<FarEndAccount> | null)?.surplus ?? null;
}

/** The quantiles of latencies, or that there are none: where nothing was timed, zero would be a lie. */
function renderLatency(account: Account): string {
  const { p50, p95, p99, max, samples } = account.latency;
  if (samples === 0) return "  latency    unknown: no delivery was timed";
  return `  latency    p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} of ${number(samples)}${boundOf(account)}${lateOf(account)}`;
}

/** When the last delivery came, where the time of any is known. */
function lastOf({ drain, latency: { samples, negative } }: Account): string {
  return samples + negative === 0 ? "" : `, the last delivery came ${milliseconds(drain)} after it`;
}

function renderAccount(account: Account | null, rows: readonly SloResult[]): string[] {
  if (account === null) return [];
  const lines = [
    ...headlineOf(account),
    ...strangersOf(account),
    renderLatency(account),
    `  drain      ${account.ending ?? "not settled"}: ${number(account.backlog)} were still due at the last publish${lastOf(account)}`,
  ];
  lines.push(...renderOffenders(account));
  lines.push(...openedRooms().flatMap(({ tellsOfAccount }) => tellsOfAccount?.(account, rows) ?? []));
  return [
    ...lines,
    ...account.causes.map((cause) => `  cause      ${cause}`),
    ...(account.findings ?? []).map((finding) => `  found      ${finding}`),
  ];
}

/** How many paths are named for each rule. */
const NAMED = 3;

type Broken = "lost" | "duplicated" | "reordered" | "misrouted";

/** The paths that broke a rule most, with their events, and how much there is on others. */
function renderOffenders(account: Account): string[] {
  const rules: readonly Broken[] = [
    "lost",
    "duplicated",
    ...(account.ordered ? ["reordered" as const] : []),
    "misrouted",
  ];
  return rules.flatMap((rule) => {
    const broken = account.offenders.filter((one) => one[rule] > 0).sort((one, other) => other[rule] - one[rule]);
    const named = broken.slice(0, NAMED);
    const left = account[rule] - named.reduce((sum, one) => sum + one[rule], 0);
    return [
      ...named.flatMap((one) => (rule === "lost" ? renderLost(one) : [renderBroken(rule, one)])),
      ...(left > 0 && named.length > 0 ? [`             and ${number(left)} more on other paths`] : []),
      ...(rule === "misrouted" ? renderDetours(account) : []),
    ];
  });
}

function renderLost({ path, lost, expected, lostSeqs, firstLostAt }: Offender): string[] {
  const when = firstLostAt === null ? "" : `, the first sent at ${new Date(firstLostAt).toISOString()}`;
  return [
    `  lost       ${path}: ${number(lost)} of ${number(expected)}${when}`,
    ...(lostSeqs.length === 0 ? [] : [`             events ${shortlist(lostSeqs, lost)}`]),
  ];
}

function renderBroken(rule: Exclude<Broken, "lost">, one: Offender): string {
  const events = {
    duplicated: firstOf(one.duplicatedSeqs),
    reordered: shortlist(one.reorderedSeqs, one.reordered),
    misrouted: shortlist(one.misroutedSeqs ?? [], one.misrouted),
  }[rule];
  const isNamed = one[`${rule}Seqs`]?.length > 0;
  return `  ${rule.padEnd(10)} ${one.path}: ${number(one[rule])}${isNamed ? `, events ${events}` : ""}`;
}

function renderDetours({ detours }: Account): string[] {
  const told = describeDetours(detours ?? NO_DETOURS);
  return told === null ? [] : [bullet(told, "             ")];
}

function unsentOf({ unsent }: Counts): string {
  return unsent === 0 ? "" : `; ${number(unsent)} were due and not sent`;
}

/** Arrivals that are no deliveries of the run. */
function strangersOf({ damaged, unreported, contradicted, foreign }: Account): string[] {
  if (damaged + unreported + contradicted + foreign === 0) return [];
  return [
    `  arrivals   ${number(damaged)} damaged, ${number(unreported)} that no publisher reported, ` +
      `${number(contradicted)} that were refused, ${number(foreign)} foreign (of another run, or without an identity)`,
  ];
}

function farEndOf({ webhooks, storage, farEnd, paths }: Headline): string {
  if (storage != null) return "table";
  const what = webhooks != null ? "endpoint" : farEnd != null ? "path" : "subscription";
  return paths === 1 ? what : `${what}s`;
}

/** The observed value; for shares also the worst that the samples leave possible: "0, up to 0.0119". */
export function observedOf({ observed, possible, samples, objective }: Omit<SloResult, "evidence">): string {
  if (observed === null || possible === null || samples === 0) return number(observed);
  return `${number(observed)}, ${objective.includes(">=") ? "down" : "up"} to ${number(possible)}`;
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
    `${number(row.samples)} of ${number(row.floor)}`,
  ]);
  const cells = [["", "test", "metric", "objective", "observed", "samples of needed"], ...table];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
