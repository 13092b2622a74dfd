import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attribute, ownDelay, weighed, withCauses } from "../../core/attribution.ts";
import { type Evidence, evidenceOf } from "../../core/evidence.ts";
import { isUnreachable, shortageOf } from "../../core/shortage.ts";
import { type Slo, slo, spoiling, valid } from "../../core/slo.ts";
import { together } from "../../core/together.ts";
import { type Judgement, judge } from "../../core/verdict.ts";
import { slos } from "../../thresholds.ts";

const CLEAN: Evidence = {
  shortages: {},
  pause: null,
  lateness: {},
  answers: {},
  unsent: { unreachable: 0, waiting: 0, from: null, to: null, again: null },
  offered: 1_000,
  waited: null,
  lag: null,
};
const AT = Date.UTC(2026, 10, 28, 15, 0, 0);

describe("an error of this machine", () => {
  test.each([
    ["dial tcp 127.0.0.1:24003: socket: too many open files", "descriptors"],
    ["accept4: file table overflow", "descriptors"],
    ["dial tcp 10.0.0.1:80: connect: cannot assign requested address", "ports"],
    ["dial tcp :0->10.0.0.1:80: bind: address already in use", "ports"],
    ["fork/exec: cannot allocate memory", "memory"],
    ["write tcp 127.0.0.1:1->127.0.0.1:2: write: no buffer space available", "memory"],
    ["lookup gateway.corp.example on 127.0.0.53:53: no such host", "names"],
    ["lookup gateway.corp.example on 127.0.0.53:53: server misbehaving", "names"],
    ["lookup gateway.corp.example: i/o timeout", "names"],
    ["proxyconnect tcp: dial tcp 127.0.0.1:3128: connect: connection refused", "proxy"],
    ["Proxy Authentication Required", "proxy"],
    // Errors of the way to the target, or of the target.
    ["dial tcp 127.0.0.1:24003: connect: connection refused", null],
    ["dial tcp 10.0.0.1:80: i/o timeout", null],
    ["read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", null],
    ["EOF", null],
    ["request timeout", null],
    // A method, an address or the code of a system stands before what this machine says.
    ["POST failed: dial tcp 127.0.0.1:1: connect: cannot assign requested address", "ports"],
    ["127.0.0.1:4222: too many open files", "descriptors"],
    ["EADDRNOTAVAIL: cannot assign requested address", "ports"],
    ["407 Proxy Authentication Required", "proxy"],
    // Of the target's own machine, in its own words.
    ["500 accept tcp [::]:80: accept4: too many open files", null],
    ["1011 too many open files", null],
    ["ERR Can't save in background: fork: Cannot allocate memory", null],
    ["GoError: MISCONF Cannot allocate memory", null],
  ])("%s: %s", (error, kind) => {
    expect(shortageOf(error)).toBe(kind);
  });
});

test.each([
  ["dial tcp 127.0.0.1:1: connect: connection refused", true],
  ["GoError: dial tcp 10.0.0.1:6379: i/o timeout", true],
  ["redis: connection pool timeout", true],
  ["x509: certificate signed by unknown authority", true],
  ["lookup: no such host", true],
  // A proxy or a gateway of the target says so.
  ["502 dial tcp 10.0.0.1:80: connect: connection refused", false],
  // It may have been taken before.
  ["EOF", false],
  ["request timeout", false],
  ["read tcp 127.0.0.1:1->127.0.0.1:2: i/o timeout", false],
  ["write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe", false],
])("%s says that nothing was sent: %s", (error, holds) => {
  expect(isUnreachable(error)).toBe(holds);
});

