/** Rows planted in reference targets that behave as the systems in the field do. */
import { balanced, nothingLost } from "./checks.ts";
import { type EthhookPlant, ethhook } from "./ethhook.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { SILENT } from "./reasons.ts";
import type { Check, Row, Table } from "./row.ts";

/** An event of a chain that it does not know goes to everybody. */
const probedAll: Check = ["every subscription is told of the probe", ({ probed, paths }) => probed === paths];

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
];

export const FIELD_OF_PULSE: Table<PulsePlant> = { subject: pulse, rows: PULSE_ROWS };
export const FIELD_OF_ETHHOOK: Table<EthhookPlant> = { subject: ethhook, rows: ETHHOOK_ROWS };
