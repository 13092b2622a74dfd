/** Rows in which the measurement itself goes wrong: publishers that are too few or too many, and clocks that are set. */
import { balanced, begun, nothingLost } from "./checks.ts";
import { type PulsePlant, pulse, pulseByClock } from "./pulse.ts";
import { BEHIND, LATE } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const ENDED = "the run was ended before its load was over";

/** Short of the end of the load by 4 s, so that clocks are compared before and after they are set. */
const LASTING = { nats: { DURATION: "9s" } };

const PUBLISHERS: readonly Row<PulsePlant>[] = [
  {
    name: "two publishers of one run",
    plants: "two publishers have the same RUN_ID, and each sends all of its events",
    plant: { publishers: 2, nats: { INSTANCES: "2" } },
    expect: {
      verdict: "INVALID",
      reasons: ["account_contested", "was sent twice, by publisher"],
      besides: [...LATE, "account_duplicated"],
    },
  },
  {
    name: "more than a publisher can offer",
    plants: "150,000 events a second are asked of one publisher that waits for each answer",
    plant: {
      websocket: { FILTERS: "simple", VUS: "2" },
      nats: { RATE: "150000", WORKERS: "1", BATCH: "1", DURATION: "2s" },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["offered_rate_share", "events_offered", "account_offered"],
      // It is cut off in the middle of its only iteration, on a quick machine too.
      besides: [...BEHIND, "no publisher was free", "account_unreported", "script_errors", ENDED, ...LATE],
      checks: [nothingLost],
    },
  },
];

const CLOCKS: readonly Row<PulsePlant>[] = [
  {
    name: "clock: healthy",
    plants: "nothing; the receiver goes by a clock that could be set, and is not",
    plant: { clock: true, ...LASTING },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  ...[-2, 2].map(
    (seconds): Row<PulsePlant> => ({
      name: `clock: receiver set ${seconds < 0 ? "back" : "forward"}`,
      plants: `the receiver's clock is set ${Math.abs(seconds)} s ${seconds < 0 ? "back" : "forward"} in mid-run`,
      plant: {
        clock: true,
        ...LASTING,
        during: async ({ run, setClock }) => {
          await run.until(begun);
          await setClock(seconds);
        },
      },
      expect: {
        verdict: "INVALID",
        reasons: ["account_clock_doubts"],
        besides: [...LATE, "account_negative_latency", "account_latency_growth_ms"],
        checks: [balanced, nothingLost],
      },
    }),
  ),
];

const WAYS: readonly Row<PulsePlant>[] = [
  {
    name: "clock: a publisher over a lopsided way",
    plants:
      "deliveries are 40 ms late; what the publisher sends to the receiver takes 80 ms longer than what comes back, so that its clock seems 40 ms off",
    plant: { faults: ["delay=40"], networks: { publisher: { lopsided: 80 } }, ...LASTING },
    expect: {
      verdict: "INVALID",
      reasons: ["account_delivery_p95_ms"],
      besides: [...LATE, "account_clock_doubts", "account_negative_latency", "account_latency_growth_ms", ...BEHIND],
      checks: [balanced, nothingLost],
    },
  },
];

export const INSTRUMENT: Table<PulsePlant> = { subject: pulse, rows: [...PUBLISHERS, ...WAYS] };
export const CLOCKS_SET: Table<PulsePlant> = { subject: pulseByClock, rows: CLOCKS };