describe("the blame", () => {
  test.each<[string, Partial<Evidence>, [string, string][]]>([
    ["of a clean run falls on nobody", {}, []],
    [
      "of a machine without descriptors falls on it, with what to raise",
      { shortages: { descriptors: 31_824 } },
      [
        [
          "machine",
          "this machine ran out of file descriptors in 31,824 attempts: raise the limit of open files (ulimit -n), or use fewer connections",
        ],
      ],
    ],
    [
      "of several shortages is told one by one",
      { shortages: { names: 1, ports: 20 } },
      [
        [
          "machine",
          "this machine ran out of local ports in 20 attempts: raise net.ipv4.ip_local_port_range, or use fewer connections",
        ],
        [
          "machine",
          "this machine finds no host of the target's name in 1 attempt: look at the spelling of the host first, then at the name server (/etc/resolv.conf)",
        ],
      ],
    ],
    [
      "of a generator that was stopped falls on it, with the moments",
      { pause: { longest: 3_020, from: AT, to: AT + 62_000 } },
      [
        [
          "generator",
          "the generator stood still for up to 3.0 s from 15:00:00Z to 15:01:02Z: k6 was stopped or had no CPU",
        ],
      ],
    ],
    ["of one that stood still for a moment falls on nobody", { pause: { longest: 900, from: AT, to: AT } }, []],
    [
      "of a broker that is away falls on the target, with the time",
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000 } },
      [["target", "the target was unreachable from 15:00:00Z to 15:00:03Z: 375 of 1,000 events were not sent"]],
    ],
    [
      "of a broker that came back falls on it, with the time",
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000, again: AT + 3_100 } },
      [["target", "the target was unreachable from 15:00:00Z to 15:00:03Z: 375 of 1,000 events were not sent"]],
    ],
    [
      "of a target that stays away falls on it, and its end is that of the load",
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000, again: null } },
      [
        [
          "target",
          "the target was unreachable from 15:00:00Z to the end of the load (15:00:03Z): 375 of 1,000 events were not sent",
        ],
      ],
    ],
    [
      "of a target that came back and went again is told up to the end of the load",
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000, again: AT + 2_000 } },
      [
        [
          "target",
          "the target was unreachable from 15:00:00Z to the end of the load (15:00:03Z): 375 of 1,000 events were not sent",
        ],
      ],
    ],
    [
      "of answers that never come falls on the target",
      { unsent: { unreachable: 0, waiting: 40, from: null, to: null } },
      [["target", "every publisher was waiting for the target's answers: 40 of 1,000 events were not sent"]],
    ],
    [
      "of publishers who are too few for a target that is quick falls on the generator",
      { unsent: { unreachable: 0, waiting: 40, from: null, to: null }, waited: { least: 20, most: 90 } },
      [
        [
          "generator",
          "no publisher was free: WORKERS is too low for answers that take 20 ms or more: 40 of 1,000 events were not sent",
        ],
      ],
    ],
  ])("%s", (_, evidence, expected) => {
    expect(attribute({ ...CLEAN, ...evidence }).map(({ side, text }) => [side, text])).toEqual(expected);
  });
});

const WEBSOCKET_LAG = { longest: 92, turn: 0, share: 0 };

/** Judges a delivery latency beside a late reader, as one test or as two that share the account. */
function judgedBesideLag(latency: number, p95: number, lag: Evidence["lag"], of: "one" | "two" = "one") {
  const slow = slo("account_delivery_p95_ms").value(100).below(500);
  const rows = spoiling(/^account_delivery_\w+_ms$/, valid("generator_lag_ms").p95.below(50));
  const evidence = { ...CLEAN, lag };
  const observed = ({ metric }: Slo) => (metric === "generator_lag_ms" ? p95 : latency);
  const subscribers = judge(
    weighed([...rows, slow], observed, evidence).map((row) => ({
      ...{ slo: row, observed: observed(row), samples: 4_000 },
      uncertainty: ownDelay(row, observed(row), evidence),
    })),
  );
  if (of === "one") return subscribers;
  const publishers = judge([{ slo: slow, observed: latency, samples: 4_000 }]);
  return together([publishers, subscribers])[0] as Judgement;
}

