/** EthHook's part of the summary: attempts, endpoints, and the grades that EthHook promises. */
import { type Account, deliveryRate } from "../../core/account.ts";
import { milliseconds, number } from "../../core/numbers.ts";
import type { SloResult } from "../../core/sloresult.ts";

const WORDS = { met: "PASS", missed: "FAIL", unmeasured: "INVALID" };

/** The mean as its objective judged it, whatever its bound. */
function latencyVerdict(rows: readonly SloResult[]): string {
  const row = rows.find(({ metric }) => metric === "account_delivery_mean_ms");
  if (row === undefined) return "not judged: its objective is switched off";
  const seen = row.observed === null || row.samples === 0 ? "of nothing" : milliseconds(row.observed);
  return `${WORDS[row.result]}: mean ${seen}, must be ${row.objective.replace("value ", "")} ms`;
}

/** Grades of throughput by the least deliveries per second, and the grade below. */
const GRADES = [
  { above: 1_000, grade: "EXCELLENT" },
  { above: 500, grade: "GOOD" },
  { above: 0, grade: "NEEDS IMPROVEMENT" },
] as const;

/** Attempts, endpoints and grades; nothing for an account without webhooks. */
export function renderWebhooks(account: Account, rows: readonly SloResult[]): string[] {
  const { webhooks } = account;
  if (webhooks === null) return [];
  const { wrongSignatures: wrong, uncheckedSignatures: unchecked } = webhooks;
  const unseen = `${number(unchecked)} whose signature was not looked at (receiver without --secret)`;
  const signatures = unchecked === 0 ? `${number(wrong)} wrongly signed` : unseen;
  const retried = webhooks.attempts === 0 ? "" : `, ${number(webhooks.retried)} after a retry`;
  const unread = Object.values(webhooks.unreadable).reduce((sum, each) => sum + each, 0);
  const { transfer } = webhooks;
  return [
    `  webhooks   ${number(webhooks.attempts)} attempts${retried}, ${number(webhooks.misbehaved)} met scripted misbehaviour, ` +
      `${signatures}, ${number(webhooks.damaged)} damaged${unread === 0 ? "" : `, ${number(unread)} not readable`}`,
    ...(transfer.samples === 0
      ? []
      : [
          `  bodies     complete p95 ${milliseconds(transfer.p95)}, max ${milliseconds(transfer.max)} after their headers`,
        ]),
    ...webhooks.endpoints.map(
      ({ path, expected, delivered }) => `             ${path}: ${number(delivered)} of ${number(expected)}`,
    ),
    `  verdict    latency ${latencyVerdict(rows)}`,
    `  verdict    throughput ${throughputOf(account)}`,
  ];
}

/** A pipeline that kept up is graded by the offered rate: it may be able to handle more. */
function throughputOf(account: Account): string {
  const { expected, span } = account;
  const rate = deliveryRate(account) ?? 0;
  const seconds = span === null ? 0 : (span.through - span.from) / 1000;
  const offered = seconds > 0 ? expected / seconds : 0;
  const held = rate > 0 && rate >= 0.95 * offered;
  const grade = GRADES.find(({ above }) => (held ? offered : rate) > above)?.grade ?? "NEEDS IMPROVEMENT";
  const note = held ? ", all that was offered; a higher RATE may grade it better" : ` of ${number(offered)} offered`;
  return `${grade}: ${number(rate)} deliveries per second${note}`;
}
