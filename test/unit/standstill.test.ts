import { describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import type { Slo } from "../../core/slo.ts";
import { describeStandstill, receiverDelay, Standstills } from "../../core/standstill.ts";
import { judge } from "../../core/verdict.ts";
import { ACCOUNT } from "./records.ts";

describe("standstills", () => {
  const seenAt = (...ticks: number[]) => {
    const standstills = new Standstills(100);
    for (const tick of ticks) standstills.tick(tick, 1_000_000 + tick);
    return standstills;
  };

  test.each([
    ["none before the second tick", [5_000], null],
    ["none of a timer that is on time, or a little late", [0, 100, 290, 390], null],
    ["the longest of several", [0, 3_100, 3_200, 3_800, 3_900], { at: 1_003_100, ms: 3_000, total: 3_500 }],
  ])("%s", (_, ticks, longest) => {
    expect(seenAt(...ticks).longestSince(0)).toEqual(longest);
  });

  test("those that ended before a run was opened are not its own", () => {
    expect(seenAt(0, 3_100, 3_200, 3_800).longestSince(1_003_100)).toEqual({ at: 1_003_800, ms: 500, total: 500 });
    expect(seenAt(0, 3_100).longestSince(1_003_100)).toBeNull();
  });

  test("a process that had no descriptor left is known to have had none after a moment, not before", () => {
    const standstills = new Standstills(100);
    expect(standstills.ranOutSince(0)).toBeNull();
    standstills.ranOut(2_000);
    expect([standstills.ranOutSince(1_999), standstills.ranOutSince(2_000)]).toEqual([2_000, null]);
  });

  test("a process that is starved for hours is remembered by its latest", () => {
    const standstills = new Standstills(100);
    for (let tick = 0; tick <= 3_000; tick++) standstills.tick(tick * 600, tick * 600);
    expect(standstills.longestSince(0)).toMatchObject({ ms: 500 });
  });
});

describe("the receiver's own delay", () => {
  const slo: Slo = {
    metric: "account_delivery_p95_ms",
    statistic: "value",
    comparison: "<",
    bound: 1_000,
    floor: 100,
    miss: "FAIL",
  };
  const stamped: Account = {
    ...ACCOUNT,
    webhooks: {} as Account["webhooks"],
    span: { from: 0, through: 20_000 },
    standstill: { at: 3_000, ms: 2_500, total: 2_500 },
  };

  test("is a doubt of latencies that are missed and that it stamps", () => {
    expect(receiverDelay(slo, 2_900, stamped)).toEqual({
      by: 2_500,
      cause: "the receiver stood still for 2.5 s, until 00:00:03Z: it was stopped or had no CPU",
    });
  });

  test.each([
    ["account_delivery_mean_ms", 2_500, 625],
    ["account_delivery_mean_ms", 200, 4],
    ["account_delivery_p95_ms", 300, 300],
    ["account_delivery_p95_ms", 200, undefined],
    ["account_delivery_p99_ms", 60, 60],
    ["account_delivery_p99_ms", 40, undefined],
    ["account_latency_growth_ms", 2_500, undefined],
  ])("is to %s after %i ms in 20 s of load: %s", (metric, ms, by) => {
    expect(receiverDelay({ ...slo, metric }, 2_900, { ...stamped, standstill: { at: 3_000, ms, total: ms } })?.by).toBe(
      by,
    );
  });

  test("is that of all that stood still together: many short ones touch as much as a long one", () => {
    const standstill = { at: 3_000, ms: 200, total: 3_000 };
    expect(receiverDelay(slo, 1_100, { ...stamped, standstill })?.by).toBe(200);
  });

  test("without file descriptors excuses what was turned away, and nothing else that is missed, nor what is met", () => {
    const without: Account = { ...stamped, standstill: null, ranOutAt: 3_000 };
    const none: Slo = { ...slo, metric: "account_lost", statistic: "count", comparison: "==", bound: 0 };
    const excuse = {
      by: 12,
      cause: "the receiver had no file descriptor left at 00:00:03Z: raise its limit of open files (ulimit -n)",
    };
    expect(receiverDelay(none, 12, without)).toEqual(excuse);
    expect(judge([{ slo: none, observed: 12, samples: 1_000, uncertainty: excuse }]).verdict).toBe("INVALID");
    expect(receiverDelay(none, 12, stamped)).toBeNull();
    expect(receiverDelay({ ...none, metric: "account_damaged" }, 12, without)).toBeNull();
    expect(receiverDelay(slo, 900, without)).toBeNull();
    const rate: Slo = { ...slo, metric: "account_delivery_per_second", comparison: ">=", bound: 500 };
    expect([receiverDelay(rate, 400, without)?.by, receiverDelay(rate, 600, without)]).toEqual([100, null]);
  });

  test("without file descriptors excuses no loss of rows, which are read later, but that they were read late", () => {
    const farEnd = { kind: "rows" } as Account["farEnd"];
    const without: Account = { ...stamped, webhooks: null, farEnd, standstill: null, ranOutAt: 3_000 };
    const none: Slo = { ...slo, metric: "account_lost", statistic: "count", comparison: "==", bound: 0 };
    expect(receiverDelay(none, 300, without)).toBeNull();
    expect(receiverDelay(slo, 2_900, without)?.by).toBe(2_900);
  });

  test.each<[string, Partial<Account>, boolean]>([
    ["webhooks", {}, true],
    ["requests of a pipeline of one's own", { webhooks: null, farEnd: { kind: "request" } as Account["farEnd"] }, true],
    ["rows, which it reads by itself", { webhooks: null, storage: {} as Account["storage"] }, false],
    ["rows of a pipeline", { webhooks: null, farEnd: { kind: "rows" } as Account["farEnd"] }, false],
  ])("excuses what came twice only where a sender waits for its answer: %s", (_, changes, isExcused) => {
    const none: Slo = { ...slo, metric: "account_duplicated", statistic: "count", comparison: "==", bound: 0 };
    expect(receiverDelay(none, 12, { ...stamped, ...changes }) !== null).toBe(isExcused);
  });

  test("is none where an observer elsewhere stamps", () => {
    const farEnd = { kind: "reported" } as Account["farEnd"];
    expect(receiverDelay(slo, 2_900, { ...stamped, webhooks: null, farEnd })).toBeNull();
  });

  test("is a doubt of what came twice, where it answered nothing for so long that senders try again", () => {
    const none: Slo = { ...slo, metric: "account_duplicated", statistic: "count", comparison: "==", bound: 0 };
    expect(receiverDelay(none, 12, stamped)?.by).toBe(12);
    expect(receiverDelay(none, 0, stamped)).toBeNull();
    expect(receiverDelay(none, 12, { ...stamped, standstill: { at: 3_000, ms: 400, total: 400 } })).toBeNull();
    expect(receiverDelay({ ...none, metric: "account_lost" }, 12, stamped)).toBeNull();
  });

  test.each<[string, Partial<Slo>, number | null, Account]>([
    ["what is met", {}, 900, stamped],
    ["what has no value", {}, null, stamped],
    ["what others stamp", { metric: "publish_ack_latency_ms" }, 2_900, stamped],
    ["subscriptions, which k6 stamps", {}, 2_900, { ...ACCOUNT, standstill: stamped.standstill }],
    ["a receiver that never stood still", {}, 2_900, { ...stamped, standstill: null }],
  ])("says nothing of %s", (_, changes, value, account) => {
    expect(receiverDelay({ ...slo, ...changes }, value, account)).toBeNull();
  });
});

describe("a standstill in words", () => {
  const standstill = { at: Date.UTC(2026, 10, 30, 12, 0, 3), ms: 2_300, total: 2_300 };
  const stood = "the receiver stood still for 2.3 s, until 12:00:03Z; ";
  const clocks = { by: 0.4, cause: "clocks" };
  const none = { by: Number.POSITIVE_INFINITY, cause: "no publisher compared its clock with the receiver's" };
  const farEnd = (changes: object) => ({ farEnd: { kind: "rows", undated: 0, ...changes } });
  const known = "latencies of that time may be up to 2.3 s too high";
  const open = "how much that added to latencies cannot be bounded: ";

  test.each<[string, object, { by: number; cause: string } | null, string | null]>([
    ["of webhooks bounds what it added", { webhooks: {} }, clocks, known],
    ["of polls that were recorded, too", { ...farEnd({}), looks: { longest: 2_400 } }, clocks, known],
    [
      "of polls that were not recorded bounds nothing",
      farEnd({}),
      clocks,
      `${open}the far end was polled, and nobody recorded how often`,
    ],
    ["nor of a table", { storage: {} }, clocks, `${open}the far end was polled, and nobody recorded how often`],
    [
      "nor where arrivals have no time",
      { ...farEnd({ undated: 3 }), looks: {} },
      clocks,
      `${open}the time of 3 arrivals is not known`,
    ],
    ["nor where clocks are unknown", { webhooks: {} }, none, `${open}${none.cause}`],
    ["of nothing that was timed says so", { webhooks: {}, latency: { samples: 0 } }, null, "no latency was measured"],
    ["is silent where k6 stamps arrivals", {}, clocks, null],
    ["is silent where another observer does", farEnd({ kind: "reported" }), clocks, null],
    ["is silent where there was none", { webhooks: {}, standstill: null }, clocks, null],
  ])("%s", (_, changes, by, effect) => {
    const told = describeStandstill({ standstill, latency: { samples: 10 }, ...changes }, by);
    expect(told).toBe(effect === null ? null : `${stood}${effect}`);
  });
});
