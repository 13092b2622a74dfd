/** Rows planted in reference targets that behave as the systems in the field do. */
import { setTimeout as pause } from "node:timers/promises";
import { FILTER_FIELDS } from "../../systems/pulse/filters.ts";
import { TWO_BURSTS } from "./burst-rows.ts";
import { balanced, begun, exactly, nothingLost } from "./checks.ts";
import { type EthhookPlant, ethhook } from "./ethhook.ts";
import { type IngestPlant, ingest } from "./ingest.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { SILENT } from "./reasons.ts";
import type { Check, Row, Table } from "./row.ts";
import { type SignalsPlant, signals } from "./signals.ts";
import { canonical } from "./stray-rows.ts";

/** An event of a chain that it does not know goes to everybody. */
const probedAll: Check = ["every subscription is told of the probe", ({ probed, paths }) => probed === paths];

/** An id as the gateway's own generator writes it: no trace is in it. */
const generated = (place: number) => `evt_${Date.now()}000000_0x${place.toString(16).padStart(16, "0")}`;

const PULSE_ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "field: healthy",
    plants: "nothing, in a gateway as it is in the field",
    plant: { manner: "real" },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost, probedAll] },
  },
  {
    name: "field: every event is dropped by the decoder",
    plants: "a field type that the gateway does not decode: it acknowledges and drops each event, and is ready",
    plant: {
      manner: "real",
      nats: { FIELD_TYPES: "chain=text", CANARY_TIMEOUT: "3s", DRAIN_TIMEOUT: "2s" },
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["canaries_swallowed", "has acknowledged the canaries", "could not decode them", "claims to be ready"],
      besides: SILENT,
    },
  },
  {
    name: "field: a stream that the gateway cannot use",
    plants:
      "somebody made the stream first, with a retention that cannot be changed; the gateway reads nothing and is ready",
    plant: {
      manner: "real",
      made: "workqueue",
      nats: { CANARY_TIMEOUT: "3s", DRAIN_TIMEOUT: "2s" },
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["canaries_swallowed", "retention workqueue", "no gateway reads it", "claims to be ready"],
      besides: SILENT,
    },
  },
  {
    name: "field: no filter matches",
    plants: "every filter names a program, and the gateway delivers none",
    plant: {
      manner: "real",
      nats: { CANARY_TIMEOUT: "3s", DRAIN_TIMEOUT: "2s" },
      websocket: { DURATION: "8s", DRAIN_TIMEOUT: "2s", FILTERS: "complex", FILTER_FIELDS: FILTER_FIELDS.join() },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["canaries_swallowed", "no filter matches them (see FILTER_FIELDS)"],
      besides: SILENT,
    },
  },
  {
    name: "field: half of the filters match nothing",
    plants: "every second filter names a program, and the gateway delivers none",
    plant: {
      manner: "real",
      nats: { CANARY_TIMEOUT: "3s" },
      websocket: { FILTERS: "simple,complex", FILTER_FIELDS: FILTER_FIELDS.join() },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "canaries reached 3 of 6 paths", "has acknowledged all of them"],
      checks: [balanced],
    },
  },
  {
    name: "field: two gateways share the consumer",
    plants: "a second gateway reads through the durable consumer of the first: each gets a part",
    plant: { manner: "real", gateways: 2 },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "requests wait on it, so that gateways may share it"],
      // Too few come to judge so rare a latency by.
      besides: ["account_delivery_p995_ms"],
      checks: [balanced, ["a large part is lost", ({ lost, expected }) => lost > expected / 10]],
    },
  },
  {
    name: "field: the chain numbers of its own generator",
    plants: "ethereum is published as 1 and solana as 2, which are each other's in the gateway",
    plant: { manner: "real", nats: { CHAIN_IDS: "ethereum=1,solana=2" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_misrouted", "account_lost", "ws_events_damaged", "CHAIN_IDS=ethereum=2,solana=1 would fit"],
      besides: ["account_damaged", "account_delivery_", "account_latency_growth_ms", "account_negative_latency"],
      checks: [balanced],
    },
  },
  {
    name: "field: its own generator beside it",
    plants: "nothing, but the gateway's own generator publishes 20 events of its own",
    plant: {
      manner: "real",
      websocket: { FILTERS: "all" },
      during: async ({ run, publish }) => {
        await run.until(begun);
        for (let place = 0; place < 20; place++)
          await publish("events.canonical.2.transfer", canonical(generated(place)));
      },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, exactly("foreign", 120), exactly("damaged", 0)],
    },
  },
  {
    name: "field: several events in one frame",
    plants: "nothing, but events that wait together come in one frame, a line each",
    plant: { manner: "real", faults: ["join-frames"], nats: { BATCH: "20" } },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost, exactly("damaged", 0)] },
  },
  {
    name: "field: every upgrade is refused",
    plants: "the gateway answers 503 to every upgrade",
    plant: { manner: "real", faults: ["refuse-upgrade=1"], nats: { CANARY_TIMEOUT: "2s" } },
    expect: { verdict: "INVALID", reasons: ["no working gateway", "503"], besides: ["no subscriber joined"] },
  },
  {
    name: "field: churn, healthy",
    plants: "nothing; five sessions a second, half of which vanish without a word",
    plant: {
      manner: "real",
      bundle: "sockets",
      websocket: { SCENARIO: "churn", VUS: "20", SESSION: "3s", SESSION_RATE: "5", DURATION: "16s" },
      nats: { DURATION: "9s" },
    },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  {
    name: "field: bursts, healthy",
    plants: "nothing, under two bursts of ten times the rate",
    plant: { manner: "real", nats: TWO_BURSTS },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, ["both are seen", ({ bursts }) => bursts?.seen === 2]],
    },
  },
];

