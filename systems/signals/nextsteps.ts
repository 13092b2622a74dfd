/** What to look at when an objective of signal webhooks is missed. */
import { type NextStep, sum } from "../../core/nextstep.ts";

export const nextSteps: readonly NextStep[] = [
  [
    /^signal_(hft_|memory_)?success_rate$|^signal_failed$/,
    () => "the target refused or failed legitimate signals: read its log",
  ],
  [
    /^signal_(hft_|memory_)?latency_ms$/,
    () => "the target answers slowly: look at what it waits for before it answers",
  ],
  [/^signal_swallowed$/, () => "different signals are taken for equal: compare the whole body, not a part of it"],
  [
    /^signal_unexecuted$/,
    (_, { summaries }) =>
      sum(summaries, "signal_unexecuted") > 0
        ? "signals were accepted and never executed: read the target's log"
        : "more signals were executed than accepted: look at what repeats a signal, or executes refused ones",
  ],
  [/^signal_retry_broken$/, () => "a limited signal stays refused: do not remember signals that were answered 429"],
  [
    /^signal_(limit|overload)_broken$/,
    () => "the limit is not counted atomically in one place: several processes each count their own",
  ],
  [
    /^signal_(idempotency|race|expiry)_broken$/,
    () => "looking a signal up and recording it must be one step, and last as long as the contract says",
  ],
  [
    /^signal_repeats_unproven$/,
    () =>
      "it is unknown whether an equal signal was executed twice: give SIGNALS_EXECUTED_URL, with RECEIVER_URL or EXECUTED_BY=count, or leave identical and race out of TRIALS",
  ],
  [/^signal_spoofing$/, () => "the client's address is taken from a header: take the connection's"],
  [/^signal_access_broken$/, () => "a request without the right secret was accepted: look at how secrets are compared"],
];
