import { setTimeout as pause } from "node:timers/promises";
import type { Account } from "../../core/account.ts";
import { FILTER_FIELDS } from "../../systems/pulse/filters.ts";
import { balanced, exactly, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { LATE, SILENT } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const halfway = ({ published }: Account) => published > 400;

type PulseRow = Row<PulsePlant>;

const HEALTHY: readonly PulseRow[] = Array.from({ length: 8 }, (_, place) => ({
  name: `healthy ${place + 1}`,
  plants: "nothing",
  plant: { nats: { SEED: String(place + 1) }, websocket: { SEED: String(place + 1) } },
  expect: {
    verdict: "PASS",
    reasons: [],
    checks: [balanced, nothingLost, exactly("published", 1_200)],
  },
  fast: place === 0,
}));

const DELIVERIES: readonly PulseRow[] = [
  {
    name: "drop=1000",
    plants: "one delivery in 1,000 is not made",
    plant: { faults: ["drop=1000"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      checks: [balanced, ["one or two are lost", ({ lost }) => lost >= 1 && lost <= 3]],
    },
  },
  {
    name: "keep-last=10",
    plants: "the last 10 events are not delivered to anybody",
    plant: {
      faults: ["keep-last=10"],
      websocket: { FILTERS: "all", VUS: "3", PING_EVERY: "200ms" },
      nats: { RATE: "1000", BATCH: "20" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      besides: LATE,
      checks: [balanced, exactly("lost", 30)],
    },
  },
  {
    name: "drop-after-reconnect=1000",
    plants: "a client that comes back misses its first second",
    plant: {
      faults: ["drop-after-reconnect=1000"],
      websocket: { SCENARIO: "churn", VUS: "5", SESSION: "4s", DURATION: "13s" },
      nats: { DURATION: "7s" },
    },
    expect: { verdict: "FAIL", reasons: ["account_lost"], besides: ["account_judged_share"], checks: [balanced] },
  },
  {
    name: "fall-silent=12000",
    plants: "the gateway sends nothing to a subscription that is 12 s old",
    plant: { faults: ["fall-silent=12000"], nats: { DURATION: "12s" } },
    expect: { verdict: "FAIL", reasons: ["account_lost"], besides: LATE, checks: [balanced] },
  },
  {
    name: "duplicate=1000",
    plants: "one delivery in 1,000 is made twice",
    plant: { faults: ["duplicate=1000"] },
    expect: { verdict: "FAIL", reasons: ["account_duplicated"], checks: [balanced, nothingLost] },
  },
  {
    name: "reorder=200",
    plants: "one delivery in 200 comes behind the next one",
    plant: { faults: ["reorder=200"] },
    expect: { verdict: "FAIL", reasons: ["account_reordered"], checks: [balanced, nothingLost] },
    fast: true,
  },
  {
    name: "swap-pairs",
    plants: "every two deliveries of a subscription change places, whoever published them, at 200/s",
    plant: { faults: ["swap-pairs"], websocket: { FILTERS: "all" }, nats: { RATE: "200", BATCH: "1" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_reordered"],
      besides: LATE,
      checks: [balanced, nothingLost],
    },
    fast: true,
  },
  {
    name: "misroute=500",
    plants: "one delivery in 500 also goes to a subscriber who did not ask for it",
    plant: { faults: ["misroute=500"] },
    expect: { verdict: "FAIL", reasons: ["account_misrouted"], checks: [balanced, nothingLost] },
  },
  ...FILTER_FIELDS.map(
    (field): PulseRow => ({
      name: `ignore-filter=${field}`,
      fast: field === "accounts",
      plants: `filters are read without their ${field}`,
      plant: { faults: [`ignore-filter=${field}`], websocket: { FILTER_FIELDS: FILTER_FIELDS.join() } },
      expect: { verdict: "FAIL", reasons: ["account_misrouted"], checks: [balanced, nothingLost] },
    }),
  ),
  {
    name: "corrupt=1000",
    plants: "one delivery in 1,000 has a wrong tx_hash",
    plant: { faults: ["corrupt=1000"] },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_events_damaged"],
      besides: ["account_damaged"],
      checks: [balanced, nothingLost],
    },
    fast: true,
  },
  {
    name: "truncate=1000",
    plants: "one delivery in 1,000 breaks off before its end",
    plant: { faults: ["truncate=1000"] },
    expect: { verdict: "FAIL", reasons: ["ws_events_damaged", "account_damaged"], checks: [balanced, nothingLost] },
  },
  {
    name: "wrong-chains",
    plants: "the gateway takes two chains for each other",
    plant: { faults: ["wrong-chains"] },
    expect: {
      verdict: "FAIL",
      reasons: [
        "account_misrouted",
        "account_lost",
        "ws_events_damaged",
        "arrived at subscriptions for solana instead of their own",
        "CHAIN_IDS=ethereum=1,solana=2 would fit",
      ],
      besides: ["account_damaged", "account_delivery_", "account_latency_growth_ms", "account_negative_latency"],
      checks: [balanced],
    },
  },
  {
    name: "shared-consumer",
    plants: "two gateways read through one consumer and get half of the events each",
    plant: { faults: ["shared-consumer"], gateways: 2 },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      // Too few come to judge so rare a latency by.
      besides: ["account_delivery_p995_ms"],
      checks: [balanced, ["a large part is lost", ({ lost, expected }) => lost > expected / 10]],
    },
  },
  {
    name: "slow-consumer-drop=5",
    plants: "a client that is sent more than 5 events at once misses the rest, and is not told",
    plant: { faults: ["slow-consumer-drop=5"], nats: { BATCH: "50" } },
    expect: { verdict: "FAIL", reasons: ["account_lost"], besides: LATE, checks: [balanced] },
  },
  {
    name: "stale-health",
    plants: "the gateway says that it is ready and delivers nothing",
    plant: {
      faults: ["stale-health"],
      nats: { CANARY_TIMEOUT: "3s", DRAIN_TIMEOUT: "2s" },
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["canaries_swallowed", "has fetched the canaries", "claims to be ready"],
      besides: SILENT,
    },
  },
  {
    name: "stale-health, and nobody is asked",
    plants: "the gateway delivers nothing, and nobody knows what it says of its health",
    plant: {
      faults: ["stale-health"],
      nats: { CANARY_TIMEOUT: "3s", DRAIN_TIMEOUT: "2s", READY_URL: "http://127.0.0.1:1/ready" },
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s" },
    },
    expect: { verdict: "FAIL", reasons: ["canaries_swallowed", "has fetched the canaries"], besides: SILENT },
  },
];

/** Long enough for a subscription that judges itself to see nine tenths of its time. */
const LASTING = { websocket: { DURATION: "26s" }, nats: { DURATION: "26s" } };

const ALONE: readonly PulseRow[] = [
  {
    name: "healthy, nobody settles",
    plants: "nothing, and no receiver",
    plant: { accounted: false, ...LASTING },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "leaves after 8 s, nobody settles",
    plants:
      "subscriptions of which a quarter of the time lies at the edges, and no receiver that knows what was sent then",
    plant: { accounted: false, websocket: { DURATION: "8s" }, nats: { DURATION: "8s" } },
    expect: { verdict: "INVALID", reasons: ["ws_judged_share"], besides: LATE },
  },
  {
    name: "fall-silent=12000, nobody settles",
    plants: "the gateway sends nothing to a subscription that is 12 s old, and no receiver that would know",
    plant: { accounted: false, faults: ["fall-silent=12000"], ...LASTING },
    expect: { verdict: "INVALID", reasons: ["ws_judged_share"], besides: LATE },
  },
  {
    name: "unserved=event_types, nobody settles",
    plants: "subscriptions to an event type are sent nothing, and no receiver that would know",
    plant: {
      accounted: false,
      faults: ["unserved=event_types"],
      nats: LASTING.nats,
      websocket: { ...LASTING.websocket, FILTERS: "simple,moderate" },
    },
    expect: { verdict: "INVALID", reasons: ["ws_subscriptions_silent"], besides: LATE },
  },
  {
    name: "four faults, nobody settles",
    plants: "drops, duplicates, wrong order and wrong subscribers, and no receiver that would know",
    plant: {
      accounted: false,
      faults: ["drop=300", "duplicate=400", "reorder=250", "misroute=350"],
      ...LASTING,
    },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_events_missing", "ws_events_duplicated", "ws_events_reordered", "ws_events_misrouted"],
      // What waits to be overtaken waits long where little comes.
      besides: ["ws_event_latency_ms"],
    },
  },
  {
    name: "from the future, nobody settles",
    plants: "an event that will be published in a minute, and no receiver that could compare clocks",
    plant: {
      accounted: false,
      websocket: { DURATION: "8s", FILTERS: "all" },
      during: async ({ forge }) => {
        // The publisher makes the stream.
        const taken = () =>
          forge({ publishedAt: Date.now() + 60_000 }).then(
            () => true,
            () => false,
          );
        while (!(await taken())) await pause(50);
      },
    },
    // The event itself comes too, which makes two of it.
    expect: {
      verdict: "FAIL",
      reasons: ["ws_negative_latency", "ws_events_duplicated"],
      besides: [...LATE, "ws_judged_share"],
    },
  },
];

const SPOILT: readonly PulseRow[] = [
  {
    name: "forged events",
    plants: "events of the run that no publisher of it has sent, one of them from the future",
    plant: {
      websocket: { FILTERS: "all" },
      during: async ({ run, forge }) => {
        await run.until(halfway);
        await forge({ seq: 1_000_000 }, { seq: 1_000_001, publishedAt: Date.now() + 60_000 });
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["account_unreported", "account_negative_latency"],
      // Everybody is told of everything here, which a machine that does other things besides may be late with.
      besides: LATE,
      checks: [
        balanced,
        nothingLost,
        exactly("unreported", 2),
        ["6 come before they are sent", ({ latency }) => latency.negative === 6],
      ],
    },
  },
  {
    name: "subscribers leave early",
    plants: "all subscribers say goodbye while the load goes on for 6 s more",
    plant: { websocket: { DURATION: "8s", END_WHEN_SETTLED: "0" }, nats: { DURATION: "12s" } },
    expect: {
      verdict: "INVALID",
      reasons: ["account_judged_share"],
      besides: LATE,
      checks: [
        balanced,
        nothingLost,
        ["a fifth or more was heard by nobody", (account) => account.unheard > 0.2 * account.published],
      ],
    },
  },
  {
    name: "another run beside it",
    plants: "20 events of another run come to every subscriber",
    plant: {
      websocket: { FILTERS: "all" },
      during: async ({ run, forge }) => {
        await run.until(halfway);
        await forge(...Array.from({ length: 20 }, () => ({ run: 1 })));
      },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, exactly("foreign", 120)],
    },
  },
  {
    name: "late by a nudge",
    plants: "the last 10 events come when others push them out, after the run was settled",
    plant: {
      faults: ["keep-last=10"],
      websocket: { FILTERS: "all", END_WHEN_SETTLED: "0", DURATION: "14s" },
      during: async ({ run, forge }) => {
        await run.until(({ ending }) => ending !== null);
        await forge(...Array.from({ length: 10 }, () => ({ run: 1 })));
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_late", "account_lost"],
      besides: LATE,
      checks: [balanced, exactly("late", 60)],
    },
  },
  {
    name: "too many deliveries for the generator",
    plants: "as many events as NATS takes, each to 10 subscribers, more than k6 can read here",
    plant: { websocket: { FILTERS: "all", VUS: "10" }, nats: { RATE: "max", EVENTS: "20000" } },
    expect: {
      verdict: "INVALID",
      reasons: ["generator_lag_ms"],
      besides: [...LATE, "generator_pause_ms", "publish_ack_latency_ms"],
      checks: [balanced, nothingLost],
    },
  },
];

export const PULSE: Table<PulsePlant> = {
  subject: pulse,
  rows: [...HEALTHY, ...DELIVERIES, ...ALONE, ...SPOILT],
};
