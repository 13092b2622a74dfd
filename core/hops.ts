/** Where in the pipeline events stand, and what that says of those that are missing. */
import * as v from "valibot";
import type { Account } from "./account.ts";

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One reading of the stream and of the lists behind it. */
export const HopsSchema = v.object({
  stream: v.string(),
  /** Null when there is no such stream. */
  entries: v.nullable(
    v.object({
      length: Count,
      /** Ever added; null where the server is too old to count them. */
      added: v.nullable(Count),
    }),
  ),
  groups: v.array(
    v.object({
      name: v.string(),
      /** Read and not acknowledged. */
      pending: Count,
      /** Not read yet, and read so far; null where the server cannot tell. */
      lag: v.nullable(Count),
      read: v.nullable(Count),
    }),
  ),
  /** What waits behind the stream, by key. */
  queues: v.record(v.string(), Count),
});
export type Hops = v.InferOutput<typeof HopsSchema>;

/** Readings from before the load and from after the drain. */
export const HopsReportSchema = v.object({ before: HopsSchema, after: HopsSchema });
export type HopsReport = v.InferOutput<typeof HopsReportSchema>;

/** Says where the pipeline holds or lost events, judged by its stream and queues alone. */
export function explainHops({ before, after }: HopsReport, acknowledged: number): string[] {
  const causes: string[] = [];
  const { stream, entries, groups } = after;
  if (entries === null) causes.push(`stream ${stream} is gone: it was deleted, flushed or lost in a restart`);
  else if (entries.added !== null) {
    const added = entries.added - (before.entries?.added ?? 0);
    const gone = acknowledged - added;
    if (gone > 0) causes.push(`${gone} acknowledged events are not in stream ${stream}: it was flushed or restarted`);
  }
  if (groups.length === 0) causes.push(`no consumer group reads stream ${stream}`);
  for (const { name, lag, pending, read } of groups) {
    if (lag !== null && lag > 0) causes.push(`group ${name} lags: ${lag} entries are not read yet`);
    if (pending > 0) causes.push(`group ${name} has read ${pending} entries and not acknowledged them`);
    const unread = (entries?.added ?? 0) - (read ?? 0) - (lag ?? 0);
    if (entries?.length === 0 && read !== null && unread > 0) {
      causes.push(`${unread} entries left stream ${stream} before group ${name} had read them: it was trimmed`);
    }
  }
  for (const [queue, length] of Object.entries(after.queues)) {
    if (length > 0) causes.push(`${length} deliveries wait in ${queue}`);
  }
  return causes;
}

/** Says why deliveries are missing, as far as the account and the hops know. */
export function explain(account: Account, hops: HopsReport | null): string[] {
  const { webhooks } = account;
  if (webhooks === null || account.lost === 0) return [];
  const causes = hops === null ? [] : explainHops(hops, account.acknowledged);
  if (webhooks.wrongSignatures > 0) {
    causes.push(`${webhooks.wrongSignatures} webhooks were refused because their signature is wrong`);
  }
  if (webhooks.misbehaved > 0) causes.push(`${webhooks.misbehaved} webhooks met scripted misbehaviour`);
  for (const [how, count] of Object.entries(webhooks.abandoned)) {
    causes.push(`${count} deliveries were not sent again after their last attempt was refused: ${how}`);
  }
  for (const { path, expected, delivered, attempts } of webhooks.endpoints) {
    if (expected === 0 || delivered > 0 || attempts > 0) continue;
    causes.push(
      `endpoint ${path} matched nothing: ${expected} events should have; its row's contract_addresses, ` +
        "event_signatures (topic hashes, not Solidity text), chain_ids or is_active differ, or its webhook_url does not lead here",
    );
  }
  if (causes.length === 0)
    causes.push("the pipeline holds nothing back: what is missing was lost between queue and receiver");
  return causes;
}

/** Says why no canary came out at the other end. */
export function explainSilence(account: Account | null, hops: Hops): string[] {
  const { stream, groups, queues } = hops;
  if (groups.length === 0)
    return [`no consumer group reads stream ${stream}: the pipeline is not running, or reads another`];
  const causes = explainHops({ before: hops, after: hops }, 0);
  const wrong = account?.webhooks?.wrongSignatures ?? 0;
  if (wrong > 0) causes.push(`${wrong} webhooks were refused because their signature is wrong`);
  const waiting = Object.values(queues).some((length) => length > 0);
  if (waiting) causes.push("the pipeline cannot reach the receiver, or is refused by it: look at webhook_url");
  if (causes.length === 0)
    causes.push("no endpoint matches: look at event_signatures, contract_addresses, chain_ids, is_active");
  return causes;
}
