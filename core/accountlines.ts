/** The lines of an account in the terminal output: what was published, delivered and lost, and how late. */
import { type Account, ENDINGS, type FarEndAccount, isWhole, type Offender } from "./account.ts";
import { type Answers, describeAnswers } from "./answers.ts";
import { bullet } from "./bullet.ts";
import { uncertaintyOf } from "./clocks.ts";
import {
  type CountName,
  type Counts,
  hadLoad,
  isOnlyCounted,
  isUncompared,
  NO_LOAD,
  ONLY_COUNTED,
  seenCount,
  UNCOMPARED,
} from "./counts.ts";
import { describeDetours, NO_DETOURS } from "./detours.ts";
import { judgedOf } from "./judgedshare.ts";
import { milliseconds, number, several } from "./numbers.ts";
import { describeOrder, type HeldOrder } from "./order.ts";
import { toShow } from "./percentiles.ts";
import { openedRooms } from "./room.ts";
import { firstOf, shortlist } from "./shortlist.ts";
import type { SloResult } from "./sloresult.ts";
import { describeStandstill } from "./standstill.ts";
import { describeUnbounded } from "./unbounded.ts";

/** How wrong latencies may be because of clocks. */
function boundOf(account: Account): string {
  const by = uncertaintyOf(account)("account_delivery_p95_ms")?.by ?? null;
  if (by === null) return "";
  return Number.isFinite(by) ? `, each ± ${milliseconds(by)} by the clocks` : ", by clocks that nobody compared";
}

/** By how much latencies may be too high, because the far end is polled. */
function lateOf({ looks = null }: Account): string {
  if (looks === null) return "";
  const apart = milliseconds(looks.longest);
  return `; polled every ${apart} or less: known to within ${apart}`;
}

const JUDGED = "  judged     ";

/** The counts in the headline. */
type Headline = Counts &
  HeldOrder & {
    readonly ending?: Account["ending"];
    readonly webhooks?: unknown;
    readonly storage?: unknown;
    readonly farEnd?: unknown;
  };

/** What came when the account was closed: after an interruption that is nobody's delay. */
function latecomersOf({ ending, late }: Headline): string {
  return `${number(late)} ${ending === "interrupted" ? "after the interruption" : "late"}`;
}

/** What was published, the result, and how much of it could be judged: the first lines of every output. */
export function headlineOf(account: Headline): string[] {
  if (!hadLoad(account)) return [`  load       ${NO_LOAD}`];
  const known = (name: CountName) => `${number(seenCount(account, name))} ${name}`;
  const isCounted = isOnlyCounted(account);
  const surplus = isCounted ? surplusOf(account.farEnd) : null;
  const found = isCounted
    ? `${surplus === null ? "" : `${number(surplus)} too many, `}`
    : `${known("duplicated")}, ${known("reordered")}${scopeOf(account)}, ${known("misrouted")}, `;
  return [
    `  published  ${several(account.published, "event")}: ${number(account.acknowledged)} acknowledged, ` +
      `${number(account.refused)} refused, ${number(account.unknown)} unknown${unsentOf(account)}`,
    `  delivered  ${number(account.delivered)} of ${number(account.expected)} expected on ${number(account.paths)} ${farEndOf(account)}: ` +
      `${number(account.lost)} lost, ${account.open === 0 ? "" : `${number(account.open)} still open, `}${found}${latecomersOf(account)}`,
    ...(isCounted ? [`  counted    ${ONLY_COUNTED}`] : []),
    ...(isUncompared(account) ? [`  contents   ${UNCOMPARED}`] : []),
    `${JUDGED}${judgedOf(account)}`,
  ];
}

/** Which order was held, where it is not that of all events. */
function scopeOf(held: HeldOrder): string {
  const told = held.order === "all" ? null : describeOrder(held);
  return told === null ? "" : ` (${told})`;
}

function surplusOf(farEnd: unknown): number | null {
  return (farEnd as Partial<FarEndAccount> | null)?.surplus ?? null;
}

