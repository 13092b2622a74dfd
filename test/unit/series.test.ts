/** What becomes of the events of a series, by what Go says of each that was not acknowledged. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SeriesOutcome } from "../../core/transport.ts";
import type { Measure, measures } from "../../k6/support/metrics.ts";
import type { Run } from "../../k6/support/run.ts";
import { seriesSender } from "../../k6/support/series.ts";
import { eachAdded } from "../../systems/ethhook/k6/xadd.ts";
import { FAMILIES } from "../../systems/metrics.ts";

vi.mock("k6", () => ({}));
vi.mock("k6/execution", () => ({ default: {} }));
vi.mock("k6/timers", () => import("./timers.ts"));
vi.mock("../../k6/support/clock.ts", () => ({ now: () => 0 }));
vi.mock("../../k6/support/run.ts", () => ({ clockCorrection: () => 0 }));

const entered = new Map<string, number>();
const names = Object.keys({ ...FAMILIES.everywhere, ...FAMILIES.publishing });
const metrics = Object.fromEntries(
  names.map((name): [string, Measure] => [
    name,
    { add: (value) => void entered.set(name, (entered.get(name) ?? 0) + Number(value)), looked: () => undefined },
  ]),
) as ReturnType<typeof measures<"everywhere" | "publishing">>;

beforeEach(() => entered.clear());

const RUN: Run = { id: "r", number: 1, instance: "i", clock: null };
const TICK = { firstSeq: 10, count: 2, publisher: 1 };

const sent = (series: () => Promise<SeriesOutcome>) => {
  const events = { name: "orders", template: () => ({ seed: 1, variants: [] }) };
  return seriesSender(metrics, { events, series, timeout: 1 }).send(RUN, TICK);
};

describe("an event that was not acknowledged", () => {
  test.each<[string, { sent: boolean; refused: boolean; error: string }, string, string | null]>([
    ["refused", { sent: true, refused: true, error: "permissions violation" }, "refused", null],
    ["too large to be sent", { sent: false, refused: true, error: "maximum payload exceeded" }, "refused", null],
    ["without an answer", { sent: true, refused: false, error: "no acknowledgement in time" }, "unknown", null],
    [
      "sent by a connection that broke",
      { sent: true, refused: false, error: "connection lost: remote error: tls: internal error" },
      "unknown",
      null,
    ],
    ["sent before a shortage", { sent: true, refused: false, error: "no buffer space available" }, "unknown", null],
    ["without a connection", { sent: false, refused: false, error: "not connected" }, "unsent", "unsent_unreachable"],
    [
      "without a descriptor",
      { sent: false, refused: false, error: "too many open files" },
      "unsent",
      "host_descriptors",
    ],
  ])("%s", async (_, failure, miss, counted) => {
    const failures = [{ index: 1, ...failure }];
    const outcome = await sent(async () => ({ sentAt: 0, latenciesMs: [1], failures }));
    const none = { refused: [], unknown: [], unsent: [] };
    // The target has said nothing of what never left.
    expect(outcome).toMatchObject({ ...none, [miss]: [11], ...told(miss, [failure.error]) });
    const counters = ["unsent_unreachable", "unsent_waiting", "host_descriptors", "host_memory"];
    expect(counters.filter((name) => (entered.get(name) ?? 0) > 0)).toEqual(counted === null ? [] : [counted]);
  });
});

/** What a target said when it refused, and what came of it instead of an acknowledgement. */
function told(miss: string, said: readonly string[]) {
  return { words: miss === "refused" ? said : [], unanswered: miss === "unknown" ? said : [] };
}

const problem = (name: string) => Object.assign(new Error("refused"), { name });

test("without a connection nothing is sent; a mistake of the script is one", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  expect(await sent(() => Promise.reject(problem("GoError")))).toMatchObject({ unsent: [10, 11] });
  await expect(sent(() => Promise.reject(problem("TypeError")))).rejects.toThrow("refused");
});

test.each([
  ["GoError: OOM command not allowed", "refused", ["OOM command not allowed"]],
  ["GoError: read tcp 127.0.0.1:1: i/o timeout", "unknown", ["read tcp 127.0.0.1:1: i/o timeout"]],
  ["GoError: dial tcp 127.0.0.1:1: connect: connection refused", "unsent", []],
])("an entry of its own: %s", async (said, miss, words) => {
  const redis = { sendCommand: () => Promise.reject(said) };
  const add = eachAdded({ metrics, redis, stream: "s", events: { write: () => [] } });
  const outcome = await add(RUN, { ...TICK, count: 1 });
  expect(outcome).toMatchObject({ refused: [], unknown: [], unsent: [], [miss]: [10], ...told(miss, words) });
});
