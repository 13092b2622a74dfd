import type { Client } from "k6/x/redis";
import type { Hops } from "../../../core/hops.ts";

/** Reads where events stand: the stream, the groups that read it, and what waits behind it. */
export async function readHops(redis: Client, stream: string, queues: readonly string[]): Promise<Hops> {
  const lengths: Record<string, number> = {};
  for (const queue of queues) lengths[queue] = await lengthOf(redis, queue);
  if ((await redis.sendCommand("TYPE", stream)) !== "stream") {
    return { stream, entries: null, groups: [], queues: lengths };
  }
  const info = fields(await redis.sendCommand("XINFO", "STREAM", stream));
  const groups = await groupsOf(redis, stream);
  return {
    stream,
    entries: { length: Number(info["length"]), added: countOf(info["entries-added"]) },
    groups: groups.map(({ name, pending, lag, read }) => ({ name, pending, lag, read })),
    queues: lengths,
  };
}

/** A consumer group of a stream: where it stands, and the id of the last entry that was delivered to it. */
export type Group = Hops["groups"][number] & { readonly delivered: string };

/** Reads the groups of a stream. */
export async function groupsOf(redis: Client, stream: string): Promise<Group[]> {
  const groups = (await redis.sendCommand("XINFO", "GROUPS", stream)) as unknown[];
  return groups.map(fields).map((group) => ({
    name: String(group["name"]),
    pending: Number(group["pending"]),
    lag: countOf(group["lag"]),
    read: countOf(group["entries-read"]),
    delivered: String(group["last-delivered-id"]),
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

/** The answers of XINFO: names and values in turn, because the client speaks RESP 2. */
function fields(answer: unknown): Readonly<Record<string, unknown>> {
  const words = answer as readonly unknown[];
  const pairs: [string, unknown][] = [];
  for (let at = 0; at < words.length; at += 2) pairs.push([String(words[at]), words[at + 1]]);
  return Object.fromEntries(pairs);
}

function countOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
