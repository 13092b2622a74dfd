/** Where in the pipeline events stand, and what that says of those that are missing. */
import * as v from "valibot";
import type { Account } from "./account.ts";

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const StreamId = v.pipe(v.string(), v.regex(/^\d+-\d+$/));

/** An entry that a group has read and not acknowledged. */
const PendingSchema = v.object({
  id: StreamId,
  consumer: v.string(),
  /** Ms since it was last delivered to a consumer, and how often that was. */
  idle: Count,
  deliveries: Count,
});
export type PendingEntries = v.InferOutput<typeof PendingSchema>;

/** One reading of the stream and of the lists behind it. */
export const HopsSchema = v.object({
  stream: v.string(),
  /** Null when there is no such stream. */
  entries: v.nullable(
    v.object({
      length: Count,
      /** Ever added; null where the server is too old to count them. */
      added: v.nullable(Count),
      /** The id of the newest entry, whether it is still there or not. */
      lastId: v.nullable(StreamId),
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
      /** The id of the last entry that was read. */
      delivered: v.nullable(StreamId),
      /** Of the entries of the load, those that stayed pending from one look to the next; the first of them. */
      left: v.array(PendingSchema),
    }),
  ),
  /** What waits behind the stream, by key. */
  queues: v.record(v.string(), Count),
  /** What tells one life of the server from the next; null where it may not be asked. */
  server: v.nullable(v.string()),
});
export type Hops = v.InferOutput<typeof HopsSchema>;
export type Group = Hops["groups"][number];

/** Readings from before the load and from after the drain. */
export const HopsReportSchema = v.object({ before: HopsSchema, after: HopsSchema });
export type HopsReport = v.InferOutput<typeof HopsReportSchema>;

/** Whether nothing waits anywhere but what waited at the first look. */
export function hasDrained(first: Hops, now: Hops): boolean {
  const waits = ({ groups, queues }: Hops) => [
    ...groups.flatMap(({ name, pending, lag }) => [
      [`pending ${name}`, pending] as const,
      [`lag ${name}`, lag ?? 0] as const,
    ]),
    ...Object.entries(queues),
  ];
  const before = new Map(waits(first));
  return waits(now).every(([name, count]) => count <= (before.get(name) ?? 0));
}

/** Joins what two publishers of one run read: the earlier reading from before, and the later from after. */
export function mergeHops(one: HopsReport, other: HopsReport): HopsReport {
  const added = ({ entries }: Hops) => entries?.added ?? 0;
  return {
    before: added(one.before) <= added(other.before) ? one.before : other.before,
    after: other.after,
  };
}

/** Entries of the load that a group had read and kept from the first look after the drain to the last. */
export function leftPending({ after }: HopsReport): number {
  return after.groups.reduce((sum, { left }) => sum + left.length, 0);
}

/**
 * Says where the pipeline holds or lost events, or was given too many, judged by its stream and queues alone.
 *
 * @param account what was published; null before anything was.
 */
export function explainHops(report: HopsReport, account: Account | null): string[] {
  const { before, after } = report;
  const { stream, entries, groups, queues } = after;
  const causes = account === null ? [] : explainEntries(report, account);
  if (entries !== null && groups.length === 0) causes.push(`no consumer group reads stream ${stream}`);
  const isAnew = isMadeAnew(report);
  for (const group of groups) {
    const earlier = isAnew ? undefined : before.groups.find(({ name }) => name === group.name);
    causes.push(...explainGroup(after, group, account === null ? 0 : (earlier?.pending ?? 0)));
  }
  for (const [queue, length] of Object.entries(queues)) {
    const earlier = account === null ? 0 : (before.queues[queue] ?? 0);
    const more = length - earlier;
    if (more > 0) causes.push(`${more} deliveries wait in ${queue}${andBefore(earlier)}`);
  }
  return causes;
}

function andBefore(count: number): string {
  return count === 0 ? "" : `, beside ${count} from before the load`;
}

/** Whether the stream after the load cannot be the one from before it. */
function isMadeAnew({ before, after }: HopsReport): boolean {
  const [was, is] = [before.entries, after.entries];
  return was?.added != null && is?.added != null && is.added < was.added;
}

function explainEntries(report: HopsReport, { published, acknowledged, duplicated }: Account): string[] {
  const { before, after } = report;
  const { stream, entries } = after;
  const restarted = before.server !== after.server && before.server !== null && after.server !== null;
  const why = restarted ? "Redis was started anew in between" : "it was deleted or flushed in between";
  if (entries === null) return [`stream ${stream} is gone: ${why}`];
  if (entries.added === null) return [];
  const earlier = before.entries?.added ?? 0;
  const added = entries.added - earlier;
  if (added < acknowledged) {
    return [
      `stream ${stream} was made anew, or lost its end: it counts ${entries.added} entries ever added, ` +
        `with ${earlier} from before the load and ${acknowledged} acknowledged since; ${why}`,
    ];
  }
  if (added <= published) return [];
  const more = `stream ${stream} took ${added} entries (entries-added) where ${published} were published`;
  return [
    duplicated > 0
      ? `${more}: events were added to it more than once, or by others too; what is doubled there was not doubled by the pipeline`
      : `${more}: others add to it too`,
  ];
}

function explainGroup({ stream, entries }: Hops, group: Group, pendingBefore: number): string[] {
  const { name, lag, pending, read, delivered, left } = group;
  const causes: string[] = [];
  const hasReadToTheEnd = delivered !== null && delivered === entries?.lastId;
  // A trimmed stream is told as lag: what was cut off can be read no more.
  if (lag !== null && lag > 0 && !hasReadToTheEnd) {
    causes.push(`group ${name} lags: ${lag} entries are not read yet (last-delivered-id ${delivered})`);
  }
  const added = entries?.added ?? null;
  const unread = added === null || read === null ? 0 : added - read - (hasReadToTheEnd ? 0 : (lag ?? 0));
  if (unread > 0 && (hasReadToTheEnd || entries?.length === 0)) {
    causes.push(
      `${unread} entries left stream ${stream} before group ${name} had read them: it was trimmed ` +
        `(entries-read ${read} of entries-added ${added}, last-delivered-id ${delivered}, last-generated-id ${entries?.lastId})`,
    );
  }
  const more = pending - pendingBefore;
  if (more > 0) {
    const [first] = left;
    const evidence =
      first === undefined
        ? ""
        : `; ${first.id} was given ${first.deliveries} times, last to ${first.consumer} ${first.idle} ms ago`;
    causes.push(
      `group ${name} has read ${more} entries and not acknowledged them${andBefore(pendingBefore)}${evidence}`,
    );
  }
  return causes;
}
