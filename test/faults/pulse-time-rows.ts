/** Rows in which deliveries come late, or connections do not hold. */
import { balanced, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { LATE, P95, P99, P995 } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const GROWTH = "account_latency_growth_ms";

type PulseRow = Row<PulsePlant>;

const TIMES: readonly PulseRow[] = [
  {
    name: "delay=60",
    plants: "every delivery is 60 ms late",
    plant: { faults: ["delay=60"] },
    expect: {
      verdict: "FAIL",
      reasons: [P95, P99, "ws_event_latency_ms p(95)", "ws_event_latency_ms p(99)"],
      besides: [P995],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "slow-tail=200",
    plants: "one delivery in 100 is 200 ms late",
    plant: { faults: ["slow-tail=200"] },
    expect: {
      verdict: "FAIL",
      reasons: [P995],
      besides: ["account_reordered", P99, "ws_event_latency_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "creep=3",
    plants: "deliveries become 3 ms slower with every second",
    plant: { faults: ["creep=3"], nats: { DURATION: "7s" } },
    expect: {
      verdict: "FAIL",
      reasons: [GROWTH],
      besides: [P95, "ws_event_latency_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "stall=500/4000",
    plants: "nothing is delivered for 0.5 s of every 4 s",
    plant: { faults: ["stall=500/4000"], nats: { DURATION: "5s" } },
    expect: {
      verdict: "FAIL",
      reasons: [P95, P99, P995],
      besides: ["ws_event_latency_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "stall=2000/20000",
    plants: "nothing is delivered for 2 s of every 20 s",
    plant: {
      faults: ["stall=2000/20000"],
      nats: { DURATION: "21s" },
      // What was held back comes at once, and a script takes its time to read it.
      websocket: { SLO_GENERATOR_LAG_MS_P99: "1000" },
    },
    expect: {
      verdict: "FAIL",
      reasons: [P99, P995],
      besides: [P95, "ws_event_latency_ms"],
      checks: [balanced, nothingLost],
    },
  },
];

const CONNECTIONS: readonly PulseRow[] = [
  {
    name: "connection-cap=4",
    fast: true,
    plants: "only 4 of 6 clients are let in",
    plant: { faults: ["connection-cap=4"], websocket: { FILTERS: "simple" } },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_connection_errors_total"],
      besides: ["ws_error_rate"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "refuse-upgrade=100",
    plants: "one WebSocket upgrade in 100 is refused",
    plant: { faults: ["refuse-upgrade=100"], websocket: { SOCKETS: "20", FILTERS: "complex" } },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_connection_errors_total"],
      besides: ["ws_error_rate"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "close-idle=3500",
    plants: "a client that says nothing for 3.5 s is disconnected",
    plant: {
      faults: ["close-idle=3500"],
      websocket: { PING_EVERY: "20s", SOCKETS: "10", FILTERS: "complex" },
      nats: { DURATION: "6s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_sessions_lost"],
      besides: ["account_lost", "account_judged_share"],
      checks: [balanced],
    },
  },
  {
    name: "deaf-end=6000",
    plants: "each connection is closed when it is 6 s old, and what came for it in its last second is thrown away",
    plant: { faults: ["deaf-end=6000"], nats: { DURATION: "9s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "ws_sessions_lost", "1001 enough"],
      besides: ["account_judged_share", "ws_error_rate", ...LATE],
      checks: [balanced],
    },
  },
  {
    name: "slow-subscribe=1500",
    plants: "a subscription takes 1.5 s to be granted",
    plant: { faults: ["slow-subscribe=1500"] },
    expect: { verdict: "FAIL", reasons: ["ws_subscription_latency_ms"], checks: [balanced, nothingLost] },
  },
];

export const PULSE_TIMES: Table<PulsePlant> = { subject: pulse, rows: [...TIMES, ...CONNECTIONS] };