const ETHHOOK_ROWS: readonly Row<EthhookPlant>[] = [
  {
    name: "field: webhooks, healthy",
    plants: "nothing, in a pipeline as it is in the field",
    plant: { flags: ["--as", "real"] },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  {
    name: "field: webhooks, one in 20 is answered 503",
    plants: "nothing, but one webhook in 20 is answered 503: it is sent again 2 s later, and its header does not rise",
    plant: { flags: ["--as", "real"], misbehaviour: { unavailable: 0.05 }, redis: { DRAIN_TIMEOUT: "40s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_delivery_p99_ms", "an X-Webhook-Attempt that had not risen"],
      besides: ["account_delivery_p95_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "field: webhooks, one in 50 is answered 404",
    plants: "one webhook in 50 is answered 404, which the sender in the field takes for final",
    plant: { flags: ["--as", "real"], misbehaviour: { notFound: 0.02 } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "not sent again after their last attempt was refused: answered 404"],
      checks: [balanced],
    },
  },
  {
    name: "field: webhooks, three poison entries at 20/s",
    plants: "three entries that cannot be read stay pending, beside a load of 20 a second",
    plant: {
      flags: ["--as", "real"],
      faults: ["keep-poison"],
      redis: { RATE: "20", EVENTS: "200" },
      during: async ({ run, command }) => {
        await run.until(({ delivered }) => delivered > 50);
        for (let entry = 0; entry < 3; entry++) await command(...POISON);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_left_pending", "has read 3 entries and not acknowledged them"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "field: webhooks, slower than the load",
    plants: "the worker makes 50 deliveries a second, and 100 come; nothing is lost",
    plant: {
      flags: ["--as", "real", "--concurrency", "10"],
      faults: ["delay=200"],
      redis: { SCENARIO: "load", RATE: "100", EVENTS: "1000", DRAIN_TIMEOUT: "30s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_backlog_growth", "account_delivery_p95_ms", "account_delivery_p99_ms"],
      besides: ["account_delivery_mean_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "field: webhooks, the receiver is away for a second",
    plants: "every webhook is answered 503 for 1 s, after which breakers discard what comes for a minute",
    plant: {
      flags: ["--as", "real"],
      redis: { DRAIN_TIMEOUT: "60s" },
      during: async ({ run, misbehave }) => {
        await run.until(({ delivered }) => delivered > 300);
        await misbehave({ unavailable: 1 });
        await pause(1_000);
        await misbehave({});
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "were never attempted, after"],
      besides: ["account_delivery_", "account_open"],
      checks: [balanced],
    },
  },
];

/** An entry without any field that fits. */
const POISON = ["XADD", "events:11155111", "*", "tx_hash", "0x12", "topics", "not JSON"];

const INGEST_ROWS: readonly Row<IngestPlant>[] = [
  {
    name: "field: ingest, healthy",
    plants: "nothing, with a worker that keeps a partial batch for up to 30 s",
    plant: {
      manner: "real",
      ingest: { EVENTS: "1007", BUFFER_TIMEOUT: "35s", DRAIN_TIMEOUT: "45s", CANARY_TIMEOUT: "40s" },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [
        ["each is stored once", ({ delivered, lost, duplicated }) => delivered === 1_007 && lost + duplicated === 0],
      ],
    },
  },
];

const SIGNALS_ROWS: readonly Row<SignalsPlant>[] = [
  {
    name: "field: signals, healthy",
    plants: "nothing, in a target that keeps no field of a signal but its action",
    plant: { manner: "real", webhook: { TRIALS: "identical,race,limit,access", EXECUTED_BY: "count" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "field: signals, forget=10",
    plants: "one signal in ten is accepted and never executed, and no trace of any survives",
    plant: { manner: "real", faults: ["forget=10"], webhook: { TRIALS: "none", EXECUTED_BY: "count" } },
    expect: { verdict: "FAIL", reasons: ["signal_unexecuted"] },
  },
  {
    name: "field: signals, same-action",
    plants: "signals of a webhook are taken for equal when their action is",
    plant: {
      manner: "real",
      faults: ["same-action"],
      webhook: { RATE: "40", WEBHOOKS: "5", TRIALS: "none", EXECUTED_BY: "count" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["signal_swallowed", "signal_success_rate"],
      // Most of them are not answered for the first time.
      besides: ["signal_latency_ms p(95)"],
    },
  },
];

export const FIELD_OF_INGEST: Table<IngestPlant> = { subject: ingest, rows: INGEST_ROWS };
export const FIELD_OF_SIGNALS: Table<SignalsPlant> = { subject: signals, rows: SIGNALS_ROWS };
export const FIELD_OF_PULSE: Table<PulsePlant> = { subject: pulse, rows: PULSE_ROWS };
export const FIELD_OF_ETHHOOK: Table<EthhookPlant> = { subject: ethhook, rows: ETHHOOK_ROWS };
