/** The reference pipeline when its parts die, and what its setup makes of a database. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Service } from "../../cli/service.ts";
import { setupEthhook } from "../../systems/ethhook/cli/setup.ts";
import type { EthhookPipeline } from "../../systems/ethhook/cli/start.ts";
import { logEvents } from "../../systems/ethhook/pipeline.ts";
import { beginRun, redisOf, runRedis, sql, startEthhookPipeline, withMisbehaviour } from "./ethhook-run.ts";

const THRESHOLDS_CROSSED = 99;
const STREAM = "events:11155111";
/** Long enough to kill something in the middle. */
const LOAD = { RATE: "1000", EVENTS: "3000", DRAIN_QUIET: "8s" };
/** The same events without a pace, and one sample of each ten for what is timed. */
const UNPACED = { RATE: "max", BATCH: "10", EVENTS: "1000" };

async function connected(pipeline: EthhookPipeline) {
  const client = await redisOf(pipeline);
  onTestFinished(() => client.destroy());
  return client;
}

describe("a pipeline whose parts are killed", () => {
  let pipeline: EthhookPipeline;
  let processor: Service;
  let worker: Service;
  const parts: Service[] = [];
  const startPart = async (part: "processor" | "worker") => {
    const service = await pipeline.startTarget("--part", part);
    parts.push(service);
    return service;
  };
  beforeAll(async () => {
    pipeline = await startEthhookPipeline(true);
  });
  beforeEach(async () => {
    processor = await startPart("processor");
    worker = await startPart("worker");
  });
  afterEach(async () => {
    await Promise.all(parts.splice(0).map((part) => part.kill()));
    await (await connected(pipeline)).flushAll();
  });
  afterAll(() => pipeline?.close());

  const half = (account: { delivered: number }) => account.delivered > 500;

  test("loses nothing when processor and worker are killed and started again", async () => {
    const run = beginRun(pipeline, LOAD);
    await run.until(half);
    await Promise.all([processor.kill(), worker.kill()]);
    await startPart("worker");
    await startPart("processor");
    await run.outcome;
    expect(await run.account()).toMatchObject({ ending: "complete", lost: 0, misrouted: 0, unreported: 0 });
  });

  const RESTARTED_RATE = 500;
  test("loses nothing of what a restarted Redis had acknowledged", async () => {
    const run = beginRun(pipeline, { ...LOAD, RATE: String(RESTARTED_RATE) });
    await run.until(half);
    await pipeline.redis.restart();
    const { exitCode } = await run.outcome;
    const account = await run.account();
    expect(account?.published).toBe(3_000);
    // An append-only file that is written once a second may lack what was acknowledged in the last one.
    expect(account?.lost).toBeLessThan(1.2 * RESTARTED_RATE);
    expect(account?.delivered).toBeGreaterThan(2_000);
    // What was not answered while it was away is refused or unknown, and either fails the run.
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
  });

  test("a worker that stays dead: the account says how many deliveries wait for it", async () => {
    const run = beginRun(pipeline, { ...LOAD, DRAIN_QUIET: "1s" });
    await run.until(half);
    await worker.kill();
    const { exitCode, stdout } = await run.outcome;
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    const account = await run.account();
    expect(account?.ending).toBe("quiet");
    expect(account?.lost).toBeGreaterThan(1_000);
    expect(account?.causes.join()).toMatch(/\d+ deliveries wait in delivery_queue/);
    expect(stdout).toContain("deliveries wait in delivery_queue");
  });

  test("a processor that stays dead: the account says how far its group lags", async () => {
    const run = beginRun(pipeline, { ...LOAD, DRAIN_QUIET: "1s" });
    await run.until(half);
    await processor.kill();
    const { exitCode } = await run.outcome;
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    expect((await run.account())?.causes.join()).toMatch(/group ethhook lags: \d+ entries are not read yet/);
  });

  test("a stream that is flushed in mid-run: the account says how many left it unread", async () => {
    const redis = await connected(pipeline);
    const run = beginRun(pipeline, { ...LOAD, DRAIN_QUIET: "2s" });
    await run.until(half);
    await processor.kill();
    await run.until(({ published }) => published > 2_000);
    await redis.del(STREAM);
    const { exitCode } = await run.outcome;
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    const account = await run.account();
    expect(account?.lost).toBeGreaterThan(1_000);
    expect(account?.causes.join()).toMatch(/acknowledged events are not in stream|no consumer group reads/);
  });
});