/** The quantiles of latencies, or that there are none: where nothing was timed, zero would be a lie. */
function renderLatency(account: Account): string {
  const { p50, p95, p99, max, samples } = toShow(account.latency);
  if (samples === 0) return "  latency    unknown: no delivery was timed";
  return `  latency    p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} of ${number(samples)}${boundOf(account)}${lateOf(account)}`;
}

function stallOf(account: Account): string[] {
  const told = describeStandstill(account, uncertaintyOf(account)("account_delivery_p95_ms"));
  return told === null ? [] : [bullet(told, "  stall      ")];
}

/** What was still due when the load ended, what came of it, and why nobody waited longer for the rest. */
function drainOf(account: Account): string {
  const { ending, backlog, drain, lost, open, latency } = account;
  const due = `${number(backlog)} ${backlog === 1 ? "was" : "were"} still due at the last publish`;
  // Where nothing was timed nobody knows when it came.
  const isTimed = latency.samples + latency.negative > 0;
  const came = backlog - lost - open;
  // Zero stands for a tail that nobody could measure as well.
  const last = drain === 0 ? "" : `, the last delivery came ${milliseconds(drain)} after it`;
  const then = !isTimed || backlog === 0 ? "" : came > 0 ? last : ", none of them came";
  const why = ending === null || ending === "complete" ? "" : `; ${ENDINGS[ending]}`;
  return `${ending ?? "not settled"}: ${due}${then}${why}`;
}

/** What a run, or one of its tests, came to. */
interface Outcome {
  readonly account: Account | null;
  readonly answers: Answers | null;
  readonly rows: readonly SloResult[];
  /** The objectives of all tests of the run; those of `rows` by default. */
  readonly judged?: readonly SloResult[];
}

/** The lines of an account; without one, how long the answers took. */
export function renderAccount(outcome: Outcome): string[] {
  const { account } = outcome;
  if (account === null) return renderTimes(outcome);
  // Who was stopped has reported neither the last events nor that it left.
  const isCut = account.ending === "interrupted";
  return [
    ...headlineOf(account).filter((line) => !isCut || !line.startsWith(JUDGED)),
    ...strangersOf(isCut ? { ...account, unreported: 0 } : account),
    ...(hadLoad(account) ? renderLoaded(account, outcome) : []),
    ...account.causes.map((cause) => `  ${isWhole(account) ? "found" : "cause"}      ${cause}`),
    ...(account.findings ?? []).map((finding) => `  found      ${finding}`),
  ];
}

/** What can be said of a load alone. */
function renderLoaded(account: Account, outcome: Outcome): string[] {
  return [
    ...renderTimes(outcome),
    ...stallOf(account),
    bullet(drainOf(account), "  drain      "),
    ...renderOffenders(account),
    ...openedRooms().flatMap(({ tellsOfAccount }) => tellsOfAccount?.(account, outcome.rows) ?? []),
  ];
}

/** How late deliveries and answers came, and which of that nobody judged. */
function renderTimes({ account, answers, rows, judged = rows }: Outcome): string[] {
  return [
    ...(account === null ? [] : [renderLatency(account)]),
    ...(answers === null ? [] : [`  answers    ${describeAnswers(answers)}`]),
    ...describeUnbounded({ account, answers, rows: judged }).map((told) => bullet(told, "  unbounded  ")),
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
      ...(rule === "misrouted" ? renderDetours(account, named.length > 0) : []),
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
    duplicated: firstOf(one.duplicatedSeqs, one.duplicated),
    reordered: shortlist(one.reorderedSeqs, one.reordered),
    misrouted: shortlist(one.misroutedSeqs ?? [], one.misrouted),
  }[rule];
  const isNamed = one[`${rule}Seqs`]?.length > 0;
  return `  ${rule.padEnd(10)} ${one.path}: ${number(one[rule])}${isNamed ? `, events ${events}` : ""}`;
}

/** @param isBelow whether the paths that they came to are named above. */
function renderDetours({ detours }: Account, isBelow: boolean): string[] {
  const told = describeDetours(detours ?? NO_DETOURS);
  return told === null ? [] : [bullet(told, isBelow ? "             " : "  elsewhere  ")];
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
