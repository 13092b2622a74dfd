import * as v from "valibot";
import { correctionOf } from "../core/clock.ts";

const ROUND_TRIPS = 9;
const COMPARE_AFTER_MS = 60_000;
const TIMEOUT_MS = 5_000;

const ClockSchema = v.object({ now: v.pipe(v.number(), v.finite()) });

/** The clock of another receiver, which is compared with ours when it is first asked for and every minute. */
export class RemoteClock {
  private readonly url: string;
  private readonly now: () => number;
  private comparedAt = Number.NEGATIVE_INFINITY;
  private known = 0;

  /** @param now our own clock, in Unix ms. */
  constructor(receiver: string, now: () => number) {
    this.url = `${receiver}/clock`;
    this.now = now;
  }

  /** What to add to our own time to get theirs, in ms. @throws when the other receiver does not tell its time. */
  async correction(): Promise<number> {
    if (this.now() - this.comparedAt > COMPARE_AFTER_MS) {
      this.known = await this.compare();
      this.comparedAt = this.now();
    }
    return this.known;
  }

  /** The quickest of several round trips bounds the error by half its time. */
  private async compare(): Promise<number> {
    let best = { offset: 0, error: Number.POSITIVE_INFINITY };
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const asked = this.now();
      const answer = await fetch(this.url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const error = (this.now() - asked) / 2;
      const theirs = v.parse(ClockSchema, await answer.json()).now;
      if (error < best.error) best = { offset: theirs - (asked + error), error };
    }
    return correctionOf(best);
  }
}
