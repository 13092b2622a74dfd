/** Rows in which networks fail in the middle of a run, or are no good from the beginning. */
import { setTimeout as pause } from "node:timers/promises";
import { balanced, begun, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { ACK, LATE, P95, P99, P995, TOO_FEW } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const NETWORK_ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "chaos: NATS far away",
    plants: "the way to NATS takes 150 ms in each direction",
    plant: { networks: { nats: { latency: 150 } }, nats: { BATCH: "10", WORKERS: "40" } },
    expect: {
      verdict: "FAIL",
      reasons: [ACK, P95],
      besides: LATE,
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: NATS out of reach",
    plants: "the way to NATS swallows everything in mid-run, and nobody is told",
    plant: {
      networks: { nats: {} },
      nats: { ACK_TIMEOUT: "1s" },
      during: async ({ run, networks }) => {
        await run.until(begun);
        networks.nats.conditions.silent = true;
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["events_unknown"],
      besides: [ACK, ...LATE, "the target was unreachable", "account_judged_share", TOO_FEW],
      checks: [balanced, nothingLost, ["some are unknown", ({ unknown }) => unknown > 0]],
    },
  },
  {
    name: "chaos: subscribers far away",
    plants: "the way from the gateway takes 100 ms",
    plant: { networks: { websocket: { latency: 100 } } },
    expect: { verdict: "FAIL", reasons: [P95, P99, P995], besides: LATE, checks: [balanced, nothingLost] },
  },
  {
    name: "chaos: a thin line",
    plants: "each subscriber can be sent 60 kB a second, and some want more",
    plant: { networks: { websocket: { bandwidth: 60_000 } } },
    expect: {
      verdict: "FAIL",
      reasons: [P95, P99, P995],
      besides: [...LATE, "account_latency_growth_ms", "ws_error_rate"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: connections reset",
    fast: true,
    plants: "all connections to the gateway are reset in mid-run",
    plant: {
      networks: { websocket: {} },
      during: async ({ run, networks }) => {
        await run.until(begun);
        networks.websocket.reset();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_sessions_lost"],
      besides: ["ws_error_rate", "account_lost", "account_judged_share"],
      checks: [balanced],
    },
  },
  {
    name: "chaos: half-open connections",
    plants: "the way to the gateway swallows everything in mid-run, nobody is told, and 10 s later it resets",
    plant: {
      networks: { websocket: {} },
      websocket: { CONNECT_TIMEOUT: "2s" },
      during: async ({ run, networks }) => {
        await run.until(begun);
        networks.websocket.conditions.silent = true;
        // k6 would wait for the goodbye of the other end without end.
        await pause(10_000);
        networks.websocket.reset();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "ws_error_rate"],
      besides: ["ws_sessions_lost", "ws_connection_errors_total", "account_judged_share", TOO_FEW],
      checks: [balanced],
    },
  },
];

export const CHAOS_OF_NETWORKS: Table<PulsePlant> = { subject: pulse, rows: NETWORK_ROWS };
