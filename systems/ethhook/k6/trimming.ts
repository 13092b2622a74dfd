import type { Client } from "k6/x/redis";
import { groupsOf } from "./streamhops.ts";

/**
 * Trims a stream to about `length` entries, but keeps entries that a consumer group has not acknowledged.
 *
 * @returns a warning when the stream stays longer than requested; null otherwise.
 */
export async function trimAcknowledged(redis: Client, stream: string, maxLength: number): Promise<string | null> {
  if (Number(await redis.sendCommand("XLEN", stream)) <= maxLength) return null;
  const groups = await groupsOf(redis, stream);
  if (groups.length === 0) return `MAXLEN=${maxLength}: stream ${stream} is not trimmed, no consumer group reads it`;
  let oldest: string | null = null;
  for (const { name, pending, delivered } of groups) {
    const summary = pending > 0 ? ((await redis.sendCommand("XPENDING", stream, name)) as unknown[]) : null;
    const needed = summary === null ? next(String(delivered)) : String(summary[1]);
    if (oldest === null || isBefore(needed, oldest)) oldest = needed;
  }
  await redis.sendCommand("XTRIM", stream, "MINID", "~", oldest as string);
  const length = Number(await redis.sendCommand("XLEN", stream));
  // Trimming with "~" removes whole nodes of the stream, of a hundred entries each by default.
  if (length <= maxLength + 200) return null;
  return `MAXLEN=${maxLength}: stream ${stream} keeps ${length} entries, its consumers have not acknowledged more`;
}

/** The smallest id after a delivered one: everything before it may be removed. */
function next(id: string): string {
  const [time, place] = id.split("-");
  return `${time}-${Number(place) + 1}`;
}

function isBefore(one: string, other: string): boolean {
  const [timeOne, placeOne] = one.split("-").map(Number) as [number, number];
  const [timeOther, placeOther] = other.split("-").map(Number) as [number, number];
  return timeOne < timeOther || (timeOne === timeOther && placeOne < placeOther);
}
