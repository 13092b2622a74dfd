/** redis.js against the reference pipeline, on a real redis-server and a real PostgreSQL. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { EthhookPipeline } from "../../systems/ethhook/cli/start.ts";
import { TOPICS } from "../../systems/ethhook/sepolia.ts";
import { FIELDS } from "../../systems/ethhook/wire.ts";
import { beginRun, redisOf, runRedis, sql, startEthhookPipeline, withMisbehaviour } from "./ethhook-run.ts";

const THRESHOLDS_CROSSED = 99;
const ABORTED = 108;
const STREAM = "events:11155111";

let pipeline: EthhookPipeline;
beforeAll(async () => {
  pipeline = await startEthhookPipeline();
  await pipeline.startTarget();
});
afterAll(() => pipeline?.close());

type RedisClient = Awaited<ReturnType<typeof redisOf>>;

async function withRedis<Result>(work: (redis: RedisClient) => Promise<Result>): Promise<Result> {
  const client = await redisOf(pipeline);
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

/** A thousand events without a pace, and one sample of each ten for what is timed. */
const UNPACED = { RATE: "max", BATCH: "10", EVENTS: "1000" };

/** Waits until the target has read its endpoints, which it does twice a second. */
async function endpointsRead(): Promise<void> {
  const [moment] = await sql(pipeline, "select clock_timestamp()::text as at");
  const reads =
    "select from pg_stat_activity where pid <> pg_backend_pid() and state = 'idle' " +
    "and query like '%from endpoints order by id' and query_start > $1::timestamptz";
  await vi.waitFor(async () => expect(await sql(pipeline, reads, [moment?.["at"]])).toHaveLength(1), 10_000);
}

