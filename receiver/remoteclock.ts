import * as v from "valibot";
import { ClockComparison, type ClockOffset, correctionOf } from "../core/clock.ts";

const ROUND_TRIPS = 9;
/** Short enough to notice a clock that is set during a run. */
const COMPARE_AFTER_MS = 2_000;
const TIMEOUT_MS = 5_000;

const ClockSchema = v.object({ now: v.pipe(v.number(), v.finite()) });

/** A comparison, and the correction that was used until then; at the first one, the new correction. */
interface RemoteReading extends ClockOffset {
  readonly at: number;
  readonly applied: number;
  readonly correction: number;
}

/** Another receiver's clock, compared with ours at the first use and then every two seconds. */
export class RemoteClock {
  private readonly url: string;
  private readonly now: () => number;
  private latest: RemoteReading | null = null;

  /** @param now our own clock, in Unix ms. */
  constructor(receiver: string, now: () => number) {
    this.url = `${receiver}/clock`;
    this.now = now;
  }

  /** Their clock against ours, in ms. @throws when the other receiver does not answer. */
  async reading(): Promise<RemoteReading> {
    const { latest } = this;
    // abs(), because otherwise a clock that was set back would stop comparisons for as long.
    if (latest !== null && Math.abs(this.now() - latest.at) < COMPARE_AFTER_MS) return latest;
    const offset = await this.compare();
    const correction = correctionOf(offset);
    this.latest = { ...offset, at: this.now(), applied: latest?.correction ?? correction, correction };
    return this.latest;
  }

  private async compare(): Promise<ClockOffset> {
    const comparison = new ClockComparison();
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const asked = this.now();
      const answer = await fetch(this.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const answered = this.now();
      comparison.enter(asked, v.parse(ClockSchema, await answer.json()).now, answered);
    }
    return comparison.best;
  }
}
