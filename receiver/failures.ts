/** How a webhook that belongs to a run was answered, when it was not taken. */
export const REFUSALS = ["answered 503", "answered 404", "cut off", "wrong signature"] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A sender that comes back sooner has no patience: it would fall upon a receiver that is just recovering. */
const HASTY_MS = 50;

/** The deliveries of one endpoint whose last attempt failed. */
export class Failures {
  private readonly open = new Map<number, { readonly at: number; readonly why: Refusal }>();
  private hurried = 0;

  /** Attempts that came too soon after one of the same delivery that failed. */
  get hasty(): number {
    return this.hurried;
  }

  /** An attempt has come, however it will be answered. @param at Unix ms. */
  attempted(seq: number, at: number): void {
    const last = this.open.get(seq);
    if (last !== undefined && at - last.at < HASTY_MS) this.hurried++;
  }

  /** It was not taken. */
  failed(seq: number, at: number, why: Refusal): void {
    this.open.set(seq, { at, why });
  }

  /** It was taken. */
  succeeded(seq: number): void {
    this.open.delete(seq);
  }

  /** Deliveries that failed last, by how. */
  abandoned(): ReadonlyMap<Refusal, number> {
    const counts = new Map<Refusal, number>();
    for (const { why } of this.open.values()) counts.set(why, (counts.get(why) ?? 0) + 1);
    return counts;
  }
}