describe("a pipeline with a target", () => {
  let pipeline: EthhookPipeline;
  beforeAll(async () => {
    pipeline = await startEthhookPipeline();
    await pipeline.startTarget();
  });
  afterAll(() => pipeline?.close());

  test("malformed entries never cost it the good ones", async () => {
    const redis = await connected(pipeline);
    const good = logEvents({ seed: 1, unmatchedShare: 0 }).write({
      run: 1,
      publisher: 1,
      seq: 1,
      publishedAt: Date.now(),
    });
    const spoilt = [
      ["nonsense", "1"],
      good.map((value, place) => (good[place - 1] === "topics" ? "not JSON" : value)),
      good.map((value, place) => (good[place - 1] === "tx_hash" ? "0x12" : value)),
      good.slice(0, 8),
    ];
    let count = 0;
    const planting = setInterval(() => {
      void redis.sendCommand(["XADD", STREAM, "*", ...(spoilt[count++ % spoilt.length] ?? [])]);
    }, 10);
    const { exitCode, stdout, account } = await runRedis(pipeline, { RATE: "500", EVENTS: "1000" });
    clearInterval(planting);
    expect(account).toMatchObject({ published: 1_000, delivered: 1_000, lost: 0 });
    expect(exitCode, stdout).toBe(0);
    expect(count).toBeGreaterThan(100);
    await vi.waitFor(async () => expect(await redis.lLen("events:malformed")).toBe(count), 20_000);
  });

  test("a delivery that succeeds after retries is one delivery, with its attempts counted", async () => {
    const misbehaviour = { unavailable: 0.03, notFound: 0.03, dropped: 0.03 };
    const { account } = await withMisbehaviour(pipeline, misbehaviour, () =>
      // A later attempt waits for seconds, and after the sixth the sender gives up: strikes are few enough for neither.
      runRedis(pipeline, { EVENTS: "1000", DRAIN_QUIET: "15s" }),
    );
    expect(account).toMatchObject({ delivered: 1_000, lost: 0, duplicated: 0 });
    expect(account.webhooks?.misbehaved).toBeGreaterThan(80);
    expect(account.webhooks?.retried).toBeGreaterThan(60);
    expect(account.webhooks?.attempts).toBeGreaterThan(1_080);
  });

  test("setup can be repeated, and changes what is set up", async () => {
    const setup = { database: pipeline.postgres.url, receiverUrl: `${pipeline.receiver.url}/`, secret: "throughline" };
    const rows = () =>
      sql(
        pipeline,
        "select id, name, webhook_url, hmac_secret, contract_addresses, event_signatures from endpoints order by id",
      );
    const before = await rows();
    await setupEthhook({ ...setup, neverMatching: true });
    expect(await rows()).toEqual(before);
    expect(await setupEthhook({ ...setup, neverMatching: false })).toHaveLength(5);
    expect(await rows()).toHaveLength(5);
    await setupEthhook({ ...setup, neverMatching: true });
    expect(await rows()).toEqual(before);
  });

  test.each([
    ["alter table endpoints rename column hmac_secret to secret", "column endpoints.hmac_secret does not exist"],
    ["alter table endpoints alter column chain_ids type text using ''", "column endpoints.chain_ids is of type text"],
    ["alter table users add column tenant text not null", "column users.tenant has no default and may not be null"],
    ["drop table endpoints", "table endpoints does not exist"],
  ])("setup refuses a schema after: %s", async (change, message) => {
    // A database of its own, because the target goes on with the other.
    await sql(pipeline, "drop database if exists spoilt with (force)");
    await sql(pipeline, "create database spoilt");
    const database = pipeline.postgres.url.replace(/\/[^/]*$/, "/spoilt");
    const spoilt = { ...pipeline, postgres: { ...pipeline.postgres, url: database } };
    for (const statement of [...(await tablesOf(pipeline)), change]) await sql(spoilt, statement);
    const setup = { database, receiverUrl: "http://127.0.0.1:1", secret: "s", neverMatching: false };
    await expect(setupEthhook(setup)).rejects.toThrow(message);
  });
});

describe("planted faults are caught and named", () => {
  let pipeline: EthhookPipeline;
  beforeAll(async () => {
    pipeline = await startEthhookPipeline();
  });
  afterAll(() => pipeline?.close());

  test.each([
    ["drop=100", "account_lost"],
    ["duplicate=100", "account_duplicated"],
    ["misroute=100", "account_misrouted"],
    ["wrong-signature=100", "account_wrong_signatures"],
    ["delay=900", "account_delivery_mean_ms"],
  ])("%s crosses %s", async (fault, metric) => {
    const target = await pipeline.startTarget("--fault", fault, "--concurrency", "1000");
    try {
      // The planted delay is longer than any bound.
      const asked = { ...UNPACED, SLO_ACCOUNT_DELIVERY_MEAN_MS_VALUE: "500", DRAIN_QUIET: "2s" };
      const { exitCode, stdout } = await runRedis(pipeline, asked);
      expect(exitCode).toBe(THRESHOLDS_CROSSED);
      expect(stdout).toMatch(new RegExp(`- ${metric} \\(`));
    } finally {
      await target.stop();
    }
  });
});

async function tablesOf(pipeline: EthhookPipeline): Promise<string[]> {
  const columns = await sql(
    pipeline,
    `select table_name, string_agg(format('%I %s %s %s', column_name, case when data_type = 'ARRAY' then
        ltrim(udt_name, '_') || '[]' else udt_name end, case when is_nullable = 'NO' then 'not null' else '' end,
        coalesce('default ' || column_default, '') || case when column_name = 'id' then ' primary key' else '' end), ', ')
        as columns from information_schema.columns where table_schema = 'public' group by table_name`,
  );
  return columns.map(({ table_name, columns: list }) => `create table ${table_name} (${list})`);
}
