/** Clocks that are set while a run is under way, on a real receiver under libfaketime. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import type { Account } from "../../core/account.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { Clock, FAKETIME } from "../faults/faketime.ts";
import { root } from "./k6.ts";
import { nextRunId, runPipeline, startPipeline } from "./pipeline.ts";

let pipeline: Pipeline;
let receiver: Service;
let folder: string;
let clock: Clock;

describe.skipIf(FAKETIME === undefined)("a receiver whose clock", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "throughline-clocks-"));
    clock = await Clock.in(folder);
    pipeline = await startPipeline();
    receiver = await startService(
      "receiver",
      [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"],
      join(folder, "receiver.log"),
      clock.environment,
    );
  });
  afterAll(async () => {
    await receiver?.stop();
    await pipeline?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Two seconds change what these say, and a busy machine does not. */
  const BOUNDS = { SLO_ACCOUNT_DELIVERY_P95_MS_VALUE: "1000" };

  /** Sets the clock, which a program under libfaketime sees when it reads its file again. */
  async function setClock(seconds: number) {
    await clock.set(seconds);
    await vi.waitFor(async () => {
      const { now } = (await (await fetch(`${receiver.url}/clock`)).json()) as { now: number };
      expect(Math.abs(now - Date.now() - seconds * 1_000)).toBeLessThan(500);
    }, 20_000);
  }

  /** A run in whose middle the clock is set. */
  async function runWith(seconds: number | null) {
    await setClock(0);
    const run = nextRunId();
    const load = { RATE: "200", BATCH: "5", DURATION: "9s" };
    const running = runPipeline({ ...pipeline, receiver }, { nats: { ...load, ...BOUNDS }, websocket: BOUNDS });
    for (let published = 0; published < 600; ) {
      const answer = await fetch(`${receiver.url}/runs/${run}`);
      if (answer.ok) published = ((await answer.json()) as Account).published;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (seconds !== null) await setClock(seconds);
    return running;
  }

  test("goes on as it did says what it always said", async () => {
    const { nats, websocket } = await runWith(null);
    for (const { stdout } of [nats, websocket]) expect(stdout).toMatch(/ok +\w+ +account_clock_doubts/);
    expect([nats.exitCode, websocket.exitCode], nats.stdout + websocket.stdout).toEqual([0, 0]);
  });

  test.each([
    ["is set back", -2],
    ["is set forward", 2],
  ])("%s in the middle of a run makes what depends on it INVALID", async (_, seconds) => {
    const { nats, websocket } = await runWith(seconds);
    for (const { stdout, exitCode } of [nats, websocket]) {
      expect(exitCode).toBe(99);
      expect(stdout.trim()).toMatch(/^INVALID/);
      expect(stdout).toMatch(/MISSED +\w+ +account_clock_doubts/);
      expect(stdout).toMatch(
        /the clock of (publisher|subscriber) \S+ and the receiver's were \d(\.\d+)? s|2,?0\d\d ms/,
      );
    }
  });
});
