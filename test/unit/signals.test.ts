/** Where the answers to signals are entered, over metrics that only note what they are given. */
import { expect, test, vi } from "vitest";
import type { Access } from "../../k6/support/access.ts";
import type { Measure } from "../../k6/support/metrics.ts";
import { settings } from "../../k6/support/settings.ts";
import { FAMILIES } from "../../systems/metrics.ts";
import { type Purpose, Signals, type TimedAnswer } from "../../systems/signals/k6/signals.ts";

vi.mock("k6/execution", () => ({ default: {} }));
vi.mock("k6", () => ({ check: () => true }));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({ default: {} }));

type Name = keyof typeof FAMILIES.signals;

/** What was entered, as in `signal_accepted 1`. */
function entered(purpose: Purpose, answer: TimedAnswer): string[] {
  const noted: string[] = [];
  const names = Object.keys({ ...FAMILIES.signals, ...FAMILIES.everywhere, ...FAMILIES.publishing }) as Name[];
  const measures = Object.fromEntries(
    names.map((name): [Name, Measure] => [
      name,
      { add: (value) => void noted.push(`${name} ${Number(value)}`), looked: () => undefined },
    ]),
  ) as ConstructorParameters<typeof Signals>[2];
  new Signals(settings("webhook", {}), {} as Access, measures).enter(answer, purpose);
  return noted;
}

const ACCEPTED: TimedAnswer = { kind: "accepted", timestamp: "2026-01-01T00:00:00Z", took: 7 };
const LIMITED: TimedAnswer = { kind: "limited", retryAfter: 1, took: 3 };

test.each<[Purpose, string, string]>([
  ["load", "signal_success_rate", "signal_latency_ms"],
  ["hft", "signal_hft_success_rate", "signal_hft_latency_ms"],
  ["memory", "signal_memory_success_rate", "signal_memory_latency_ms"],
])("a signal of %s has a share and a latency of its own", (purpose, success, latency) => {
  expect(entered(purpose, ACCEPTED)).toEqual([
    `${success} 1`,
    "signal_failed 0",
    "signal_accepted 1",
    "signal_unexecuted 1",
    `${latency} 7`,
  ]);
  expect(entered(purpose, LIMITED)).toEqual([
    `${success} 0`,
    "signal_failed 0",
    "signal_limited 1",
    "signal_limited_latency_ms 3",
  ]);
});

test("a signal that need not be accepted is in no share", () => {
  expect(entered("trial", ACCEPTED)).toEqual([
    "signal_failed 0",
    "signal_accepted 1",
    "signal_unexecuted 1",
    "signal_trial_latency_ms 7",
  ]);
  expect(entered("trial", LIMITED)).toEqual(["signal_failed 0", "signal_limited 1", "signal_limited_latency_ms 3"]);
});

test("a limited signal without a Retry-After is counted apart", () => {
  expect(entered("trial", { ...LIMITED, retryAfter: null })).toContain("signal_limited_silently 1");
});