describe("a latency beside a reader that was late", () => {
  test.each<[string, number, number, Evidence["lag"], string, string | undefined]>([
    ["is judged where no lag explains it", 3_971, 55.7, WEBSOCKET_LAG, "FAIL", "account_delivery_p95_ms"],
    ["is not where the lag may explain it", 900, 55.7, WEBSOCKET_LAG, "INVALID", "generator_lag_ms"],
    [
      "is not where the reader was saturated",
      3_971,
      900,
      { ...WEBSOCKET_LAG, longest: 3_000 },
      "INVALID",
      "generator_lag_ms",
    ],
    ["is not where nobody knows the longest lag", 3_971, 55.7, null, "INVALID", "generator_lag_ms"],
    ["that meets its bound is no pass", 300, 55.7, WEBSOCKET_LAG, "INVALID", "generator_lag_ms"],
    [
      "is judged where a burst alone waited",
      3_971,
      8,
      { longest: 92, turn: 92, share: 0.2 },
      "FAIL",
      "account_delivery_p95_ms",
    ],
    [
      "is not where the wait within a burst explains it",
      560,
      8,
      { longest: 92, turn: 92, share: 0.2 },
      "INVALID",
      "account_delivery_p95_ms",
    ],
    [
      "is judged where too few waited for that to matter",
      560,
      8,
      { longest: 92, turn: 92, share: 0.004 },
      "FAIL",
      "account_delivery_p95_ms",
    ],
    [
      "that meets its bound passes, however long a burst waited",
      499,
      8,
      { longest: 92, turn: 92, share: 0.2 },
      "PASS",
      undefined,
    ],
  ])("%s", (_, latency, p95, lag, verdict, first) => {
    const judgement = judgedBesideLag(latency, p95, lag);
    expect([judgement.verdict, judgement.reasons[0]?.metric]).toEqual([verdict, first]);
    const publishers = judgedBesideLag(latency, p95, lag, "two").verdict;
    // A condition of the subscribers is no reason of the publishers.
    expect(publishers).toBe(latency < 500 ? "PASS" : verdict);
  });

  test("fails no target that is quick enough, and no lag that grows turns what could not be judged into a failure", () => {
    const lagOf = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(
        lagOf,
        lagOf,
        fc.integer({ min: 1, max: 499 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (longest, more, truth, part) => {
          const measured = truth + part * longest;
          const lag = (worst: number) => ({ longest: worst, turn: 0, share: 0 });
          const [before, after] = [longest, longest + more].map(
            (one) => judgedBesideLag(measured, 51 + one, lag(one)).verdict,
          );
          expect([before, after]).toEqual(["INVALID", "INVALID"]);
        },
      ),
    );
    fc.assert(
      fc.property(lagOf, lagOf, fc.integer({ min: 1, max: 100_000 }), (longest, more, measured) => {
        const [before, after] = [longest, longest + more].map(
          (one) => judgedBesideLag(measured, 51, { longest: one, turn: 0, share: 0 }).verdict,
        );
        if (before === "INVALID") expect(after).toBe("INVALID");
      }),
    );
  });
});

const ROWS = [
  ...slos("redis", { accounted: false, events: 1_000 }),
  slo("http_error_rate").rate.below(0.001),
  slo("http_health_latency_ms").p99.below(50),
  slo("account_delivery_p95_ms").value(100).below(25),
];

/** Judges what is not as it should be of a run of redis, by the evidence. */
function judged(observed: Readonly<Record<string, number>>, evidence: Partial<Evidence>) {
  const all = { ...CLEAN, ...evidence };
  const of = ({ metric, comparison, bound }: Slo) => observed[metric] ?? (comparison === "<" ? bound / 2 : bound);
  const whole = judge(
    weighed(ROWS, of, all).map((row) => ({
      slo: row,
      observed: of(row),
      samples: 10_000,
      uncertainty: ownDelay(row, of(row), all),
    })),
  );
  const { verdict, reasons } = withCauses(whole, attribute(all));
  return [verdict, ...reasons.map(({ text }) => text.replace(/[ :].*/, ""))];
}

describe("the verdict", () => {
  test.each<[string, Record<string, number>, Partial<Evidence>, string[]]>([
    ["of a clean run", {}, {}, ["PASS"]],
    ["of a slow target, sent to on time", { publish_ack_latency_ms: 3_000 }, {}, ["FAIL", "publish_ack_latency_ms"]],
    [
      "of a slow target beside a late schedule, which explains a part of it",
      { publish_ack_latency_ms: 3_000, schedule_delay_ms: 500 },
      { lateness: { "p(95)": 500 } },
      ["FAIL", "publish_ack_latency_ms", "schedule_delay_ms"],
    ],
    [
      "of a latency that a generator without CPU makes all by itself",
      { publish_ack_latency_ms: 3_042, schedule_delay_ms: 996 },
      { lateness: { "p(95)": 996 } },
      ["INVALID", "schedule_delay_ms"],
    ],
    [
      "of a latency that may be the generator's own delay",
      { publish_ack_latency_ms: 400, schedule_delay_ms: 180 },
      { lateness: { "p(95)": 180 } },
      ["INVALID", "publish_ack_latency_ms"],
    ],
    [
      "of a latency that a small delay explains",
      { publish_ack_latency_ms: 255 },
      { lateness: { "p(95)": 10 } },
      ["FAIL", "publish_ack_latency_ms"],
    ],
    [
      "of an answer that this machine may have made slow",
      { http_health_latency_ms: 105 },
      { lateness: { "p(99)": 12 } },
      ["INVALID", "http_health_latency_ms"],
    ],
    [
      "of an answer that was slower than a late machine explains",
      { http_health_latency_ms: 120 },
      { lateness: { "p(99)": 12 } },
      ["FAIL", "http_health_latency_ms"],
    ],
    [
      "of a slow answer on a quiet machine",
      { http_health_latency_ms: 60 },
      { lateness: { "p(99)": 3 } },
      ["FAIL", "http_health_latency_ms"],
    ],
    [
      "of deliveries that this machine may have made slow",
      { account_delivery_p95_ms: 40 },
      { lateness: { "p(95)": 8, "p(99)": 1 } },
      ["INVALID", "account_delivery_p95_ms"],
    ],
    [
      "of slow deliveries on a machine that was late at times only",
      { account_delivery_p95_ms: 40 },
      { lateness: { "p(95)": 1, "p(99)": 30 } },
      ["FAIL", "account_delivery_p95_ms"],
    ],
    [
      "of a late schedule alone",
      { schedule_delay_ms: 300 },
      { lateness: { "p(95)": 300 } },
      ["INVALID", "schedule_delay_ms"],
    ],
    [
      "of a broker that is away, beside a latency that may be the generator's own delay",
      { events_unsent: 445, publish_ack_latency_ms: 411, schedule_delay_ms: 210 },
      { unsent: { unreachable: 445, waiting: 0, from: AT, to: AT + 3_000 }, lateness: { "p(95)": 210 } },
      ["FAIL", "the", "schedule_delay_ms"],
    ],
    [
      "of one publisher that is asked for more than it can send, late itself",
      { events_unsent: 97_500, schedule_delay_ms: 639 },
      { unsent: { unreachable: 0, waiting: 97_500, from: null, to: null }, lateness: { "p(95)": 639 } },
      ["INVALID", "schedule_delay_ms"],
    ],
    [
      "of publishers that wait for a slow target, and are on time themselves",
      { events_unsent: 300 },
      { unsent: { unreachable: 0, waiting: 300, from: null, to: null } },
      ["FAIL", "every"],
    ],
    [
      "of publishers who are too few for a target that is quick",
      { events_unsent: 300 },
      { unsent: { unreachable: 0, waiting: 300, from: null, to: null }, waited: { least: 20, most: 90 } },
      ["INVALID", "no"],
    ],
    [
      "of publishers who are too few, and of a target that stood still and kept them waiting",
      { events_unsent: 300 },
      {
        unsent: { unreachable: 0, waiting: 300, from: null, to: null },
        waited: { least: 20, most: 2_900 },
        answers: { "p(99)": 12, max: 3_000 },
      },
      ["FAIL", "every"],
    ],
    [
      "of publishers who are too few at the peak alone, and of a target that stood still while others were free",
      { events_unsent: 300 },
      {
        unsent: { unreachable: 0, waiting: 300, from: null, to: null },
        waited: { least: 20, most: 90 },
        answers: { "p(99)": 12, max: 3_000 },
      },
      ["INVALID", "no"],
    ],
    [
      "of publishers who are too few, and of an answer that this machine made slow",
      { events_unsent: 300 },
      {
        unsent: { unreachable: 0, waiting: 300, from: null, to: null },
        waited: { least: 20, most: 1_200 },
        lateness: { max: 250 },
        answers: { "p(99)": 12, max: 1_200 },
      },
      ["INVALID", "no"],
    ],
    [
      "of publishers whose answers had not come when the load was cut off, on a machine that was late now and then",
      { events_unsent: 300 },
      { unsent: { unreachable: 0, waiting: 300, from: null, to: null }, lateness: { max: 250 } },
      ["FAIL", "every"],
    ],
    [
      "of publishers who are too few, and of a target that is slow all the same",
      { events_unsent: 300, publish_ack_latency_ms: 900 },
      { unsent: { unreachable: 0, waiting: 300, from: null, to: null }, waited: { least: 20, most: 900 } },
      ["FAIL", "publish_ack_latency_ms", "no"],
    ],
    [
      "of publishers that wait for a target on a machine that is late with every step",
      { events_unsent: 90 },
      {
        unsent: { unreachable: 0, waiting: 90, from: null, to: null },
        lateness: { "p(99)": 100 },
        answers: { "p(99)": 430 },
      },
      ["INVALID", "every"],
    ],
    [
      "of publishers that wait for a target longer than a late machine explains",
      { events_unsent: 90 },
      {
        unsent: { unreachable: 0, waiting: 90, from: null, to: null },
        lateness: { "p(99)": 30 },
        answers: { "p(99)": 430 },
      },
      ["FAIL", "every"],
    ],
    [
      "of a generator that was stopped, whatever it saw of the target",
      { publish_ack_latency_ms: 9_000, generator_pause_ms: 3_000, schedule_delay_ms: 400 },
      { pause: { longest: 3_000, from: AT, to: AT }, lateness: { "p(95)": 400 } },
      ["INVALID", "the"],
    ],
    [
      "of answers whose time was up while the generator was stopped",
      { events_unknown: 25, generator_pause_ms: 3_000 },
      { pause: { longest: 3_000, from: AT, to: AT } },
      ["INVALID", "the"],
    ],
    [
      "of a machine without descriptors: one reason",
      { host_shortages: 9, http_error_rate: 0.6, publish_ack_latency_ms: 400 },
      { shortages: { descriptors: 9 } },
      ["INVALID", "this"],
    ],
    [
      "of a broker that is away: one reason",
      { events_unsent: 375 },
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000 } },
      ["FAIL", "the"],
    ],
    [
      "of a target that was killed: that it was away comes before what else is missing",
      { events_unknown: 4, events_unsent: 375 },
      { unsent: { unreachable: 375, waiting: 0, from: AT, to: AT + 3_000 } },
      ["FAIL", "the", "events_unknown"],
    ],
  ])("%s", (_, observed, evidence, expected) => {
    expect(judged(observed, evidence)).toEqual(expected);
  });
});

