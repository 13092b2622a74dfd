/** When a worker retries a failed delivery, and when it gives up. */
import type { Manner } from "../../../target/manner.ts";
import type { EthhookFaults } from "./faults.ts";

export interface RetryPolicy {
  /** Ms until the next attempt, or what happens to a delivery without one. @param attempt the failed one, from 1. */
  next(attempt: number, status: number | null, mostRetries: number): number | "forgotten" | "dead";
  /** The header's value for an attempt. */
  told(attempt: number): number;
  /** Failures in a row of an endpoint that open its breaker, and for how many ms it then discards deliveries. */
  readonly breaker: { readonly limit: number; readonly openMs: number };
}

/** The pause before attempt n is this, doubled n - 2 times, up to the longest. */
const BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
const PLANTED_BREAKER_MS = 1_000;

/** The real sender: pauses of 2, 4, 8 and 16 s and again 16 s, each varied by up to a fifth. */
const REAL = { backoffMs: 2_000, longestMs: 16_000, jitter: 0.2, retries: 5, failuresInARow: 5, openMs: 60_000 };

/** The retry policy of a manner, with faults. */
export function retryPolicyOf({ manner, faults }: { manner?: Manner; faults: EthhookFaults }): RetryPolicy {
  return manner === "real" ? real(faults) : contract(faults);
}

function contract(faults: EthhookFaults): RetryPolicy {
  return {
    next: (attempt, status, mostRetries) => {
      if (status === 404 && faults["give-up-on-404"] === true) return "forgotten";
      if (faults["retry-storm"] === true) return 0;
      const pause = faults["retry-after"] ?? Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (attempt - 1));
      return attempt > mostRetries ? "dead" : pause;
    },
    told: (attempt) => (faults["same-attempt"] === true ? 1 : attempt),
    breaker: { limit: faults.breaker ?? Number.POSITIVE_INFINITY, openMs: PLANTED_BREAKER_MS },
  };
}

function real(faults: EthhookFaults): RetryPolicy {
  const { backoffMs, longestMs, jitter, retries, failuresInARow, openMs } = REAL;
  return {
    next: (attempt, status) => {
      const isFinal = status !== null && status >= 400 && status < 500 && status !== 429;
      if (isFinal || attempt > retries) return "forgotten";
      const pause = Math.min(longestMs, backoffMs * 2 ** (attempt - 1));
      return pause * (1 + jitter * (2 * Math.random() - 1));
    },
    told: () => 1,
    breaker: { limit: faults.breaker ?? failuresInARow, openMs },
  };
}
