import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookDelay } from "../../core/looks.ts";
import type { Item } from "../../core/observe.ts";
import { slo } from "../../core/slo.ts";
import { summarize } from "../../core/summary.ts";
import { runNumber } from "../../core/trace.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { Items } from "../../receiver/items.ts";
import { Looks } from "../../receiver/looks.ts";
import { type Row, TablePath } from "../../systems/ingestor/receiver/table.ts";
import { asStored, message } from "../../systems/ingestor/wire.ts";
import { ACCOUNT, dataOf, inputOf, STORAGE } from "./records.ts";

/** A row or item: its key, and when it can be seen, in ms. */
interface Planted {
  readonly id: string;
  readonly visibleAt: number;
}

/** Looks at what is planted until all of it was found; between which moments each was taken to have come. */
async function dated(kind: "rows" | "list", planted: readonly Planted[], delays: readonly number[]) {
  let now = 0;
  let turn = 0;
  const pass = () => {
    now += delays[turn++ % delays.length] as number;
  };
  let since: number | null = null;
  const found = new Map<string, readonly [number | null, number | null]>();
  const farEnd = {
    kind,
    now: () => now,
    arrived: ({ text }: { text: string }, at: number | null) => {
      found.set(text, [since, at]);
      return 1;
    },
    counted: () => undefined,
    absentAt: (moment: number | null) => {
      since = moment;
    },
    carriedBy: (text: string) => text,
    gained: (_: object, __: number | null, before: string) => before,
    changed: () => undefined,
    looked: () => undefined,
    read: () => undefined,
    beganAnew: () => undefined,
  };
  const page = async (after: Item["id"] | null) => {
    pass();
    const there = planted.filter(({ id, visibleAt }) => visibleAt <= now && (after === null || id > String(after)));
    pass();
    const sorted = there.map(({ id }) => ({ id, text: id })).sort((one, other) => (one.id < other.id ? -1 : 1));
    return kind === "list" ? sorted : sorted.slice(0, 3);
  };
  const items = new Items(farEnd, page, () => now);
  for (let look = 0; look < 60; look++) {
    await items.look();
    pass();
  }
  return found;
}

const delays = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 3, maxLength: 30 });
const keys = {
  "rows whose keys grow": ["rows", fc.stringMatching(/^[1-9]\d{4}$/)],
  "rows whose keys do not grow": ["rows", fc.stringMatching(/^[a-f]{5}$/)],
  "a list": ["list", fc.stringMatching(/^[a-z]{5}$/)],
} as const;

describe.each(Object.entries(keys))("%s", (_, [kind, key]) => {
  const all = fc.uniqueArray(fc.record({ id: key, visibleAt: fc.integer({ min: 0, max: 2_000 }) }), {
    selector: ({ id }) => id,
    maxLength: 30,
  });

  test("came after the look before and no later than the look that found them", async () => {
    await fc.assert(
      fc.asyncProperty(all, delays, async (planted, times) => {
        const found = await dated(kind, planted, times);
        for (const { id, visibleAt } of planted) {
          const [since, at] = found.get(id) ?? [null, null];
          if (since === null || at === null) continue;
          expect(since, id).toBeLessThanOrEqual(visibleAt);
          expect(at, id).toBeGreaterThanOrEqual(visibleAt);
        }
      }),
    );
  });
});

test("both ends of what looks tell contain the real latencies", () => {
  const looks = new Looks();
  expect(looks.account()).toBeNull();
  looks.enter(1_000, 1_040, 1_150);
  looks.enter(1_000, 900, 1_020);
  looks.enter(1_000, Number.NEGATIVE_INFINITY, 1_030);
  // Of clocks that disagree.
  looks.enter(1_000, 880, 990);
  const account = looks.account();
  expect(account?.longest).toBe(110);
  expect(account?.earliest).toMatchObject({ samples: 3, negative: 1 });
  expect(account?.earliest.max).toBeCloseTo(40, 1);
});

