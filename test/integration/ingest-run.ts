import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@redis/client";
import { Client } from "pg";
import type { Account } from "../../core/account.ts";
import { type IngestPipeline, startIngestPipeline as start } from "../../systems/ingestor/cli/start.ts";
import { type K6Outcome, root, runBundle } from "./k6.ts";
import { withLogs } from "./logs.ts";
import { untimed } from "./untimed.ts";

const DEADLINE_MS = 60_000;

/** Starts an ingestor whose logs are deleted with it; it has no worker yet. */
export function startIngestPipeline(receiverFlags: readonly string[] = []): Promise<IngestPipeline> {
  return withLogs((logs) => start(root, logs, [], receiverFlags));
}

let runs = 0;

/** A run under way. */
export interface IngestRun {
  readonly id: string;
  readonly outcome: Promise<K6Outcome>;
  account(): Promise<Account | null>;
  /** Waits for a state of the account. */
  until(holds: (account: Account) => boolean): Promise<Account>;
}

/** These tests are about where messages are, not how fast: other load on this machine must not decide them. */
const PATIENT = {
  DRAIN_QUIET: "1s",
  BUFFER_TIMEOUT: "5s",
  CANARY_TIMEOUT: "10s",
  SLO_SCHEDULE_DELAY_MS_P95: "5000",
  SLO_INGEST_ACCEPTED_LATENCY_MS_AVG: "5000",
  SLO_INGEST_ACCEPTED_LATENCY_MS_P95: "5000",
  SLO_ACCOUNT_ACKNOWLEDGED_PER_SECOND_VALUE: "10",
  SLO_ACCOUNT_INSERT_P95_MS_VALUE: "30000",
  SLO_ACCOUNT_INSERT_P99_MS_VALUE: "30000",
};

/** Two seconds of load, enough for every sample floor. */
const SHORT = { ...PATIENT, RATE: "250", EVENTS: "600" };

/** A closed model is never late. */
const { SLO_SCHEDULE_DELAY_MS_P95: _, ...CLOSED } = PATIENT;

/** The messages of a short run, each sent as soon as one of those before it is answered. */
export const CROWD = { CONCURRENCY: "50", MESSAGES: "600", SLO_ACCOUNT_BACKLOG_GROWTH_VALUE: "off" };

/** Hostile inputs have no latency objectives. */
const HOSTILE = { DRAIN_QUIET: "1s", SLO_SCHEDULE_DELAY_MS_P95: "5000", RATE: "60", EVENTS: "122" };

/** Starts ingest.js against a pipeline. */
export function beginRun({ api, receiver }: IngestPipeline, variables: Record<string, string> = {}): IngestRun {
  const id = `ingest-${process.pid}-${++runs}`;
  const account = () => accountOf(receiver.url, id);
  const addresses = { RUN_ID: id, INGEST_URL: api.url, RECEIVER_URL: receiver.url };
  const usual = variables["SCENARIO"] === "hostile" ? HOSTILE : "CONCURRENCY" in variables ? CLOSED : SHORT;
  return {
    id,
    account,
    outcome: runBundle("ingest", untimed("ingest", { ...addresses, ...usual, ...variables })),
    until: async (holds) => {
      for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(50)) {
        const now = await account();
        if (now !== null && holds(now)) return now;
      }
      throw new Error(`run ${id}: what was waited for did not come: ${JSON.stringify(await account())}`);
    },
  };
}

/** Runs ingest.js to its end. */
export async function runIngest(pipeline: IngestPipeline, variables: Record<string, string> = {}) {
  const run = beginRun(pipeline, variables);
  const outcome = await run.outcome;
  return { ...outcome, account: (await run.account()) as Account };
}

/** A receiver's account of a run; null when it does not know the run. */
export async function accountOf(receiver: string, run: string): Promise<Account | null> {
  const answer = await fetch(`${receiver}/runs/${run}`);
  return answer.ok ? ((await answer.json()) as Account) : null;
}

/** Runs `work` with a connection to a pipeline's Redis. */
export async function withRedis<Result>(
  { redis }: IngestPipeline,
  work: (client: ReturnType<typeof createClient>) => Promise<Result>,
): Promise<Result> {
  const client = createClient({ url: redis.url });
  await client.connect();
  try {
    return await work(client as ReturnType<typeof createClient>);
  } finally {
    client.destroy();
  }
}

/** Runs `work` with a connection to a pipeline's database. */
export async function withDatabase<Result>(
  { postgres }: IngestPipeline,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
