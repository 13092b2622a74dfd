/** Rows in which processes die, halt and come back in the middle of a run. */
import { setTimeout as pause } from "node:timers/promises";
import { balanced, begun, exactly, nothingLost } from "./checks.ts";
import { halted } from "./process.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { ACK, BEHIND, LATE, P95, P99, P995, TOO_FEW } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

/** What is missing where reports were: nobody knows what came. */
const UNHEARD = ["account_unreported", "account_expected", "account_silent_paths", "account_lost", TOO_FEW];

const PULSE_ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "chaos: NATS killed",
    plants: "nats-server is killed with SIGKILL and started again a second later",
    plant: {
      nats: { DURATION: "6s", ACK_TIMEOUT: "2s" },
      during: async ({ run, nats }) => {
        await run.until(begun);
        await nats.kill();
        await pause(1_000);
        await nats.again();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["the target was unreachable"],
      besides: [...LATE, ACK, "events_unknown", "account_lost"],
      checks: [balanced],
    },
  },
  {
    name: "chaos: NATS halted",
    plants: "nats-server stands still for 5 s",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run, nats }) => {
        await run.until(begun);
        await nats.halt(5_000);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: [ACK],
      besides: ["generator_lag_ms", ...LATE, "events_unknown", "account_late"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: gateway killed",
    plants: "the gateway is killed and started again half a second later",
    plant: {
      nats: { DURATION: "6s" },
      during: async ({ run, gateway }) => {
        await run.until(begun);
        await gateway.kill();
        await pause(500);
        await gateway.again();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["ws_sessions_lost"],
      // What was on its way when it died is lost, and while it was away nobody listened.
      besides: ["ws_error_rate", "ws_connection_errors_total", ...LATE, "account_lost", "account_judged_share"],
      checks: [balanced, ["nobody listened while it was away", ({ unheard }) => unheard > 0]],
    },
  },
  {
    name: "chaos: gateway halted",
    plants: "the gateway stands still for 5 s",
    plant: {
      nats: { DURATION: "7s" },
      // What was held back comes at once, and a script takes its time to read it.
      websocket: { SLO_GENERATOR_LAG_MS_P99: "1000" },
      during: async ({ run, gateway }) => {
        await run.until(begun);
        await gateway.halt(5_000);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: [P95, P99, P995],
      besides: ["ws_event_latency_ms", "ws_error_rate"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: receiver killed",
    plants: "the receiver is killed for good",
    plant: {
      websocket: { DURATION: "9s" },
      during: async ({ run, receiver }) => {
        await run.until(begun);
        await receiver.kill();
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["connection refused"],
      besides: ["k6 ended"],
    },
  },
  {
    name: "chaos: receiver killed and back",
    plants: "the receiver is killed and comes back with nothing in its memory",
    plant: {
      websocket: { DURATION: "9s" },
      during: async ({ run, receiver }) => {
        await run.until(begun);
        await receiver.kill();
        await receiver.again();
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["was never opened"],
      besides: ["k6 ended"],
    },
  },
  {
    name: "chaos: reports lost",
    plants: "the way to the receiver swallows what is reported for a moment, then resets its connections",
    plant: {
      networks: { receiver: {} },
      during: async ({ run, networks }) => {
        await run.until(begun);
        networks.receiver.conditions.silent = true;
        await pause(1_500);
        networks.receiver.reset();
        networks.receiver.conditions.silent = false;
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["script_errors"],
      besides: [...BEHIND, ...UNHEARD, "account_judged_share", "the run was ended before its load was over"],
    },
  },
  {
    name: "chaos: receiver halted",
    plants: "the receiver stands still for 5 s, and is told afterwards what it missed",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run, receiver }) => {
        await run.until(begun);
        await receiver.halt(5_000);
      },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, exactly("published", 2_100)],
    },
  },
  {
    name: "chaos: subscribers killed",
    plants: "the k6 of the subscribers is killed",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run }) => {
        await run.until(({ published }) => published > 1_300);
        for (const pid of await run.k6("websocket")) process.kill(pid, "SIGKILL");
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["account_silent_paths", "k6 ended by SIGKILL"],
      besides: ["account_judged_share"],
      checks: [balanced, ["6 subscriptions fell silent", ({ silent }) => silent === 6]],
    },
  },
  {
    name: "chaos: subscribers halted",
    plants: "the k6 of the subscribers stands still for 5 s",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run }) => {
        await run.until(begun);
        await halted(await run.k6("websocket"), 5_000);
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["generator_pause_ms"],
      besides: [...LATE, "ws_error_rate", "generator_lag_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: publisher killed",
    plants: "the k6 of the publisher is killed",
    plant: {
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s" },
      during: async ({ run }) => {
        await run.until(begun);
        for (const pid of await run.k6("nats")) process.kill(pid, "SIGKILL");
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["account_settled", "k6 ended by SIGKILL"],
      // So few events that those near the edges of a subscription are more than a tenth of them.
      besides: ["account_unreported", "account_judged_share", "generator_lag_ms", TOO_FEW],
      checks: [["it says whose end is missing", ({ ending }) => ending === "publisher missing"]],
    },
  },
  {
    name: "chaos: publisher starved",
    plants: "the k6 of the publisher gets a quarter of its time: it stands still for 450 ms of each 600 ms",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run }) => {
        await run.until(begun);
        for (let time = 0; time < 6; time++) {
          await halted(await run.k6("nats"), 450);
          await pause(150);
        }
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["schedule_delay_ms"],
      besides: [...BEHIND, ...LATE, ACK, "account_latency_growth_ms", "account_clock_doubts"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: publisher halted",
    plants: "the k6 of the publisher stands still for 5 s",
    plant: {
      nats: { DURATION: "7s" },
      during: async ({ run }) => {
        await run.until(begun);
        await halted(await run.k6("nats"), 5_000);
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["the generator stood still for"],
      besides: ["generator_lag_ms", "schedule_delay_ms", ...LATE, ACK, "events_unknown"],
      checks: [balanced, nothingLost],
    },
  },
];

export const CHAOS_OF_PULSE: Table<PulsePlant> = { subject: pulse, rows: PULSE_ROWS };
