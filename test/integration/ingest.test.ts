/** ingest.js against the reference ingestor, on a real redis-server and a real PostgreSQL. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import { runNumber } from "../../core/trace.ts";
import type { IngestPipeline } from "../../systems/ingestor/cli/start.ts";
import { message } from "../../systems/ingestor/wire.ts";
import { accountOf, beginRun, CROWD, runIngest, startIngestPipeline, withDatabase, withRedis } from "./ingest-run.ts";
import { root, runBundle } from "./k6.ts";
import { redirectingTarget } from "./redirecting.ts";

const THRESHOLDS_CROSSED = 99;
const ABORTED = 108;
const EVENTS = 600;

let pipeline: IngestPipeline;
beforeAll(async () => {
  pipeline = await startIngestPipeline();
});
afterAll(() => pipeline?.close());

let workers: Service[] = [];
async function startWorker(...flags: string[]): Promise<Service> {
  const worker = await pipeline.startWorker("--batch-timeout", "300", ...flags);
  workers.push(worker);
  return worker;
}

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
  await withRedis(pipeline, (redis) => redis.flushAll());
});

/** Every message acknowledged, stored once and as it was sent. */
const WHOLE = { published: EVENTS, acknowledged: EVENTS, expected: EVENTS, delivered: EVENTS, lost: 0, duplicated: 0 };
const SOUND = { rows: EVENTS, damaged: 0, vanished: 0, shortfall: 0, problem: null };

describe("a healthy ingestor", () => {
  test("stores every message once and as it was sent", async () => {
    await startWorker();
    const { exitCode, stdout, account } = await runIngest(pipeline);
    expect(account).toMatchObject({ ending: "complete", ...WHOLE, unreported: 0 });
    expect(account.storage).toMatchObject({ ...SOUND, queue: { pending: 0, buffered: 0 } });
    expect(account.storage?.readings).toBeGreaterThan(3);
    expect(account.storage?.worker["total_messages"]).toBeGreaterThanOrEqual(EVENTS);
    expect(account.storage?.insertion.samples).toBe(EVENTS);
    expect(stdout).toContain("PASS  ingest, scenario smoke");
    expect(stdout).toContain(`open model: ${EVENTS} messages`);
    await withDatabase(pipeline, async (database) => {
      const [, remedy = ""] = /(DELETE FROM messages WHERE content LIKE '[^']+')/.exec(stdout) ?? [];
      const { rowCount } = await database.query(remedy);
      // Three canaries at most stay beside the messages.
      expect(rowCount).toBeGreaterThan(EVENTS);
      expect(rowCount).toBeLessThanOrEqual(EVENTS + 3);
    });
    expect(exitCode, stdout).toBe(0);
  });

  test("loses nothing when its worker is killed in mid-run, and when the next one is stopped", async () => {
    const first = await startWorker();
    const run = beginRun(pipeline, { RATE: "150", DRAIN_QUIET: "8s" });
    await run.until(({ delivered }) => delivered > 100);
    await first.kill();
    const second = await startWorker();
    await run.until(({ delivered }) => delivered > 350);
    await second.stop();
    await startWorker();
    const { exitCode, stdout } = await run.outcome;
    expect(await run.account()).toMatchObject({ ending: "complete", ...WHOLE, storage: SOUND });
    expect(exitCode, stdout).toBe(0);
  });

  test("puts a message that cannot be read aside", async () => {
    await startWorker();
    const run = beginRun(pipeline);
    await run.until(({ delivered }) => delivered > 100);
    await withRedis(pipeline, (redis) => redis.rPush("pending_messages", "poison"));
    const { exitCode, stdout } = await run.outcome;
    expect(await run.account()).toMatchObject(WHOLE);
    expect(await withRedis(pipeline, (redis) => redis.lRange("pending_messages:dead", 0, -1))).toEqual(["poison"]);
    expect(exitCode, stdout).toBe(0);
  });

  test("has as many messages under way as a closed model asks for", async () => {
    await startWorker();
    const api = await pipeline.startApi("--fault", "slow=1000");
    const variables = {
      SCENARIO: "extreme",
      CONCURRENCY: "500",
      MESSAGES: "1500",
      SLO_ACCOUNT_BACKLOG_GROWTH_VALUE: "off",
    };
    const { account, exitCode, stdout } = await runIngest({ ...pipeline, api }, variables);
    const health = (await (await fetch(`${api.url}/health`)).json()) as { requests: { peak: number; total: number } };
    await api.stop();
    expect(health.requests.peak).toBe(500);
    expect(account).toMatchObject({ published: 1_500, acknowledged: 1_500, delivered: 1_500, lost: 0, duplicated: 0 });
    expect(stdout).toContain("closed model: 1,500 messages, 500 under way at any time");
    expect(exitCode, stdout).toBe(0);
  });

  test("is given up after a second in which its address is answered 404", async () => {
    const api = { ...pipeline.api, url: `${pipeline.api.url}/elsewhere` };
    // As long as the wait would last; the test has no more time than that.
    const { exitCode, log } = await runIngest({ ...pipeline, api }, { CANARY_TIMEOUT: "10m" });
    expect(log).toMatch(
      /no canary could be sent: POST \S+\/elsewhere\/messages is answered with status 404: is INGEST_URL/,
    );
    expect(exitCode).toBe(ABORTED);
  });

  test("takes or refuses hostile input, and stores what it takes", async () => {
    await startWorker();
    const { exitCode, stdout, log, account } = await runIngest(pipeline, { SCENARIO: "hostile" });
    for (const said of [log, stdout]) expect(said).toContain("what it sends may stop a worker for good");
    expect(account.acknowledged).toBeGreaterThan(25);
    expect(account.refused).toBeGreaterThan(75);
    expect(account).toMatchObject({ lost: 0, delivered: account.acknowledged, duplicated: 0 });
    expect(exitCode, stdout).toBe(0);
  });
});

