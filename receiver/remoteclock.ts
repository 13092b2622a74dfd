import * as v from "valibot";
import { type ClockOffset, Comparison, correctionOf } from "../core/clock.ts";

const ROUND_TRIPS = 9;
/** So often that a clock that is set in the middle of a run is noticed in it. */
const COMPARE_AFTER_MS = 2_000;
const TIMEOUT_MS = 5_000;

const ClockSchema = v.object({ now: v.pipe(v.number(), v.finite()) });

/** A comparison, and what was added to our times until then; the same as is added from now on at the first. */
export interface RemoteReading extends ClockOffset {
  readonly at: number;
  readonly applied: number;
  readonly correction: number;
}

/** The clock of another receiver, which is compared with ours when it is first asked for and every two seconds. */
export class RemoteClock {
  private readonly url: string;
  private readonly now: () => number;
  private latest: RemoteReading | null = null;

  /** @param now our own clock, in Unix ms. */
  constructor(receiver: string, now: () => number) {
    this.url = `${receiver}/clock`;
    this.now = now;
  }

  /** How their clock stands to ours, in ms. @throws when the other receiver does not tell its time. */
  async reading(): Promise<RemoteReading> {
    const { latest } = this;
    // A clock of ours that was set back would otherwise rest for as long.
    if (latest !== null && Math.abs(this.now() - latest.at) < COMPARE_AFTER_MS) return latest;
    const offset = await this.compare();
    const correction = correctionOf(offset);
    this.latest = { ...offset, at: this.now(), applied: latest?.correction ?? correction, correction };
    return this.latest;
  }

  private async compare(): Promise<ClockOffset> {
    const comparison = new Comparison();
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const asked = this.now();
      const answer = await fetch(this.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const answered = this.now();
      comparison.enter(asked, v.parse(ClockSchema, await answer.json()).now, answered);
    }
    return comparison.best;
  }
}
