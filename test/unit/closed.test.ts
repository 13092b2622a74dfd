/** A worker of a closed model, over a transport and a receiver that only note what they are given. */
import { beforeEach, expect, test, vi } from "vitest";
import { closedPlan } from "../../core/closedplan.ts";
import type { PublisherReport } from "../../core/report.ts";
import type { Measure, measures } from "../../k6/support/metrics.ts";
import type { Run, RunSettings } from "../../k6/support/run.ts";
import { closedLoop } from "../../systems/ingestor/k6/closed.ts";
import { FAMILIES } from "../../systems/metrics.ts";

const receiver = vi.hoisted(() => ({
  taken: [] as PublisherReport[],
  refuses: (_: PublisherReport): boolean => false,
}));

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => ({
  default: { scenario: { iterationInTest: 0, startTime: 0 }, vu: { idInTest: 1 } },
}));
vi.mock("../../k6/support/clock.ts", () => ({ now: () => 0 }));
vi.mock("../../k6/support/run.ts", () => ({
  clockCorrection: () => 0,
  reportPublished: async (_: unknown, __: unknown, [batch]: [PublisherReport]) => {
    if (receiver.refuses(batch)) throw new Error("the receiver does not take it");
    receiver.taken.push(batch);
  },
}));

const SETTINGS: RunSettings = { RUN_ID: "r", SEED: 1, RECEIVER_URL: "http://r", DRAIN_TIMEOUT: 1, DRAIN_QUIET: 1 };
const RUN: Run = { id: "r", number: 1, instance: "i", clock: null };
const SILENT: Measure = { add: () => undefined, looked: () => undefined };
const metrics = Object.fromEntries(Object.keys(FAMILIES.publishing).map((name) => [name, SILENT])) as ReturnType<
  typeof measures<"publishing">
>;

beforeEach(() => {
  receiver.taken = [];
  receiver.refuses = () => false;
});

/** Sends 1,000 messages, 10 at a time, as one worker. @returns what was sent. */
async function sendAll(sent: number[] = []): Promise<number[]> {
  const load = { ...closedPlan({ events: 1_000, concurrency: 10, rounds: 1, pause: 0 }, {}), workers: 1 };
  const loop = closedLoop(SETTINGS, load, metrics, async (_, __, seq) => {
    // As an answer does: it comes when everything that was under way before it has been worked off.
    await new Promise((resolve) => setTimeout(resolve, 0));
    sent.push(seq);
    return { outcome: "acknowledged", id: null, took: 1, status: 201 };
  });
  await loop(RUN);
  return sent;
}

const countOf = (batches: readonly PublisherReport[]) => batches.reduce((sum, { count }) => sum + count, 0);

test("a worker sends its share and tells of all of it", async () => {
  const sent = await sendAll();
  expect(new Set(sent).size).toBe(1_000);
  expect(countOf(receiver.taken)).toBe(1_000);
});

test("a report that is not taken fails the worker, after its share is sent and the other reports are taken", async () => {
  receiver.refuses = ({ firstSeq }) => firstSeq === 100;
  const sent: number[] = [];
  await expect(sendAll(sent)).rejects.toThrow("the receiver does not take it");
  expect(sent).toHaveLength(1_000);
  expect(countOf(receiver.taken)).toBe(900);
});