/** A receiver that passes everything on to another, but for the first report of what was published. */
async function forgetfulReceiver(receiver: string): Promise<string> {
  let forgotten = false;
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!forgotten && request.url?.endsWith("/published")) {
      forgotten = true;
      answer.writeHead(503).end();
      return;
    }
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const headers = { "Content-Type": "application/json" };
    const passed = await fetch(`${receiver}${request.url}`, { method: request.method as string, headers, ...body });
    answer.writeHead(passed.status, headers).end(await passed.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a report that the receiver does not take fails the script, and the run ends with its load", async () => {
  await startWorker();
  const RECEIVER_URL = await forgetfulReceiver(pipeline.receiver.url);
  const { stdout, account } = await runIngest(pipeline, { RECEIVER_URL, MESSAGES: "1000", CONCURRENCY: "20" });
  expect(account.published).toBe(900);
  expect(stdout).toMatch(/^INVALID {2}ingest/m);
  expect(stdout).toMatch(/script_errors \(.*\): 1, must be count == 0/s);
  expect(stdout).toMatch(/script_errors \([^)]*\): 1, must be count == 0\s+seen: exception http/);
});

describe("a defect is found, and named", () => {
  /** A run that must fail, and the lines that say why. */
  async function failing(run: Promise<{ exitCode: number | undefined; stdout: string }>, criterion: string) {
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    expect(stdout).toContain("FAIL  ingest");
    expect(stdout).toMatch(new RegExp(`MISSED +ingest +${criterion} `));
    return stdout;
  }

  test("worker dead", async () => {
    const run = beginRun(pipeline, { ...CROWD, CANARY_TIMEOUT: "1s" });
    const stdout = await failing(run.outcome, "account_open");
    expect(stdout).toMatch(/6\d\d messages wait in the pending list: no worker takes them/);
    expect(await run.account()).toMatchObject({
      acknowledged: EVENTS,
      lost: 0,
      open: EVENTS,
      ending: "held",
      storage: { shortfall: 0 },
    });
  });

  test("an API that sends messages elsewhere, where nobody follows it", async () => {
    await startWorker();
    const target = await redirectingTarget(() => true);
    const api = { ...pipeline.api, url: target.url };
    const { exitCode, stdout } = await beginRun({ ...pipeline, api }, { ...CROWD, CANARY_TIMEOUT: "1s" }).outcome;
    expect(target.posted(), stdout).toBeGreaterThan(0);
    expect(target.followed).toEqual([]);
    expect(exitCode, stdout).toBe(ABORTED);
  });

  test("worker loses its buffer when it is stopped", async () => {
    const flags = ["--batch-size", "1000", "--batch-timeout", "3000"];
    const worker = await startWorker("--fault", "lose-buffer", ...flags);
    // Slow enough to find it part filled, and long enough for what is missing to have been missing for ten seconds.
    const run = beginRun(pipeline, { RATE: "30", EVENTS: "450" });
    await run.until(({ acknowledged }) => acknowledged > 50);
    await withRedis(pipeline, (redis) =>
      vi.waitFor(async () => {
        const buffered = Number(await redis.get("worker_buffer_size"));
        expect(buffered).toBeGreaterThan(30);
        expect(buffered).toBeLessThan(200);
      }, 20_000),
    );
    await worker.stop();
    await startWorker();
    const stdout = await failing(run.outcome, "account_lost");
    expect(stdout).toMatch(/neither rows nor pending nor buffered: they are gone/);
    await failing(run.outcome, "account_shortfall");
  });

  test.each([
    ["one row in 500 doubled", ["duplicate=500"], "account_duplicated", { duplicated: 1, lost: 0 }],
    ["contents cut short", ["truncate=255"], "account_damaged", { lost: 0, duplicated: 0 }],
  ])("%s", async (_, faults, criterion, numbers) => {
    await startWorker(...faults.flatMap((fault) => ["--fault", fault]));
    const run = beginRun(pipeline, CROWD);
    await failing(run.outcome, criterion);
    expect(await run.account()).toMatchObject({ ...numbers, acknowledged: EVENTS });
  });

  test("one message in 100 accepted and never stored", async () => {
    await startWorker();
    const api = await pipeline.startApi("--fault", "drop=100");
    const run = beginRun({ ...pipeline, api }, CROWD);
    await failing(run.outcome, "account_lost");
    await api.stop();
    expect((await run.account())?.lost).toBe(EVENTS / 100);
  });

  test("a message that cannot be read blocks the worker", async () => {
    await startWorker("--fault", "poison-blocks");
    const run = beginRun(pipeline);
    await run.until(({ delivered }) => delivered > 100);
    await withRedis(pipeline, (redis) => redis.rPush("pending_messages", "poison"));
    const stdout = await failing(run.outcome, "account_open");
    expect(stdout).toMatch(/messages are in a worker's buffer/);
  });

  test("hostile input that is changed on its way", async () => {
    await startWorker("--fault", "truncate=1999");
    const run = beginRun(pipeline, { SCENARIO: "hostile" });
    const stdout = await failing(run.outcome, "account_damaged");
    expect(stdout).toMatch(/its content has 1999 characters instead of 2000/);
  });
});

describe("without a database", () => {
  test("the receiver says what it needs, and no load is sent", async () => {
    const command = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
    const receiver = await startService("receiver", command, "/dev/null");
    const { exitCode, stdout, errors } = await beginRun({ ...pipeline, receiver }).outcome;
    await receiver.stop();
    expect(exitCode).toBe(ABORTED);
    expect(stdout).toContain("INVALID  ingest");
    expect(errors.join()).toContain("start it with --database");
  });

  test("a run that asks for it says in words that storage was not verified", async () => {
    await startWorker();
    const variables = { INGEST_URL: pipeline.api.url, RECEIVER_URL: "none", EVENTS: "150" };
    const { stdout } = await runBundle("ingest", variables);
    expect(stdout).toContain("storage was not verified");
    expect(stdout).not.toContain("account_lost");
  });
});

describe("the table is read", () => {
  const seed = 1;
  const post = async (path: string, body: object) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(pipeline.receiver.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
  };
  const INSERT = "insert into messages (user_id, channel_id, content, created_at) values ($1, $2, $3, now())";
  const rowOf = (run: string, seq: number) => {
    const { user_id, channel_id, content } = message(seed, {
      run: runNumber(run),
      publisher: 1,
      seq,
      publishedAt: Date.now(),
    });
    return [user_id, channel_id, content];
  };
  const delivered = async (run: string, count: number) =>
    vi.waitFor(async () => expect((await accountOf(pipeline.receiver.url, run))?.delivered).toBe(count), 20_000);

  test("with rows that become visible after later ones, and those that go away again", async () => {
    const run = `table-${process.pid}`;
    await post(`/runs/${run}`, { seed, variants: [], storage: { hostile: false } });
    const sent = { publisher: 1, firstSeq: 0, count: 3, refused: [], unknown: [] };
    await post(`/runs/${run}/published`, [{ ...sent, sentFrom: Date.now(), sentThrough: Date.now() }]);
    await withDatabase(pipeline, async (late) => {
      // Its id is drawn first, and seen last.
      await vi.waitFor(async () => {
        const account = await accountOf(pipeline.receiver.url, run);
        expect(account?.storage?.queue).not.toBeNull();
      }, 20_000);
      await late.query("begin");
      await late.query(INSERT, rowOf(run, 0));
      await withDatabase(pipeline, async (client) => {
        await client.query(INSERT, rowOf(run, 1));
        await client.query(INSERT, rowOf(run, 2));
      });
      await delivered(run, 2);
      await late.query("commit");
    });
    await delivered(run, 3);
    await withDatabase(pipeline, (client) =>
      client.query("delete from messages where id = (select max(id) from messages)"),
    );
    await post(`/runs/${run}/settle`, { timeout: 5_000, quiet: 500 });
    expect(await accountOf(pipeline.receiver.url, run)).toMatchObject({
      delivered: 3,
      duplicated: 0,
      storage: { rows: 3, vanished: 1 },
    });
  });
});
