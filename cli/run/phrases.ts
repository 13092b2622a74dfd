/** Parts of next steps that describe an account: the worst path, the slowest hop, the state of the generator. */
import type { Account, Offender } from "../../core/account.ts";
import { areAllElsewhere } from "../../core/detours.ts";
import { ms, type RunEvidence, secondOf, slowest, stall } from "../../core/nextstep.ts";
import { number } from "../../core/numbers.ts";
import { describeOrder, EVIDENCE } from "../../core/order.ts";
import { firstOf, shortlist } from "../../core/shortlist.ts";
import type { Second } from "../../core/timeline.ts";

/** A rule that a path may break. */
export type Rule = "duplicated" | "reordered" | "misrouted";

/** The path with the most losses, the earliest of those that lost as many, and their cause if known. */
export function lost(account: Account | null, timeline: readonly Second[]): string {
  const worst = worstOf(account, "lost");
  if (worst === null) return drained(timeline);
  const { path, lost: count, expected, lostSeqs, firstLostAt } = worst;
  const alike = account?.offenders.filter((one) => one.lost === count && one.expected === expected).length ?? 1;
  const first = lostSeqs[0] === undefined ? "" : `, first event ${lostSeqs[0]}`;
  const when = firstLostAt === null ? "" : ` ${secondOf(timeline, firstLostAt)}`;
  const causes = account?.causes ?? [];
  const hop =
    causes.length > 0
      ? `${causes[0]}${causes.length === 1 ? "" : `; ${causes.length - 1} more under cause`}`
      : (reroutedOf(account) ?? "hop acknowledgement to delivery: look at what the target did then");
  const most = (account?.lost ?? 0) > count ? "most, " : "";
  const others = alike > 1 ? ` (${alike - 1} ${alike === 2 ? "other" : "others"} lost as many, later)` : "";
  return `path ${path} lost ${alike > 1 ? "" : most}${count} of ${expected}${first}${when}${others}; ${hop}${stillComing(account, worst)}`;
}

/** Where to look when all that is missing came to other paths; null where it did not. */
function reroutedOf(account: Account | null): string | null {
  const [one] = account?.detours?.first ?? [];
  if (account === null || one === undefined || !areAllElsewhere(account)) return null;
  return `compare where the target sends what is due on ${one.due} with ${one.arrived}`;
}

/** That the wait may have been too short, where the last events are those that did not come. */
function stillComing(account: Account | null, { firstLostAt, latestSend = null }: Offender): string {
  if (account?.ending !== "quiet" || firstLostAt === null || latestSend === null) return "";
  if (firstLostAt <= latestSend) return "";
  return "; nothing sent later came: if it may take longer than DRAIN_QUIET, raise that";
}

/** The path that broke a rule most often, and the likely cause. */
export function broken(account: Account | null, rule: Rule): string {
  const worst = worstOf(account, rule);
  if (worst === null) {
    const strays = rule === "misrouted" ? (account?.webhooks?.strays ?? account?.farEnd?.strays ?? 0) : 0;
    if (strays > 0) return strayStep(strays, account?.farEnd?.strayPaths ?? []);
    return "the path is not among the first ten that broke a rule, which are all that the record names";
  }
  const why = {
    duplicated: hasEachRepeated(worst)
      ? "each event came again: two consumers of one stream, or texts that carry their identity twice, of which one is to be handed on"
      : "hop target to subscriber: a delivery is repeated, by a retry after a lost answer or by two workers",
    reordered: `hop target to subscriber: later events overtake${account === null ? "" : withinOf(account)}, as with several workers for one stream`,
    misrouted: `its filter is ${JSON.stringify(worst.filter)}: compare it with what the target matches by`,
  }[rule];
  const named = { duplicated: worst.duplicatedSeqs, reordered: worst.reorderedSeqs, misrouted: worst.misroutedSeqs }[
    rule
  ];
  const events =
    named.length === 0
      ? ""
      : `, events ${rule === "duplicated" ? firstOf(named, worst[rule]) : shortlist(named, worst[rule])}`;
  const of = rule === "misrouted" ? "beside" : "of";
  return `path ${worst.path}: ${worst[rule]} ${of} ${worst.expected}${rule === "misrouted" ? " expected" : ""}${events}; ${why}`;
}

/** How many stray paths are told. */
const TOLD = 3;

