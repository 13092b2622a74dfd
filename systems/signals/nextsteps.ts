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
  [
    /^signal_swallowed$/,
    () => "signals are taken for equal that are not: what tells them apart has to be the whole body, not some of it",
  ],
  [
    /^signal_unexecuted$/,
    (_, { summaries }) =>
      sum(summaries, "signal_unexecuted") > 0
        ? "signals were accepted and never executed: read the target's log"
        : "more was executed than was accepted for the first time: look at what repeats a signal, or executes refused ones",
  ],
  [/^signal_retry_broken$/, () => "what was limited once stays so: a 429 must not be remembered with its signal"],
  [
    /^signal_(limit|overload)_broken$/,
    () => "the limit is not counted in one place, or not at once: several processes each count their own",
  ],
  [
    /^signal_(idempotency|race|expiry)_broken$/,
    () => "looking for a signal and noting it are not one step, or end too early",
  ],
  [
    /^signal_repeats_unproven$/,
    () =>
      "whether an equal signal was executed twice is not known: give SIGNALS_EXECUTED_URL, with RECEIVER_URL or EXECUTED_BY=count, or leave identical and race out of TRIALS",
  ],
  [/^signal_spoofing$/, () => "the client's address is taken from a header: take the connection's"],
  [/^signal_access_broken$/, () => "somebody without the right was let in: look at how secrets are compared"],
];
