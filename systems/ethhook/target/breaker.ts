const OPEN_MS = 1_000;

/** A circuit breaker that discards what it holds up: a planted fault. Without a limit it never opens. */
export class Breaker {
  private readonly limit: number;
  private readonly failures = new Map<string, number>();
  private readonly openUntil = new Map<string, number>();

  /** @param limit failures in a row that open it. */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  /** Whether a delivery to an endpoint is not made. */
  discards(endpoint: string): boolean {
    return performance.now() < (this.openUntil.get(endpoint) ?? 0);
  }

  /** An attempt has ended. */
  ended(endpoint: string, succeeded: boolean): void {
    const failures = succeeded ? 0 : (this.failures.get(endpoint) ?? 0) + 1;
    this.failures.set(endpoint, failures);
    if (failures >= this.limit) this.openUntil.set(endpoint, performance.now() + OPEN_MS);
  }
}