/** What to do about deliveries on paths that the run does not have. @param paths the first of them. */
function strayStep(count: number, paths: readonly string[]): string {
  const which = paths.length === 0 ? "paths" : shortlist(paths, paths.length, TOLD);
  const deliveries = count === 1 ? "1 delivery" : `${number(count)} deliveries`;
  return `${deliveries} came to ${which}, which the run does not have: correct where the target sends them, or declare the path`;
}

/** Among which events, where it is not among all. */
function withinOf(account: Account): string {
  const told = account.order === "all" ? null : describeOrder(account);
  return told === null ? "" : ` ${told}`;
}

/** Whether each event came again, as far as the named ones show: a total may be one event's alone. */
function hasEachRepeated({ expected, duplicated, duplicatedSeqs }: Offender): boolean {
  return expected > 0 && duplicated >= expected && duplicatedSeqs.length >= Math.min(EVIDENCE, expected);
}

function worstOf(account: Account | null, rule: "lost" | Rule): Offender | null {
  const offenders = [...(account?.offenders ?? [])].filter((one) => one[rule] > 0);
  // What is named as evidence of a detour came to this path.
  const evident = rule === "misrouted" ? account?.detours.first[0]?.arrived : undefined;
  const rank = ({ path, firstLostAt }: Offender) =>
    rule === "lost" ? (firstLostAt ?? Number.POSITIVE_INFINITY) : Number(path !== evident);
  return offenders.sort((one, other) => other[rule] - one[rule] || rank(one) - rank(other))[0] ?? null;
}

/** The slowest second, and the hop that takes the time. */
export function slow({ account, timeline, summaries }: RunEvidence): string {
  const acknowledged = Math.max(
    0,
    ...summaries.map(({ metrics }) => metrics["publish_ack_latency_ms"]?.["p(99)"] ?? 0),
  );
  const delivered = account?.latency.p99 ?? 0;
  const hop =
    delivered === 0 || acknowledged === 0
      ? ""
      : `; hop publish to acknowledgement p99 ${ms(acknowledged)}, publish to delivery p99 ${ms(delivered)}: ` +
        `most of it is spent ${acknowledged > delivered / 2 ? "before" : "behind"} the acknowledgement`;
  return `${heldBack(timeline)}${slowest(timeline)}${hop}`;
}

/** The stall that ended with the slowest second. */
function heldBack(timeline: readonly Second[]): string {
  const highest = Math.max(...timeline.map(({ p99 }) => p99 ?? 0));
  const place = timeline.findIndex(({ p99 }) => p99 === highest);
  const stopped = timeline[place - 1]?.delivered === 0 ? stall(timeline.slice(0, place + 1)) : null;
  return stopped === null ? "" : `${stopped}; `;
}

/** When the last delivery arrived. */
export function drained(timeline: readonly Second[]): string {
  const last = timeline.findLast(({ delivered }) => delivered > 0);
  if (timeline.length === 0) return "the receiver gave no timeline";
  if (last === undefined) return "nothing was delivered at all";
  return `the last delivery came ${secondOf(timeline, last.at)}, backlog then ${last.backlog}`;
}

/** Says that the generator was late. */
export function behind({ generatorCpu }: RunEvidence): string {
  return `the generator was behind${cpu(generatorCpu)}, not the target: more WORKERS or a larger BATCH, --instances, or a lower --rate`;
}

/** From this share of a core on, k6 had much to do. */
const BUSY_PERCENT = 50;

/** Says why what came waited to be read. */
export function unread({ generatorCpu, timeline }: RunEvidence): string {
  const remedy = "fewer connections, or --instances";
  if (generatorCpu === null || generatorCpu >= BUSY_PERCENT)
    return `the subscribers' k6 was busy${cpu(generatorCpu)}, not the target: ${remedy}`;
  const fullest = [...timeline].sort((one, other) => other.delivered - one.delivered)[0];
  const most =
    fullest === undefined ? "" : `; most came ${secondOf(timeline, fullest.at)}: ${number(fullest.delivered)}`;
  return (
    `what came waited in the subscribers' k6, which took only ${Math.round(generatorCpu)} % of one core over the run${most}: ` +
    `if that was a burst of the target, look at what it held back before; else something else took the cores: ${remedy}`
  );
}

/** The CPU of the generator, if measured. */
export function cpu(share: number | null): string {
  return share === null ? "" : ` (${Math.round(share)} % of one core)`;
}
