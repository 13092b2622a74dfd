/** Rows planted under clients that come and go, vanish, and read slowly. */
import { balanced, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { LATE } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

/** Five sessions a second; half of them vanish, and a quarter subscribes again. */
const websocket = { SCENARIO: "churn", VUS: "20", SESSION: "3s", SESSION_RATE: "5", DURATION: "16s" };
const nats = { DURATION: "9s" };

const ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "churn: healthy",
    plants: "nothing; half of the clients vanish without a word",
    plant: { bundle: "sockets", websocket, nats },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  {
    name: "churn: healthy, with closing frames",
    plants: "nothing; k6's own connections, which say goodbye",
    plant: { websocket, nats },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  {
    name: "churn: connection-cap=8",
    plants: "a gateway that lets in 8 clients at a time, where 15 are there",
    plant: { bundle: "sockets", faults: ["connection-cap=8"], websocket, nats },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_sessions_missed", "ws_connection_errors_total"],
      besides: ["ws_error_rate", "ws_sessions_lost", "account_judged_share"],
    },
  },
  {
    name: "churn: keep-subscriptions",
    plants: "a gateway that keeps a subscription that was given up",
    plant: {
      bundle: "sockets",
      faults: ["keep-subscriptions"],
      websocket: { ...websocket, RESUBSCRIBE_SHARE: "1" },
      nats,
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_duplicated", "ws_error_rate"],
      // Clients give up what goes on after they have left it, and nobody listens until they are back.
      besides: ["account_judged_share"],
      checks: [nothingLost],
    },
  },
  {
    name: "slow readers: healthy",
    plants: "nothing; two of ten clients read 1 kB/s",
    plant: {
      bundle: "sockets",
      websocket: { VUS: "10", SLOW_READERS: "0.2", SLOW_READ_RATE: "1", FILTERS: "all" },
      nats: { SUBSCRIPTIONS: "8" },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, ["eight are judged", ({ paths }) => paths === 8]],
    },
  },
  {
    name: "slow readers: wait-for-slow",
    plants: "a gateway that waits for its slowest client before it goes on",
    plant: {
      bundle: "sockets",
      faults: ["wait-for-slow"],
      websocket: { VUS: "5", SLOW_READERS: "0.2", SLOW_READ_RATE: "1", FILTERS: "all" },
      // So long that the few megabytes that the system keeps for a slow client are full before the end.
      nats: { SUBSCRIPTIONS: "4", RATE: "1000", BATCH: "20", DURATION: "14s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      besides: [...LATE, "account_latency_growth_ms", "account_late", "ws_"],
    },
  },
];

export const PULSE_CHURN: Table<PulsePlant> = { subject: pulse, rows: ROWS };
