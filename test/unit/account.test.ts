import { describe, expect, test } from "vitest";
import type { Account, FarEndAccount, StorageAccount, WebhookAccount } from "../../core/account.ts";
import { enterAccount } from "../../k6/support/account.ts";
import { Run } from "../../receiver/run.ts";
import { METRICS, type MetricName } from "../../systems/metrics.ts";
import { ACCOUNT, SLOS, STORAGE, WEBHOOKS } from "./records.ts";
import { batch, report, STREAM } from "./reports.ts";

/** What is entered of an account: the value of a metric, and out of how many. */
function entered(account: Account): Record<string, [value: number, samples: number]> {
  const told: Record<string, [number, number]> = {};
  const measures = new Proxy({} as Parameters<typeof enterAccount>[0], {
    get: (_, metric: string) => ({
      add: (value: number, samples = 1) => {
        told[metric] = [value, samples];
      },
    }),
  });
  enterAccount(measures, account, SLOS);
  return told;
}

test("an account is entered in metrics that exist, and no other way out of nothing", () => {
  const told = entered({ ...ACCOUNT, webhooks: WEBHOOKS, storage: STORAGE });
  for (const metric of Object.keys(told)) expect(METRICS).toHaveProperty(metric satisfies string as MetricName);
  expect(told["account_contradicted"]).toEqual([0, ACCOUNT.delivered + ACCOUNT.unjudged]);
});

describe("signatures", () => {
  const signatures = (changes: Partial<WebhookAccount>) =>
    entered({ ...ACCOUNT, webhooks: { ...WEBHOOKS, attempts: 100, ...changes } })["account_wrong_signatures"];

  test.each<[string, Partial<WebhookAccount>, [number, number]]>([
    ["all right", {}, [0, 100]],
    ["some wrong", { wrongSignatures: 3 }, [3, 100]],
    ["looked at by no receiver", { uncheckedSignatures: 100 }, [0, 0]],
    ["not looked at by one of several receivers", { uncheckedSignatures: 1, wrongSignatures: 2 }, [2, 0]],
  ])("%s", (_, changes, told) => {
    expect(signatures(changes)).toEqual(told);
  });
});

describe("a table", () => {
  const stored = (changes: Partial<StorageAccount>) => {
    const told = entered({ ...ACCOUNT, storage: { ...STORAGE, rows: 90, readings: 10, ...changes } });
    return { vanished: told["account_vanished"], shortfall: told["account_shortfall"] };
  };

  test("is judged by what was read of it to the end", () => {
    expect(stored({ vanished: 2, shortfall: 3 })).toEqual({ vanished: [2, 92], shortfall: [3, 10] });
  });

  test("that could not be read in the end is not judged, nor is a Redis", () => {
    expect(stored({ problem: "connection refused" })).toEqual({ vanished: [0, 0], shortfall: [0, 0] });
  });
});

describe("a far end", () => {
  const farEnd = (changes: Partial<FarEndAccount>): FarEndAccount => ({
    ...{ pipeline: "own", kind: "rows", paths: [], unread: 0, damaged: 0, refused: {}, vanished: 0, undated: 0 },
    ...{ strays: 0, surplus: null, problem: null },
    ...changes,
  });
  const { samples } = ACCOUNT.latency;

  test("that takes requests tells how many it refused; no other does", () => {
    const refused = { "wrong signature": 4, "it is not gzip": 1 };
    const told = (kind: string) => entered({ ...ACCOUNT, farEnd: farEnd({ kind, refused }) });
    const { account_refused_requests: requests, account_vanished: [, arrived = 0] = [] } = told("request");
    expect(requests).toEqual([5, arrived + 5]);
    expect(told("rows")["account_refused_requests"]).toBeUndefined();
  });

  test.each<[string, Partial<Account>, number]>([
    ["that was looked at", { farEnd: farEnd({}) }, 1],
    ["that could not be looked at in the end", { farEnd: farEnd({ problem: "gone" }) }, 0],
    ["that is a table, and could not be read in the end", { storage: { ...STORAGE, problem: "gone" } }, 0],
    ["for which nobody waited any more", { ending: "timeout" }, 0],
  ])("%s is settled: %s", (_, changes, settled) => {
    expect(entered({ ...ACCOUNT, ending: "complete", ...changes })["account_settled"]).toEqual([settled, 1]);
  });

  const METRICS = ["mean", "p995", "p99", "p95"].map((name) => `account_delivery_${name}_ms`);
  test.each([
    ["none", 0, METRICS],
    ["one in 1,000", Math.floor(samples / 1_000), ["p995", "p99", "p95"].map((name) => `account_delivery_${name}_ms`)],
    ["one in 150", Math.floor(samples / 150), ["account_delivery_p99_ms", "account_delivery_p95_ms"]],
    ["one in 10", Math.floor(samples / 10), []],
  ])("of whose events %s came at an unknown time is judged by what they cannot change", (_, undated, judged) => {
    const told = entered({ ...ACCOUNT, farEnd: farEnd({ undated }) });
    expect(METRICS.filter((metric) => told[metric]?.[1] === samples)).toEqual(judged);
    expect(METRICS.filter((metric) => told[metric]?.[1] === 0)).toHaveLength(METRICS.length - judged.length);
  });
});

describe("deliveries per second", () => {
  const rate = (changes: Partial<Account>) =>
    entered({ ...ACCOUNT, span: { from: 0, through: 8_000 }, delivered: 400, ...changes })[
      "account_delivery_per_second"
    ];

  test.each<[string, Partial<Account>, number]>([
    ["end with the last arrival, where all had come", { lastArrivalAt: 8_040, lastSendAt: 7_980 }, 400 / 8.04],
    ["take the whole load, where nothing came in its second half", { lastArrivalAt: 4_000, lastSendAt: 8_000 }, 50],
    ["leave out how long the last answer took", { lastArrivalAt: 4_000, lastSendAt: 4_000 }, 100],
    ["are those of older records without it", { lastArrivalAt: 4_000 }, 100],
    ["are none where nothing came", { lastArrivalAt: null, lastSendAt: 8_000 }, 0],
  ])("%s", (_, changes, perSecond) => {
    expect(rate(changes)?.[0]).toBeCloseTo(perSecond);
  });

  test("know of the last event that was due, also where it could not be sent", () => {
    const run = new Run("nightly", STREAM, () => 9_000);
    run.published(batch(0, 1, 1_000));
    run.arrivals({ paths: [report([0], 1_500)] });
    expect(run.account()).toMatchObject({ lastSendAt: 1_000, lastArrivalAt: 1_500 });
    run.published(batch(1, 1, 5_000, { unsent: [1], sentThrough: 9_000 }));
    expect(run.account()).toMatchObject({ lastSendAt: 5_000, lastArrivalAt: 1_500 });
  });
});