test("the evidence is in what k6 aggregated", () => {
  expect(evidenceOf({})).toEqual({ ...CLEAN, offered: 0 });
  expect(
    evidenceOf({
      host_ports: { count: 3 },
      host_memory: { count: 0 },
      generator_pause_ms: { max: 2_000 },
      generator_paused_at: { min: AT, max: AT + 1 },
      schedule_delay_ms: { "p(95)": 7 },
      unsent_unreachable: { count: 5 },
      unreachable_at: { min: AT, max: AT + 2 },
      reached_again_at: { min: AT + 1, max: AT + 9 },
      events_offered: { count: 50 },
      publish_ack_latency_ms: { "p(99)": 40 },
      publisher_waited_ms: { min: 20, max: 90 },
      generator_lag_ms: { max: 8, count: 400 },
      generator_turn_ms: { max: 92, count: 100 },
    }),
  ).toEqual({
    lag: { longest: 92, turn: 92, share: 0.25 },
    shortages: { ports: 3 },
    pause: { longest: 2_000, from: AT, to: AT + 1 },
    answers: { "p(99)": 40 },
    lateness: { "p(95)": 7 },
    unsent: { unreachable: 5, waiting: 0, from: AT, to: AT + 2, again: AT + 9 },
    offered: 50,
    waited: { least: 20, most: 90 },
  });
});
