import exec from "k6/execution";
import type { PacedPlan } from "../../core/plan.ts";
import { dueSecond, LEAD_SECONDS, ticksIn, underWayIn } from "../../core/schedule.ts";
import { now } from "./clock.ts";
import type { measures } from "./metrics.ts";
import { pause } from "./pause.ts";

type PublishingMeasures = ReturnType<typeof measures<"publishing">>;

/** The longest sleep in one piece: in a longer one a pause of k6 would not be seen. */
const LONGEST_SLEEP_MS = 100;
/** A timer that is later than this is a moment worth naming; a busy machine is often late by less. */
const NOTICEABLE_MS = 200;

/** When the first event of a scenario is due, in Unix ms. */
export function loadStart(): number {
  return exec.scenario.startTime + LEAD_SECONDS * 1000;
}

/** What a lane does with its batches. */
export interface LaneWork<Outcome> {
  /** Sends a batch and waits for what becomes of it. */
  readonly send: (tick: number) => Promise<Outcome>;
  /** What becomes of a batch that is due while as many are under way as may be. */
  readonly skip: (tick: number) => Outcome;
  /** A batch took so many ms while others could not be sent because of it. */
  readonly waited: (took: number) => void;
  /** Takes what became of a batch. */
  readonly settle: (tick: number, outcome: Outcome) => Promise<void>;
}

/** One publisher of an open model. It sends what is due when it is due, whatever became of what it sent before. */
export class Lane {
  private readonly load: PacedPlan;
  private readonly metrics: PublishingMeasures;
  private longestPause = -1;

  constructor(load: PacedPlan, metrics: PublishingMeasures) {
    this.load = load;
    this.metrics = metrics;
  }

  /**
   * Starts every batch of a lane when it is due and waits until all are settled. A slow target makes batches wait
   * beside each other. It never makes one late.
   *
   * @param start Unix ms at which the first batch of all lanes is due.
   * @throws the first failure of `send` or `settle`, when everything has been sent.
   */
  async run<Outcome>(lane: number, start: number, { send, skip, waited, settle }: LaneWork<Outcome>): Promise<void> {
    const most = underWayIn(this.load);
    const ticks = ticksIn(this.load) ?? 0;
    const failures: unknown[] = [];
    const underWay = new Set<Promise<void>>();
    const begin = (tick: number, sent: Promise<Outcome>) => {
      const settled: Promise<void> = sent
        .then((outcome) => settle(tick, outcome))
        .catch((problem) => void failures.push(problem))
        .then(() => void underWay.delete(settled));
      underWay.add(settled);
    };
    /** What is under way, the oldest first: when it was sent, and whether others waited for it. */
    const sending = new Set<{ readonly at: number; isAwaited: boolean }>();
    for (let tick = lane; tick < ticks; tick += this.load.lanes) {
      await this.until(start + dueSecond(this.load, tick) * 1000);
      const [oldest] = sending;
      if (oldest !== undefined && sending.size >= most) {
        oldest.isAwaited = true;
        begin(tick, Promise.resolve(skip(tick)));
        continue;
      }
      const sent = { at: now(), isAwaited: false };
      sending.add(sent);
      begin(
        tick,
        send(tick).finally(() => {
          sending.delete(sent);
          if (sent.isAwaited) waited(now() - sent.at);
        }),
      );
    }
    while (underWay.size > 0) await Promise.race([Promise.all(underWay), this.until(now() + LONGEST_SLEEP_MS)]);
    if (failures.length > 0) throw failures[0];
  }

  /** Waits for a moment in Unix ms, and at least once for what has happened meanwhile. */
  private async until(moment: number): Promise<void> {
    do {
      const wake = Math.min(moment, now() + LONGEST_SLEEP_MS);
      const planned = Math.max(wake, now());
      await pause(planned - now());
      this.woke(now() - planned);
    } while (now() < moment);
  }

  /** Only what is longer than all before is a sample: k6 would hold one for each wait of each lane. */
  private woke(late: number): void {
    if (late > NOTICEABLE_MS) this.metrics.generator_paused_at.add(Date.now());
    if (late <= this.longestPause) return;
    this.longestPause = late;
    this.metrics.generator_pause_ms.add(late);
  }
}
