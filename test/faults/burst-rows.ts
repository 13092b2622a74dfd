/** Rows planted under a load with bursts. */
import { balanced, exactly, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { LATE } from "./reasons.ts";
import type { Check, Row, Table } from "./row.ts";

/** 100 events a second, and 1,000 for a second in each of two bursts. */
export const TWO_BURSTS = {
  ...{ RATE: "100", BATCH: "5", BURST: "1", BURST_RATIO: "10" },
  ...{ BURST_LENGTH: "1s", BURST_GAP: "4s", BURST_CYCLES: "2" },
};

const bursts = (what: string, holds: (account: NonNullable<Parameters<Check[1]>[0]["bursts"]>) => boolean): Check => [
  what,
  ({ bursts: seen }) => seen !== null && holds(seen),
];

const ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "bursts: healthy",
    plants: "nothing, under two bursts of ten times the rate",
    plant: { nats: TWO_BURSTS },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost, exactly("published", 3_200), bursts("both are seen", ({ seen }) => seen === 2)],
    },
  },
  {
    name: "bursts: capacity=400",
    plants: "a gateway that makes 400 deliveries a second, more than between bursts and less than in them",
    plant: { nats: TWO_BURSTS, faults: ["capacity=400"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_burst_p95_ms", "account_burst_p99_ms", "account_recovery_ms"],
      besides: LATE,
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "bursts: slow-consumer-drop=20",
    plants: "a client that is sent more than 20 events at once misses the rest of them",
    plant: { nats: { ...TWO_BURSTS, BATCH: "100" }, faults: ["slow-consumer-drop=20"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "account_burst_lost"],
      besides: LATE,
      checks: [balanced, bursts("they are lost in bursts", ({ lost }) => lost > 0)],
    },
  },
];

export const PULSE_BURSTS: Table<PulsePlant> = { subject: pulse, rows: ROWS };
