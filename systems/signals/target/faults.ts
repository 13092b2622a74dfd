import { always, type Faults, type FaultTable, milliseconds, number, oneIn } from "../../../target/faults.ts";

/** The faults of the signal webhook. A signal is one request that was let through. */
export const SIGNALS_FAULTS = {
  "no-limit": always("no request is ever answered 429"),
  "limit-per-process": always("every process counts its own requests, so that N processes let N times as many pass"),
  "trust-headers": always("the client's address is taken from headers that it can set itself"),
  "no-idempotency": always("a repeated signal is executed again"),
  "racing-idempotency": always(
    "a repeated signal is looked for, and only later noted: those at the same time all pass",
  ),
  "same-action": always("signals of one webhook are taken for equal when their action is, whatever else they say"),
  "coarse-times": always("answers tell whole seconds"),
  "no-retry-after": always("429 comes without a Retry-After"),
  "remember-limited": always("a signal that was answered 429 once is answered so for a minute"),
  "loose-limit": number("N requests more than the limit pass"),
  "action-only": always("of a signal nothing is kept but its action, so that no trace of it survives"),
  "open-door": always("a wrong secret is as good as the right one"),
  "execute-limited": always("what is answered 429 is executed too"),
  forget: oneIn("every N-th signal of a process is accepted and never executed"),
  flip: oneIn("every N-th signal of a process is executed the other way round: a SELL for a BUY"),
  untimed: oneIn("every N-th executed signal is listed without executed_at"),
  again: milliseconds("every signal is executed again MS milliseconds later"),
  fail: oneIn("every N-th signal of a process is answered with 500"),
  delay: milliseconds("every answer comes MS milliseconds late"),
  leak: oneIn("every N-th signal of a process costs 1 MB of memory for good"),
  crash: oneIn("a process dies after its N-th signal, and another takes its place"),
} as const satisfies FaultTable;

export type SignalsFaults = Faults<typeof SIGNALS_FAULTS>;
