/** A circuit breaker that discards deliveries while it is open. */
export class Breaker {
  private readonly limit: number;
  private readonly openMs: number;
  private readonly failures = new Map<string, number>();
  private readonly openUntil = new Map<string, number>();

  /** @param limit failures in a row that open it. @param openMs how long it stays open. */
  constructor({ limit, openMs }: { readonly limit: number; readonly openMs: number }) {
    this.limit = limit;
    this.openMs = openMs;
  }

  /** Whether a delivery to an endpoint is discarded. */
  discards(endpoint: string): boolean {
    return performance.now() < (this.openUntil.get(endpoint) ?? 0);
  }

  /** An attempt has ended. */
  ended(endpoint: string, succeeded: boolean): void {
    const failures = succeeded ? 0 : (this.failures.get(endpoint) ?? 0) + 1;
    this.failures.set(endpoint, failures);
    if (failures >= this.limit) this.openUntil.set(endpoint, performance.now() + this.openMs);
  }
}