describe("a latency that looks date", () => {
  const latency = { ...ACCOUNT.latency, mean: 61, p95: 130, p99: 140, p995: 150 };
  const earliest = { ...ACCOUNT.latency, mean: 11, p95: 28, p99: 35, p995: 40 };
  const account = { latency, looks: { longest: 104, earliest } };
  const p95 = (bound: number) => slo("account_delivery_p95_ms").value(100).below(bound);
  const inserted = (bound: number) => slo("account_insert_p95_ms").value(1).below(bound);
  const stored = (storage: object) => ({ ...account, storage: { insertion: latency, ...storage } });

  test.each<[string, Parameters<typeof lookDelay>, number | null]>([
    ["is in doubt by the time between two looks", [p95(100), 130, account, null], 102],
    ["and by the clocks besides", [p95(100), 130, account, { by: 3, cause: "clocks" }], 105],
    ["is not where it is met: it is no greater", [p95(131), 130, account, null], null],
    ["is not where it was seen as it came", [p95(100), 130, { latency, looks: null }, null], null],
    ["is not where clocks are not known at all", [p95(100), 130, account, { by: Infinity, cause: "none" }], null],
    ["is not where nothing came", [p95(100), null, account, null], null],
    [
      "of acknowledgements has nothing to do with it",
      [slo("publish_ack_latency_ms").p95.below(1), 9, account, null],
      null,
    ],
    [
      "of rows with a time of their own has nothing to do with it",
      [inserted(9), 99, stored({ untimed: 0 }), null],
      null,
    ],
    ["of rows without is in doubt by as much as theirs", [inserted(9), 99, stored({ untimed: 1 }), null], 102],
    [
      "of rows of which some have one is in doubt by as much as the others matter",
      [inserted(9), 99, stored({ untimed: 1, earliest: { ...latency, p95: 127 } }), null],
      3,
    ],
    [
      "of rows among which the others do not matter is not",
      [inserted(9), 99, stored({ untimed: 1, earliest: latency }), null],
      null,
    ],
    ["of bursts is in doubt by the longest", [slo("account_burst_p95_ms").value(1).below(9), 99, account, null], 104],
  ])("%s", (_, given, by) => expect(lookDelay(...given)?.by ?? null).toBe(by));

  test.each<[number, string, string]>([
    [24, "PASS", "met"],
    [26, "INVALID", "unmeasured"],
    [500, "FAIL", "missed"],
  ])("of %d ms, of which up to 20 ms are between two looks, is %s by a bound of 25 ms", (value, verdict, result) => {
    const looks = { longest: 20, earliest: { ...ACCOUNT.latency, p95: value - 20 } };
    const data = dataOf({
      account_delivery_p95_ms: { values: { value } },
      schedule_delay_ms: { values: { "p(95)": 0 } },
    });
    const summary = summarize(
      inputOf({ data, account: { ...ACCOUNT, latency: { ...ACCOUNT.latency, p95: value }, looks } }),
    );
    expect(summary.verdict).toBe(verdict);
    const row = summary.rows.find(({ metric }) => metric === "account_delivery_p95_ms");
    expect(row?.result).toBe(result);
    if (result === "unmeasured")
      expect(row?.doubt).toBe("the far end was polled every 20 ms or less: a latency is known to within 20 ms");
  });
});

describe("one row without a time, among a thousand,", () => {
  const [run, publishedAt] = [runNumber("nightly"), 1_790_000_000_000];
  const row = (seq: number, insertedAt: number | null): Row => {
    const trace = { run, publisher: 1, seq, publishedAt };
    return { ...asStored(message(1, trace)), id: seq, insertedAt };
  };
  /** How wrong the 95th percentile may be. */
  function doubtOf(waited: number, bound: number) {
    const table = new TablePath("messages", run, 1, false);
    const deliveries = new Deliveries();
    for (let seq = 0; seq < 999; seq++) {
      const insertedAt = publishedAt + waited;
      table.enter(row(seq, insertedAt), insertedAt + 50, deliveries, false, insertedAt - 50);
    }
    // It was found by a search for late ones: nobody knows since when it was there.
    table.enter(row(999, null), publishedAt + 60_000, deliveries, true);
    const [latency, insertion] = [deliveries.total.percentiles(), table.insertions.percentiles()];
    const storage = { insertion, earliest: table.earliest.percentiles(), untimed: table.untimed };
    const account = { latency, looks: deliveries.looks.account(), storage };
    return lookDelay(slo("account_insert_p95_ms").value(100).below(bound), insertion.p95, account, null);
  }

  test("spoils no clear miss", () => {
    expect(doubtOf(5_000, 500)).toBeNull();
  });

  test("spoils no near one either: the others are dated by the database", () => {
    expect(doubtOf(501, 500)).toBeNull();
  });
});

test.each<[number, number, string]>([
  [1, 4_900, "FAIL"],
  [1, 400, "INVALID"],
])("a miss of %i untimed row, by 5,000 ms or %d ms, is a %s by a bound of 500 ms", (untimed, earliest, verdict) => {
  const latency = { ...ACCOUNT.latency, samples: 1_000, p95: 5_000 };
  const looks = { longest: 6_000, earliest: { ...latency, p95: earliest } };
  const storage = { ...STORAGE, insertion: latency, untimed };
  const slos = [slo("account_insert_p95_ms").value(100).below(500)];
  const data = dataOf({
    account_insert_p95_ms: { values: { value: 5_000 } },
    account_insert_p95_ms_samples: { values: { count: 1_000 } },
  });
  expect(summarize(inputOf({ data, slos, account: { ...ACCOUNT, latency, looks, storage } })).verdict).toBe(verdict);
});
