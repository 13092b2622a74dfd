import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import { Histogram } from "../../core/histogram.ts";
import { readInfluxdb } from "../../receiver/influxdb-address.ts";
import { ACCOUNT, BUCKETS, MARKS, NOTHING_WRITTEN, pointsOf, type RunSnapshot } from "../../receiver/points.ts";
import { ACCOUNT as SETTLED, STORAGE, WEBHOOKS } from "./records.ts";

const OPENED = 1_000;

function observed(account: Partial<Account>, settledAt: number | null = null): RunSnapshot {
  return {
    account: {
      ...SETTLED,
      unknown: 0,
      ...account,
    },
    buckets: new Histogram().buckets(),
    openedAt: OPENED,
    settledAt,
  };
}

const marksOf = (points: ReturnType<typeof pointsOf>["points"]) =>
  points.filter(({ measurement }) => measurement === MARKS).map(({ tags, fields }) => [tags["kind"], fields["text"]]);

describe("what is written of a run", () => {
  test("its figures, its latencies by bucket, and its start at the moment it was opened", () => {
    const { points } = pointsOf(
      observed({ run: "a", ending: null, expected: 10, delivered: 7, lost: 3 }),
      NOTHING_WRITTEN,
      5_000,
    );
    const [account] = points;
    expect(account).toMatchObject({ measurement: ACCOUNT, tags: { testid: "a" }, timestamp: new Date(5_000) });
    expect(account?.fields).toMatchObject({ expected: 10, delivered: 7, backlog: 3, lost: 0 });
    expect(points.filter(({ measurement }) => measurement === BUCKETS)).toHaveLength(new Histogram().buckets().length);
    expect(points.find(({ tags }) => tags["kind"] === "start")?.timestamp).toEqual(new Date(OPENED));
  });

  test("what is missing is backlog while the run goes on, and lost when it is settled", () => {
    const running = pointsOf(observed({ ending: null, lost: 3 }), NOTHING_WRITTEN, 2_000);
    const { points } = pointsOf(observed({ ending: "quiet", lost: 3 }, 2_500), running.written, 3_000);
    expect(points[0]?.fields).toMatchObject({ backlog: 0, lost: 3 });
    expect(marksOf(points)).toEqual([
      ["fault", "3 lost"],
      ["end", expect.stringContaining("quiet")],
    ]);
    expect(points.find(({ tags }) => tags["kind"] === "end")?.timestamp).toEqual(new Date(2_500));
  });

  test("a fault is marked when there is more of it, and not again", () => {
    const first = pointsOf(observed({ ending: null, duplicated: 2 }), NOTHING_WRITTEN, 2_000);
    const second = pointsOf(observed({ ending: null, duplicated: 2 }), first.written, 3_000);
    const third = pointsOf(observed({ ending: null, duplicated: 5, misrouted: 1 }), second.written, 4_000);
    expect([first, second, third].map(({ points }) => marksOf(points).filter(([kind]) => kind === "fault"))).toEqual([
      [["fault", "2 duplicated"]],
      [],
      [["fault", "3 duplicated, 1 misrouted"]],
    ]);
  });

  test.each([
    ["webhooks may come", { webhooks: WEBHOOKS }],
    ["rows may be inserted", { storage: STORAGE }],
  ])("%s in any order", (_, end) => {
    const { points } = pointsOf(
      observed({ run: "a", ending: null, reordered: 9, order: "none", ordered: false, ...end }),
      NOTHING_WRITTEN,
      2_000,
    );
    expect(marksOf(points)).toEqual([["start", "run a was opened; order: no order is promised"]]);
    expect(points[0]?.fields).toMatchObject({ reordered: 0 });
  });

  test("nothing more once it is settled, except what comes too late", () => {
    const settled = observed({ ending: "complete", lost: 0 }, 2_000);
    const { written } = pointsOf(settled, NOTHING_WRITTEN, 3_000);
    expect(pointsOf(settled, written, 4_000).points).toEqual([]);
    const late = { ...settled, account: { ...settled.account, late: 1 } };
    expect(marksOf(pointsOf(late, written, 5_000).points)).toEqual([["fault", "1 late"]]);
  });
});

describe("buckets of latencies", () => {
  const latency = fc.double({ min: -10, max: 20_000, noNaN: true });

  test("hold every sample that is not below zero, each between its bounds", () => {
    fc.assert(
      fc.property(fc.array(latency), (values) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        for (const { above, through, count } of histogram.buckets()) {
          const within = values.filter(
            (value) => value >= 0 && (value > above || above === 0) && (through === null || value <= through),
          );
          expect(count).toBe(within.length);
        }
      }),
    );
  });

  test("of two histograms add up", () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (ones, others) => {
        const [one, other, both] = [new Histogram(), new Histogram(), new Histogram()];
        for (const value of ones) one.record(value);
        for (const value of others) other.record(value);
        for (const value of [...ones, ...others]) both.record(value);
        one.merge(other);
        expect(one.buckets()).toEqual(both.buckets());
      }),
    );
  });
});

describe("a database's address", () => {
  test.each([
    ["http://localhost:8086/k6", { protocol: "http", host: "localhost", port: 8086, name: "k6" }],
    ["https://influx.example/k6", { protocol: "https", port: 443 }],
    ["http://influx.example/k6", { protocol: "http", port: 8086 }],
    ["http://me:p%40ss@localhost:8086/k6", { username: "me", password: "p@ss" }],
    ["http://any:t%3D%2F%40@localhost:8086/?org=my%20org&bucket=k6", { org: "my org", bucket: "k6", token: "t=/@" }],
    ["https://:t0ken@influx.example?bucket=b&org=o", { protocol: "https", port: 443, org: "o", bucket: "b" }],
  ])("%s", (text, expected) => {
    expect(readInfluxdb(text)).toMatchObject(expected);
  });

  test.each([
    "",
    "localhost:8086",
    "http://localhost:8086",
    "http://localhost:8086/",
    "http://localhost/a/b",
    "udp://host/k6",
    "http://localhost/50%",
    "http://us%er@localhost/k6",
    "http://user:100%@localhost/k6",
    "http://any:t0ken@localhost:8086/?org=o",
    "http://any:t0ken@localhost:8086/?bucket=b",
    "http://localhost:8086/?org=o&bucket=b",
    "http://any:t0ken@localhost:8086/k6?org=o&bucket=b",
    "http://any:t0ken@localhost:8086/?org=o&bucket=b&precision=s",
  ])("%j is none", (text) => {
    expect(readInfluxdb(text)).toBeNull();
  });
});
