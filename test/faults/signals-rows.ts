import { offeredAt } from "./checks.ts";
import type { Check, Row, Table } from "./row.ts";
import { type SignalsPlant, signals } from "./signals.ts";

const once: Check = [
  "every accepted signal is executed once",
  ({ acknowledged, delivered, lost, duplicated }) =>
    acknowledged > 0 && delivered === acknowledged && lost === 0 && duplicated === 0,
];

const ROWS: readonly Row<SignalsPlant>[] = [
  {
    name: "signals: healthy, every trial but memory",
    plants: "nothing",
    plant: { watched: true, webhook: { TRIALS: "hft,identical,race,expiry,limit,overload,headers,access" } },
    expect: { verdict: "PASS", reasons: [], checks: [once] },
  },
  {
    name: "signals: healthy, at a limit",
    plants: "nothing",
    plant: { webhook: { TRIALS: "limit" } },
    expect: { verdict: "PASS", reasons: [], checks: [once] },
    fast: true,
  },
  {
    name: "signals: limit-per-process",
    plants: "every process counts its own requests",
    plant: { faults: ["limit-per-process"], webhook: { TRIALS: "limit" } },
    expect: { verdict: "FAIL", reasons: ["signal_limit_broken"], checks: [once] },
  },
  {
    name: "signals: no-limit",
    plants: "no request is ever answered 429",
    plant: { faults: ["no-limit"], webhook: { TRIALS: "limit,overload" } },
    expect: {
      verdict: "FAIL",
      reasons: ["signal_limit_broken", "signal_overload_broken"],
      // Nothing was limited that could have been sent again.
      besides: ["signal_retry_broken"],
      checks: [once],
    },
  },
  {
    name: "signals: trust-headers",
    plants: "a client says in a header who it is, and is believed",
    plant: { faults: ["trust-headers"], webhook: { TRIALS: "headers" } },
    expect: { verdict: "FAIL", reasons: ["signal_spoofing"], checks: [once] },
  },
  {
    name: "signals: racing-idempotency",
    plants: "a signal is looked for and noted later, so that equal ones at the same time all pass",
    plant: { faults: ["racing-idempotency"], webhook: { TRIALS: "race" } },
    expect: { verdict: "FAIL", reasons: ["signal_race_broken", "account_duplicated"] },
  },
  {
    name: "signals: loose-limit=3",
    plants: "three requests more than the limit pass",
    plant: { faults: ["loose-limit=3"], webhook: { TRIALS: "identical" } },
    expect: { verdict: "FAIL", reasons: ["signal_idempotency_broken"], checks: [once] },
  },
  {
    name: "signals: same-action",
    plants: "signals are taken for equal when their action is: of several in a second one is executed",
    plant: { faults: ["same-action"], webhook: { RATE: "40", WEBHOOKS: "5", TRIALS: "none" } },
    expect: {
      verdict: "FAIL",
      reasons: ["signal_swallowed", "signal_success_rate", "account_lost"],
      // Most of them are not answered for the first time.
      besides: ["signal_latency_ms p(95)"],
    },
  },
  {
    name: "signals: remember-limited",
    plants: "a signal that was limited once stays so",
    plant: { faults: ["remember-limited"], webhook: { TRIALS: "limit" } },
    expect: { verdict: "FAIL", reasons: ["signal_retry_broken"], checks: [once] },
  },
  {
    name: "signals: action-only, by count",
    plants: "no trace of a signal survives, and all of them are executed",
    plant: { faults: ["action-only"], webhook: { TRIALS: "identical", EXECUTED_BY: "count" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "signals: forget=10, by count",
    plants: "no trace of a signal survives, and one in ten is accepted and never executed",
    plant: { faults: ["action-only", "forget=10"], webhook: { TRIALS: "none", EXECUTED_BY: "count" } },
    expect: { verdict: "FAIL", reasons: ["signal_unexecuted"] },
  },
  {
    name: "signals: flip=10",
    plants: "one signal in ten is executed the other way round",
    plant: { faults: ["flip=10"], webhook: { TRIALS: "hft" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_damaged"],
      checks: [["none of them is lost", ({ lost, damaged }) => lost === 0 && damaged > 10]],
    },
  },
  {
    name: "signals: healthy, by answers alone",
    plants: "nothing, and nobody lists what was executed",
    plant: { unlisted: true, webhook: { TRIALS: "identical" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "signals: coarse-times, by answers alone",
    plants:
      "times in answers are whole seconds, and nobody lists what was executed: a second execution would look like a repetition",
    plant: { unlisted: true, faults: ["coarse-times"], webhook: { TRIALS: "identical" } },
    expect: { verdict: "INVALID", reasons: ["signal_repeats_unproven"] },
  },
  {
    name: "signals: no-idempotency",
    plants: "a repeated signal is executed again",
    plant: { faults: ["no-idempotency"], webhook: { TRIALS: "identical,expiry" } },
    expect: {
      verdict: "FAIL",
      reasons: ["signal_idempotency_broken", "signal_expiry_broken", "account_duplicated"],
    },
  },
  {
    name: "signals: open-door",
    plants: "a wrong secret is accepted",
    plant: { faults: ["open-door"], webhook: { TRIALS: "access" } },
    expect: { verdict: "FAIL", reasons: ["signal_access_broken"] },
  },
  {
    name: "signals: execute-limited",
    plants: "signals that are answered 429 are executed, too",
    plant: { faults: ["execute-limited"], webhook: { TRIALS: "limit" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_contradicted"],
      // What is sent again after its limit is executed for the second time.
      besides: ["account_duplicated"],
      checks: [["all that was refused was executed", ({ refused, contradicted }) => contradicted === refused]],
    },
  },
  {
    name: "signals: forget=10",
    plants: "one signal in ten is accepted and never executed",
    plant: { faults: ["forget=10"], webhook: { TRIALS: "hft" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      checks: [["about one in ten is lost", ({ lost, acknowledged }) => lost > 0.05 * acknowledged]],
    },
  },
  {
    name: "signals: untimed=3",
    plants: "every third executed signal is listed without the time of its execution",
    plant: { faults: ["untimed=3"], webhook: { TRIALS: "none" } },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [once, ["two of three have a latency", ({ delivered, latency }) => latency.samples < 0.7 * delivered]],
    },
  },
  {
    name: "signals: untimed=1, forget=10",
    plants: "no execution has a time, and one signal in ten is never executed",
    plant: { faults: ["untimed=1", "forget=10"], webhook: { TRIALS: "none" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost"],
      checks: [["about one in ten is lost", ({ lost, acknowledged }) => lost > 0.05 * acknowledged]],
    },
  },
  {
    name: "signals: again=8000",
    plants: "every signal is executed again after 8 s, when all of them had been executed once",
    plant: { faults: ["again=8000"], webhook: { TRIALS: "none", LINGER: "9s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_duplicated"],
      checks: [["all of them are, to the last", ({ duplicated, acknowledged }) => duplicated === acknowledged]],
    },
  },
  {
    name: "signals: fail=10",
    plants: "one signal in ten is answered with 500",
    plant: { faults: ["fail=10"], watched: true, webhook: { TRIALS: "hft,memory", MEMORY_SIGNALS: "800" } },
    expect: {
      verdict: "FAIL",
      reasons: ["signal_success_rate", "signal_hft_success_rate", "signal_memory_success_rate", "signal_failed"],
      besides: ["health_leaks"],
      checks: [once],
    },
  },
  {
    name: "signals: delay=1100",
    plants: "every answer takes 1.1 s",
    plant: {
      faults: ["delay=1100"],
      watched: true,
      webhook: { TRIALS: "hft,memory", MEMORY_SIGNALS: "110", WEBHOOKS: "5", WORKERS: "40" },
    },
    expect: {
      verdict: "FAIL",
      reasons: [
        ...["avg", "p(95)", "max"].flatMap((statistic) =>
          ["signal_latency_ms", "signal_memory_latency_ms"].map((latency) => `${latency} ${statistic}`),
        ),
        "signal_hft_latency_ms max",
      ],
      besides: ["health_leaks"],
      checks: [once, offeredAt(20)],
    },
  },
  {
    name: "signals: leak=40",
    plants: "40 signals cost 1 MB of memory for good",
    plant: { faults: ["leak=40"], watched: true, webhook: { TRIALS: "memory" } },
    expect: { verdict: "FAIL", reasons: ["health_leaks", "health_growth_mb"], checks: [once] },
  },
  {
    name: "signals: crash=40",
    plants: "a process dies after 40 signals, and another takes its place at the same port",
    plant: { faults: ["crash=40"], watched: true, webhook: { TRIALS: "hft" } },
    expect: {
      verdict: "FAIL",
      reasons: ["health_deaths"],
      // While nobody listens at its port, some signals find no connection.
      besides: [
        ...["signal_failed", "signal_success_rate", "signal_hft_success_rate", "signal_latency_ms", "account_lost"],
        "the target was unreachable",
      ],
    },
  },
];

export const SIGNALS: Table<SignalsPlant> = { subject: signals, rows: ROWS };
