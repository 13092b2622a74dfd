/** What a publisher of a pipeline makes of the answers of its transport. */
import { afterEach, expect, test, vi } from "vitest";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { forgetSecrets, hide } from "../../core/redaction.ts";
import type { Answer } from "../../core/transport.ts";
import type { OwnAccess } from "../../k6/own/access.ts";
import { Sender } from "../../k6/own/sender.ts";
import type { measures } from "../../k6/support/metrics.ts";
import type { Run } from "../../k6/support/run.ts";

vi.mock("k6", () => ({}));
vi.mock("k6/execution", () => ({ default: { vu: { idInTest: 1 } } }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("../../k6/support/clock.ts", () => ({ now: () => 0 }));
vi.mock("../../k6/support/run.ts", () => ({ clockCorrection: () => 0 }));
vi.mock("../../k6/support/lead.ts", () => ({ lead: null }));
vi.stubGlobal("__ENV", {});

const warn = vi.spyOn(console, "warn").mockReturnValue();
afterEach(() => {
  warn.mockClear();
  forgetSecrets();
});

const METRICS = new Proxy({}, { get: () => ({ add: () => undefined }) });
const RUN: Run = { id: "r", number: 1, instance: "i", clock: null };

/** Sends events, each of which has its answer. */
function answered(...answers: readonly (Answer | Promise<Answer>)[]) {
  let next = 0;
  return sent(answers.length, () => async () => answers[next++]);
}

async function sent(count: number, publish: () => unknown) {
  const sender = new Sender({
    config: { ACK_TIMEOUT: 1 },
    metrics: METRICS as ReturnType<typeof measures<"everywhere" | "publishing">>,
    pipeline: { name: "orders", publish } as unknown as AnyPipeline,
    events: { name: "orders", write: () => "x", template: () => ({ seed: 1, variants: [] }) },
    access: { ready: async () => undefined } as unknown as OwnAccess,
    isPaced: true,
  });
  const outcome = await sender.send(RUN, { firstSeq: 0, count, publisher: 1 });
  return { outcome, sender };
}

test("what was never reached is unsent, however long its address", async () => {
  const said = `Post "https://events.example/${"a".repeat(300)}": dial tcp 127.0.0.1:1: connect: connection refused`;
  const { outcome, sender } = await answered({ outcome: "unknown", said });
  expect(outcome).toMatchObject({ unsent: [0], unknown: [] });
  expect(sender.refusals[0]).toHaveLength(200);
});

test("what is never answered is unknown when events are not waited for any longer", async () => {
  vi.useFakeTimers();
  const sending = answered("acknowledged", new Promise<Answer>(() => undefined));
  await vi.advanceTimersByTimeAsync(1_000);
  const { outcome } = await sending;
  expect(outcome).toMatchObject({
    unknown: [1],
    refused: [],
    unsent: [],
    unanswered: ["no answer to an event within ACK_TIMEOUT=1s"],
  });
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a batch is waited for as long as an event, and says that it was one", async () => {
  vi.useFakeTimers();
  const sending = sent(3, () => ({ batch: () => new Promise(() => undefined) }));
  await vi.advanceTimersByTimeAsync(1_000);
  const { outcome } = await sending;
  const said = "no answer to a batch of 3 within ACK_TIMEOUT=1s";
  expect(outcome).toMatchObject({ unknown: [0, 1, 2], unanswered: [said, said, said] });
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("events that are sent at the same time have one timer", async () => {
  vi.useFakeTimers();
  const sending = answered(...Array.from({ length: 50 }, () => new Promise<Answer>(() => undefined)));
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  await sending;
  vi.useRealTimers();
});

test("a target that writes a number into each refusal fills neither the memory nor the log", async () => {
  const { outcome, sender } = await answered(
    ...Array.from({ length: 60 }, (_, seq): Answer => ({ outcome: "refused", said: `no place for order ${seq}` })),
  );
  expect(outcome.refused).toHaveLength(60);
  expect(sender.refusals).toHaveLength(50);
  expect(warn).toHaveBeenCalledTimes(50);
});

test("a secret is hidden before an answer is cut", async () => {
  const secret = "s3cret".repeat(200);
  hide(secret);
  const { sender } = await answered({ outcome: "refused", said: `401 ${secret} ${"x".repeat(100_000)}` });
  expect(sender.refusals[0]).toMatch(/^401 \(hidden\) x+$/);
});
