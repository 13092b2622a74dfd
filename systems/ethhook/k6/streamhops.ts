import { sleep } from "k6";
import type { Client } from "k6/x/redis";
import type { Hops, Group as KnownGroup, PendingEntries } from "../../../core/hops.ts";

/** Most entries of a group that are examined. */
const MOST_LEFT = 1_000;
/** An entry that is pending for this long is not in progress. */
const LOOK_AGAIN_MS = 2_500;
const LOOK_EVERY_S = 0.25;

/** Reads where events are: the stream, its groups, and the lists behind it. */
export async function readHops(redis: Client, stream: string, queues: readonly string[]): Promise<Hops> {
  const lengths: Record<string, number> = {};
  for (const queue of queues) lengths[queue] = await lengthOf(redis, queue);
  const server = await serverOf(redis);
  if ((await redis.sendCommand("TYPE", stream)) !== "stream") {
    return { stream, entries: null, groups: [], queues: lengths, server };
  }
  const info = fields(await redis.sendCommand("XINFO", "STREAM", stream));
  const added = countOf(info["entries-added"]);
  const groups = await groupsOf(redis, stream);
  return {
    stream,
    entries: { length: Number(info["length"]), added, lastId: String(info["last-generated-id"]) },
    groups,
    queues: lengths,
    server,
  };
}

/**
 * Reads where events are at the end, and which entries of the load stay pending. Entries in progress are acknowledged
 * soon, so it reads until none is left or that time is over.
 *
 * @param before the reading from before the load.
 */
export async function readHopsLeft(redis: Client, before: Hops, queues: readonly string[]): Promise<Hops> {
  const { stream } = before;
  const since = before.entries?.lastId ?? "0-0";
  const left = new Map<string, readonly PendingEntries[]>();
  for (let waited = 0; waited <= LOOK_AGAIN_MS; waited += LOOK_EVERY_S * 1000) {
    let isAny = false;
    for (const { name } of (await readHops(redis, stream, [])).groups) {
      const pending = await pendingSince(redis, stream, name, since);
      const stayed = left.get(name)?.filter(({ id }) => pending.some((other) => other.id === id));
      left.set(
        name,
        stayed === undefined ? pending : pending.filter(({ id }) => stayed.some((other) => other.id === id)),
      );
      isAny ||= (left.get(name) ?? []).length > 0;
    }
    if (!isAny) break;
    sleep(LOOK_EVERY_S);
  }
  const after = await readHops(redis, stream, queues);
  return { ...after, groups: after.groups.map((group) => ({ ...group, left: [...(left.get(group.name) ?? [])] })) };
}

async function pendingSince(redis: Client, stream: string, group: string, since: string): Promise<PendingEntries[]> {
  const rows = (await redis.sendCommand("XPENDING", stream, group, since, "+", MOST_LEFT)) as unknown[][];
  return rows
    .map(([id, consumer, idle, deliveries]) => ({
      id: String(id),
      consumer: String(consumer),
      idle: Number(idle),
      deliveries: Number(deliveries),
    }))
    .filter(({ id }) => id !== since);
}

/** Reads the groups of a stream. */
export async function groupsOf(redis: Client, stream: string): Promise<KnownGroup[]> {
  const groups = (await redis.sendCommand("XINFO", "GROUPS", stream)) as unknown[];
  return groups.map(fields).map((group) => ({
    name: String(group["name"]),
    pending: Number(group["pending"]),
    lag: countOf(group["lag"]),
    read: countOf(group["entries-read"]),
    delivered: String(group["last-delivered-id"]),
    left: [],
  }));
}

const LENGTH_COMMANDS: Readonly<Record<string, string>> = {
  list: "LLEN",
  zset: "ZCARD",
  set: "SCARD",
  hash: "HLEN",
  stream: "XLEN",
};

async function lengthOf(redis: Client, key: string): Promise<number> {
  const command = LENGTH_COMMANDS[String(await redis.sendCommand("TYPE", key))];
  return command === undefined ? 0 : Number(await redis.sendCommand(command, key));
}

/** The id of one run of the server; null without permission to ask. */
async function serverOf(redis: Client): Promise<string | null> {
  const info = await redis.sendCommand("INFO", "server").catch(() => null);
  return /run_id:(\w+)/.exec(String(info))?.[1] ?? null;
}

/** The answers of XINFO: alternating names and values, because the client speaks RESP 2. */
function fields(answer: unknown): Readonly<Record<string, unknown>> {
  const words = answer as readonly unknown[];
  const pairs: [string, unknown][] = [];
  for (let at = 0; at < words.length; at += 2) pairs.push([String(words[at]), words[at + 1]]);
  return Object.fromEntries(pairs);
}

function countOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
