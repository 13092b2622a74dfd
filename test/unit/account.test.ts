import { describe, expect, test } from "vitest";
import type { Account, FarEndAccount, StorageAccount, WebhookAccount } from "../../core/account.ts";
import { enterAccount } from "../../k6/support/account.ts";
import { METRICS, type MetricName } from "../../systems/metrics.ts";
import { ACCOUNT, SLOS, STORAGE, WEBHOOKS } from "./records.ts";

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
