import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@redis/client";
import { Client } from "pg";
import type { Account } from "../../core/account.ts";
import { type EthhookPipeline, startEthhookPipeline as start } from "../../systems/ethhook/cli/start.ts";
import { type K6Outcome, root, runBundle } from "./k6.ts";
import { withLogs } from "./logs.ts";
import { untimed } from "./untimed.ts";

const DEADLINE_MS = 60_000;

/** Starts a pipeline whose logs are deleted with it; its target is not started yet. */
export function startEthhookPipeline(
  persistent = false,
  receiverFlags: readonly string[] = [],
): Promise<EthhookPipeline> {
  return withLogs((logs) => start(root, logs, persistent, receiverFlags));
}

let runs = 0;

/** A run under way. */
export interface RedisRun {
  readonly id: string;
  readonly outcome: Promise<K6Outcome>;
  /** The current account; null before the run is opened. */
  account(): Promise<Account | null>;
  /** Waits for a state of the account. */
  until(holds: (account: Account) => boolean): Promise<Account>;
}

/** Starts redis.js with a pipeline. */
export function beginRun({ redis, receiver }: EthhookPipeline, variables: Record<string, string> = {}): RedisRun {
  const id = `redis-${process.pid}-${++runs}`;
  const account = async () => {
    const answer = await fetch(`${receiver.url}/runs/${id}`);
    return answer.ok ? ((await answer.json()) as Account) : null;
  };
  return {
    id,
    account,
    outcome: runBundle(
      "redis",
      untimed("redis", {
        RUN_ID: id,
        REDIS_URL: redis.url,
        RECEIVER_URL: receiver.url,
        DRAIN_QUIET: "2s",
        CANARY_TIMEOUT: "20s",
        ...variables,
      }),
    ),
    until: async (holds) => {
      for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(50)) {
        const now = await account();
        if (now !== null && holds(now)) return now;
      }
      throw new Error(`run ${id}: what was waited for did not come: ${JSON.stringify(await account())}`);
    },
  };
}

/** Runs redis.js to its end. */
export async function runRedis(pipeline: EthhookPipeline, variables: Record<string, string> = {}) {
  const run = beginRun(pipeline, variables);
  const outcome = await run.outcome;
  return { ...outcome, account: (await run.account()) as Account };
}

/** A connection to a pipeline's Redis. */
export async function redisOf({ redis }: EthhookPipeline) {
  const client = createClient({ url: redis.url });
  // Tests stop Redis on purpose; commands then fail by themselves.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Runs a statement in a pipeline's database. */
export async function sql({ postgres }: EthhookPipeline, statement: string, values: unknown[] = []) {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Answers every webhook in a given way while `work` runs. */
export async function withMisbehaviour<Result>(
  { receiver }: EthhookPipeline,
  settings: Record<string, number>,
  work: () => Promise<Result>,
): Promise<Result> {
  const misbehave = (body: object) =>
    fetch(`${receiver.url}/misbehaviour`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  await misbehave(settings);
  try {
    return await work();
  } finally {
    await misbehave({});
  }
}
