import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { nextRunId, runPipeline, startPipeline } from "./pipeline.ts";

const THRESHOLDS_CROSSED = 99;
const ABORTED = 108;

/** As many events without a pace, where nothing depends on when they come. */
const UNPACED = { RATE: "max", BATCH: "1", EVENTS: "1500", DURATION: "1s" };

async function accountOf({ receiver }: Pipeline, run: string): Promise<Account> {
  const answer = await fetch(`${receiver.url}/runs/${run}`);
  return (await answer.json()) as Account;
}

/** A text whose long lines are wrapped, on one line. */
function folded(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Waits until a run has published something. */
async function published(pipeline: Pipeline, run: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(100)) {
    if ((await accountOf(pipeline, run)).published > 0) return;
  }
  throw new Error(`run ${run} published nothing`);
}

describe("on a healthy pipeline", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await startPipeline();
  });
  afterAll(() => pipeline?.close());

  test("every event is accounted for and both tests pass", async () => {
    const { run, nats, websocket } = await runPipeline(pipeline);
    expect(nats).toMatchObject({ exitCode: 0, errors: [] });
    expect(websocket).toMatchObject({ exitCode: 0, errors: [] });
    expect(nats.stdout).toContain("PASS");
    const account = await accountOf(pipeline, run);
    expect(account).toMatchObject({ ending: "complete", published: 1_500, acknowledged: 1_500, paths: 10 });
    expect(account).toMatchObject({ lost: 0, duplicated: 0, misrouted: 0, reordered: 0, late: 0, unreported: 0 });
    expect(account.delivered).toBe(account.expected);
    expect(account.expected).toBeGreaterThan(1_000);
  });

  test("a profile that falls ends its sessions in order, and none of their events is called lost", async () => {
    const { run } = await runPipeline(pipeline, {
      nats: { RATE: "200", DURATION: "15s" },
      websocket: { SCENARIO: "spike", TIME_SCALE: "0.1", LOAD_SCALE: "0.005", VUS: "10", DURATION: "18s" },
    });
    const account = await accountOf(pipeline, run);
    expect(account.paths).toBeGreaterThan(10);
    expect(account).toMatchObject({ lost: 0, silent: 0, misrouted: 0, duplicated: 0 });
    expect(account.delivered).toBeGreaterThan(100);
  });

  test("events of an earlier run are not counted in a later one", async () => {
    const first = await runPipeline(pipeline, { nats: { ...UNPACED, EVENTS: "1000" } });
    const second = await runPipeline(pipeline, { nats: { ...UNPACED, SEED: "7" }, websocket: { SEED: "7" } });
    expect((await accountOf(pipeline, first.run)).published).toBe(1_000);
    expect(second.nats.exitCode, second.nats.stdout).toBe(0);
    expect(await accountOf(pipeline, second.run)).toMatchObject({ published: 1_500, lost: 0, unreported: 0 });
  });

  test("publishers and subscribers of different seeds are kept apart with a reason", async () => {
    const { nats, websocket } = await runPipeline(pipeline, {
      nats: { SEED: "1", CANARY_TIMEOUT: "3s" },
      websocket: { SEED: "2", DURATION: "4s" },
    });
    // Whoever opens the run later is refused; a publisher that was first waits for a subscriber in vain.
    const refused = [nats, websocket].filter(({ exitCode }) => exitCode === ABORTED);
    expect(refused.flatMap(({ errors }) => errors).join()).toContain("was opened with another SEED");
  });
});

// Each has a pipeline of its own, and counts what depends on no time.
describe.concurrent("a planted fault is caught by the exit code of a bare k6 run", () => {
  test.each([
    ["drop=1000", "account_lost", "lost"],
    ["duplicate=1000", "account_duplicated", "duplicated"],
    ["misroute=500", "account_misrouted", "misrouted"],
  ] as const)("%s crosses %s", async (fault, metric, count) => {
    const pipeline = await startPipeline(fault);
    try {
      const { run, nats } = await runPipeline(pipeline, { nats: UNPACED });
      expect(nats.exitCode).toBe(THRESHOLDS_CROSSED);
      const account = await accountOf(pipeline, run);
      expect(account[count]).toBeGreaterThan(0);
      expect(nats.stdout).toContain("FAIL  nats");
      expect(folded(nats.stdout)).toMatch(new RegExp(`- ${metric} \\(.+\\): ${account[count]}, must be count == 0`));
    } finally {
      await pipeline.close();
    }
  });
});

describe("a broken pipeline ends a run with its reason", () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await startPipeline();
  });
  afterAll(() => pipeline?.close());

  test("without subscribers the publisher gives up before any load", async () => {
    const { nats } = await runPipeline(pipeline, {
      nats: { CANARY_TIMEOUT: "2s" },
      websocket: { WS_URL: "ws://127.0.0.1:1" },
    });
    expect(nats.exitCode).toBe(ABORTED);
    expect(nats.errors.join()).toContain("no subscriber joined run");
  });

  test("a gateway that is stopped in mid-run fails it, and nothing hangs", async () => {
    const run = nextRunId();
    const running = runPipeline(pipeline, { nats: { DURATION: "4s" }, websocket: { DURATION: "30s" } });
    await published(pipeline, run);
    await pipeline.gateway.stop();
    const { nats, websocket } = await running;
    expect(websocket.exitCode).toBe(THRESHOLDS_CROSSED);
    expect(folded(websocket.stdout)).toMatch(/ws_sessions_lost \(.+\): 10, must be count == 0/);
    expect(nats.exitCode).toBe(THRESHOLDS_CROSSED);
  });
});
