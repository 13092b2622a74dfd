import { always, type Faults, type FaultTable, milliseconds, number, oneIn } from "../../../target/faults.ts";

/** The faults of the signal webhook. A signal is one request that was let through. */
export const SIGNALS_FAULTS = {
  "no-limit": always("no request is ever answered 429"),
  "limit-per-process": always("every process counts its own requests, so that N processes accept N times the limit"),
  "trust-headers": always("the client's address is taken from headers that it can set itself"),
  "no-idempotency": always("a repeated signal is executed again"),
  "racing-idempotency": always(
    "a repeated signal is looked up first and recorded later: concurrent ones are all accepted",
  ),
  "same-action": always("signals of one webhook with the same action are taken for equal, whatever else they say"),
  "coarse-times": always("times in answers are whole seconds"),
  "no-retry-after": always("429 comes without a Retry-After"),
  "remember-limited": always("a signal that was answered 429 is answered 429 for a minute"),
  "loose-limit": number("N requests more than the limit are accepted"),
  "action-only": always("only the action of a signal is kept, so that its trace does not survive"),
  "open-door": always("a wrong secret is accepted"),
  "execute-limited": always("signals that are answered 429 are executed, too"),
  forget: oneIn("every N-th signal of a process is accepted and never executed"),
  flip: oneIn("every N-th signal of a process is executed with the opposite action: SELL instead of BUY"),
  untimed: oneIn("every N-th executed signal is listed without executed_at"),
  again: milliseconds("every signal is executed again MS milliseconds later"),
  fail: oneIn("every N-th signal of a process is answered with 500"),
  delay: milliseconds("every answer is MS milliseconds late"),
  leak: oneIn("every N-th signal of a process leaks 1 MB of memory"),
  crash: oneIn("a process dies after its N-th signal, and another takes its place"),
} as const satisfies FaultTable;

export type SignalsFaults = Faults<typeof SIGNALS_FAULTS>;
