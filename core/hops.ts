/** Where events are in a pipeline of Redis streams and lists, and what that says about missing ones. */
import type { Account } from "./account.ts";
import type { Group, Hops, HopsReport } from "./hopsreport.ts";

export type { Group, Hops, HopsReport, PendingEntries } from "./hopsreport.ts";

/** Whether nothing is waiting except what waited at the first reading. */
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

/** Merges the readings of two publishers of one run: the earliest from before, the latest from after. */
export function mergeHops(one: HopsReport, other: HopsReport): HopsReport {
  const added = ({ entries }: Hops) => entries?.added ?? 0;
  return {
    before: added(one.before) <= added(other.before) ? one.before : other.before,
    after: other.after,
  };
}

/** Entries of the load that a group kept pending from the first reading after the drain to the last. */
export function leftPending({ after }: HopsReport): number {
  return after.groups.reduce((sum, { left }) => sum + left.length, 0);
}

/**
 * Says where the pipeline holds, lost or duplicated events, judged by its stream and lists alone.
 *
 * @param account null before anything was published.
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
  const why = restarted ? "Redis was restarted in between" : "it was deleted or flushed in between";
  if (entries === null) return [`stream ${stream} is gone: ${why}`];
  if (entries.added === null) return [];
  const earlier = before.entries?.added ?? 0;
  const added = entries.added - earlier;
  if (added < acknowledged) {
    return [
      `stream ${stream} was recreated, or lost its end: it counts ${entries.added} entries ever added, ` +
        `with ${earlier} from before the load and ${acknowledged} acknowledged since; ${why}`,
    ];
  }
  if (added <= published) return [];
  const more = `stream ${stream} took ${added} entries (entries-added) where ${published} were published`;
  return [
    duplicated > 0
      ? `${more}: events were added more than once, or by others; the pipeline did not cause duplicates in its stream`
      : `${more}: others add to it, too`,
  ];
}

function explainGroup({ stream, entries }: Hops, group: Group, pendingBefore: number): string[] {
  const { name, lag, pending, read, delivered, left } = group;
  const causes: string[] = [];
  const hasReadToTheEnd = delivered !== null && delivered === entries?.lastId;
  // A trimmed stream shows as lag: the removed entries can never be read.
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