describe("a healthy pipeline", () => {
  test("smoke: 1,000 published are 1,000 accounted for", async () => {
    const { exitCode, stdout, account } = await runRedis(pipeline, { SCENARIO: "smoke" });
    expect(account).toMatchObject({ ending: "complete", published: 1_000, acknowledged: 1_000 });
    expect(account).toMatchObject({ expected: 1_000, delivered: 1_000, lost: 0, duplicated: 0, misrouted: 0 });
    expect(account.webhooks).toMatchObject({ attempts: 1_000, wrongSignatures: 0, damaged: 0, strays: 0 });
    expect(stdout).toMatch(/latency (PASS|FAIL): mean .+, must be < \S+ ms/);
    expect(stdout).toMatch(/throughput (EXCELLENT|GOOD|NEEDS IMPROVEMENT)/);
    expect(exitCode, stdout).toBe(0);
  });

  test("events that nobody wants are skipped as designed", async () => {
    const { exitCode, stdout, account } = await runRedis(pipeline, {
      ...UNPACED,
      UNMATCHED_SHARE: "0.3",
      ENDPOINTS: "usdc-transfers,weth-events,dai-transfers,link-transfers,uniswap-swaps,matches-nothing",
    });
    expect(account.published).toBe(1_000);
    expect(account.expected).toBeGreaterThan(600);
    expect(account.expected).toBeLessThan(800);
    expect(account).toMatchObject({ delivered: account.expected, lost: 0, misrouted: 0, paths: 6 });
    expect(account.webhooks?.endpoints.find(({ path }) => path === "matches-nothing")).toMatchObject({ expected: 0 });
    expect(exitCode, stdout).toBe(0);
  });

  test.each([
    [{ EVENTS: "777", RATE: "1000" }, 777],
    [{ EVENTS: "1003", RATE: "max", BATCH: "10" }, 1_003],
  ])("exactly so many events are sent with %j", async (variables, events) => {
    const { exitCode, account, stdout } = await runRedis(pipeline, variables);
    expect(account).toMatchObject({ published: events, delivered: events, lost: 0 });
    expect(exitCode, stdout).toBe(0);
  });

  test("both ways of adding write the same entries", async () => {
    await withRedis((redis) => redis.del(["paced", "batched"]));
    const variables = { RECEIVER_URL: "none", RUN_ID: "same", EVENTS: "250" };
    await runRedis(pipeline, { ...variables, STREAM: "paced", RATE: "2000", WORKERS: "1", BATCH: "250" });
    await runRedis(pipeline, { ...variables, STREAM: "batched", RATE: "max", WORKERS: "1", BATCH: "70" });
    const [paced, batched] = await withRedis((redis) =>
      Promise.all(["paced", "batched"].map(async (stream) => sorted((await redis.xRange(stream, "-", "+")) ?? []))),
    );
    expect(paced).toHaveLength(250);
    expect(Object.keys(paced?.[0] ?? {})).toEqual(FIELDS);
    expect(batched).toEqual(paced);
  });

  test("a run straight after an overloaded one counts nothing of it", async () => {
    // 50 deliveries at a time that take 200 ms each are 250 a second: in ten seconds most of them are still to come.
    const overload = { EVENTS: "14000", RATE: "max", DRAIN_TIMEOUT: "1s", DRAIN_QUIET: "500ms" };
    const first = await withMisbehaviour(pipeline, { delay: 200 }, () => runRedis(pipeline, overload));
    expect(first.exitCode).toBe(THRESHOLDS_CROSSED);
    expect(first.account.lost).toBeGreaterThan(10_000);
    const second = await runRedis(pipeline, { EVENTS: "200", RATE: "500", DRAIN_TIMEOUT: "40s", DRAIN_QUIET: "30s" });
    expect(second.account).toMatchObject({ published: 200, expected: 200, delivered: 200, lost: 0, unreported: 0 });
    expect(second.account).toMatchObject({ duplicated: 0, misrouted: 0 });
    expect(second.account.webhooks).toMatchObject({ attempts: 200 });
  });

  test("a second run of the same name is turned away, and sends nothing", async () => {
    const first = beginRun(pipeline, { EVENTS: "20", RATE: "20" });
    await first.outcome;
    const settled = await first.account();
    expect(settled).toMatchObject({ ending: "complete", delivered: 20 });
    const { exitCode, stdout, errors } = await runRedis(pipeline, { RUN_ID: first.id });
    expect(exitCode).toBe(ABORTED);
    expect(stdout).toContain("INVALID  redis");
    expect(errors.filter((line) => line.includes(`run ${first.id} is settled; take another RUN_ID`))).toHaveLength(1);
    expect(await first.account()).toEqual(settled);
  });

  test.each([0, 200, 400, 600, 800])("the verdict is the same when it starts %i ms into a second", async (phase) => {
    await pause((1_000 + phase - (Date.now() % 1_000)) % 1_000);
    const { exitCode, account, stdout } = await runRedis(pipeline, {
      EVENTS: "20",
      RATE: "max",
      BATCH: "1",
      // 20 events are too few for a percentile; the mean is what the whole second would falsify.
      SLO_PUBLISH_ACK_LATENCY_MS_P95: "off",
      SLO_ACCOUNT_DELIVERY_MEAN_MS_VALUE: "500",
    });
    expect(account).toMatchObject({ expected: 20, delivered: 20, lost: 0 });
    expect(exitCode, stdout).toBe(0);
  });
});

describe("what is missing is named with its cause", () => {
  test("an endpoint with a Solidity signature instead of a topic hash", async () => {
    const change = "update endpoints set event_signatures = $1 where name = 'usdc-transfers'";
    await sql(pipeline, change, [["Transfer(address,address,uint256)"]]);
    try {
      await endpointsRead();
      const { exitCode, stdout, account } = await runRedis(pipeline, { ...UNPACED, CANARY_TIMEOUT: "2s" });
      expect(exitCode, stdout).toBe(THRESHOLDS_CROSSED);
      expect(account.offenders.map(({ path }) => path)).toEqual(["usdc-transfers"]);
      expect(stdout).toContain("FAIL  redis");
      expect(stdout).toContain("endpoint usdc-transfers matched nothing");
    } finally {
      await sql(pipeline, change, [[TOPICS.transfer]]);
    }
  });

  test("no endpoint matches at all: no load is sent", async () => {
    await sql(pipeline, "update endpoints set is_active = false");
    try {
      await endpointsRead();
      const { exitCode, errors } = await runRedis(pipeline, { CANARY_TIMEOUT: "2s" });
      expect(exitCode).toBe(ABORTED);
      expect(errors.join()).toContain("no endpoint matches");
    } finally {
      await sql(pipeline, "update endpoints set is_active = true");
    }
  });

  test("a stream that no consumer group reads", async () => {
    const { exitCode, errors } = await runRedis(pipeline, { STREAM: "events:unread", CANARY_TIMEOUT: "1s" });
    expect(exitCode).toBe(ABORTED);
    expect(errors.join()).toContain("no consumer group reads stream events:unread");
  });

  test("a group that is made when the first canaries are there: how many were needed, and what that means", async () => {
    const STREAM = "events:late";
    const run = beginRun(pipeline, { ...UNPACED, STREAM, CANARY_TIMEOUT: "20s" });
    await vi.waitFor(async () => expect(await withRedis((redis) => redis.xLen(STREAM))).toBeGreaterThan(0), 20_000);
    const late = await pipeline.startTarget("--stream", STREAM, "--name", "late");
    const { exitCode, stdout, log } = await run.outcome;
    await late.stop();
    expect(log).toMatch(/no consumer group read stream events:late when the first of \d+ canaries was added/);
    expect(stdout).toMatch(
      /note +\d+ canaries were sent until every endpoint had one; .*; no consumer group was there/,
    );
    expect(exitCode, stdout).toBe(0);
  });

  test("a receiver that is down: no load is sent", async () => {
    const { exitCode, stdout, errors } = await runRedis(pipeline, { RECEIVER_URL: "http://127.0.0.1:1" }).catch(() => ({
      exitCode: -1,
      stdout: "",
      errors: [],
    }));
    expect(exitCode).toBe(ABORTED);
    expect(stdout).toContain("INVALID  redis");
    expect(errors.join()).toContain("cannot open run");
  });

  test("Redis that is down: no load is sent", async () => {
    const { exitCode, errors } = await runRedis(pipeline, { REDIS_URL: "redis://127.0.0.1:1" });
    expect(exitCode).toBe(ABORTED);
    expect(errors.join()).toContain("cannot reach Redis");
  });

  test("signatures with another secret", async () => {
    await sql(pipeline, "update endpoints set hmac_secret = 'other', max_retries = 0");
    try {
      await endpointsRead();
      const { exitCode, errors } = await runRedis(pipeline, { CANARY_TIMEOUT: "2s" });
      expect(exitCode).toBe(ABORTED);
      expect(errors.join()).toContain("their signature is wrong");
    } finally {
      await sql(pipeline, "update endpoints set hmac_secret = 'throughline', max_retries = 5");
      await withRedis((redis) => redis.del("delivery_queue:dead"));
    }
  });
});

describe("trimming", () => {
  test("never cuts off what is not acknowledged, and says so", async () => {
    await withRedis(async (redis) => {
      await redis.del("trimmed");
      await redis.xGroupCreate("trimmed", "slow", "0", { MKSTREAM: true });
    });
    const variables = { RECEIVER_URL: "none", STREAM: "trimmed", MAXLEN: "100", RATE: "1000", EVENTS: "3000" };
    await runRedis(pipeline, variables);
    expect(await withRedis((redis) => redis.xLen("trimmed"))).toBe(3_000);
  });

  test("cuts off what every group has acknowledged", async () => {
    const { account, exitCode, stdout } = await runRedis(pipeline, { MAXLEN: "100", RATE: "200", EVENTS: "1000" });
    expect(account).toMatchObject({ delivered: 1_000, lost: 0 });
    expect(exitCode, stdout).toBe(0);
    expect(await withRedis((redis) => redis.xLen(STREAM))).toBeLessThan(750);
  });
});

/** Entries in the order of their events, without what depends on when and by whom they were sent. */
function sorted(entries: readonly { readonly message: Record<string, string> }[]): readonly Record<string, string>[] {
  return entries
    .map(({ message }) => ({ ...message, tx_hash: message["tx_hash"]?.slice(40, 48) ?? "", timestamp: "" }))
    .sort((one, other) => (one.tx_hash < other.tx_hash ? -1 : 1));
}
