import { clearTimeout, setTimeout } from "k6/timers";
import TinyQueue from "tinyqueue";

/** Does things at moments that it knows before, by the clock of its agenda. */
export interface Scheduled {
  /** The next moment; infinite when there is none. It changes in {@link due} only. */
  readonly dueAt: number;
  /** Does what is due, and says when it is due next. */
  due(): void;
}

/** What the sessions of a virtual user do at their moments, by one timer: k6 keeps 1.5 KB for each that waits. */
export class Agenda {
  /** In ms, by a clock that nobody sets: the wall's may jump, and the end of a load with it. */
  readonly now: () => number;
  private waiting = soonestFirst();
  /** That were added and have not left. */
  private members = 0;
  private timer = 0;
  /** Infinite without a timer. */
  private timerAt = Number.POSITIVE_INFINITY;

  constructor(now: () => number) {
    this.now = now;
  }

  add(one: Scheduled): void {
    if (!Number.isFinite(one.dueAt)) return;
    this.members++;
    this.waiting.push(one);
    this.setTimer();
  }

  /** One that was added has nothing to do any more: k6 ends no function while a timer waits, be it for nobody. */
  leave(): void {
    this.members--;
    if (this.members === 0) this.clear();
  }

  /** Nothing is done any more. */
  clear(): void {
    this.waiting = soonestFirst();
    this.clearTimer();
  }

  private setTimer(): void {
    const first = this.waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY;
    if (first >= this.timerAt || this.isTimerDue) return;
    this.clearTimer();
    this.timerAt = first;
    this.timer = setTimeout(() => this.run(), Math.max(0, first - this.now()));
  }

  /** It fires by itself: where one that is due is cleared, k6 takes the next one for it. */
  private get isTimerDue(): boolean {
    return this.timerAt <= this.now();
  }

  private clearTimer(): void {
    if (!Number.isFinite(this.timerAt) || this.isTimerDue) return;
    clearTimeout(this.timer);
    this.timerAt = Number.POSITIVE_INFINITY;
  }

  private run(): void {
    this.timerAt = Number.POSITIVE_INFINITY;
    for (let one = this.takeDue(); one !== undefined; one = this.takeDue()) {
      one.due();
      if (Number.isFinite(one.dueAt)) this.waiting.push(one);
    }
    this.setTimer();
  }

  private takeDue(): Scheduled | undefined {
    const first = this.waiting.peek();
    return first !== undefined && first.dueAt <= this.now() ? this.waiting.pop() : undefined;
  }
}

function soonestFirst(): TinyQueue<Scheduled> {
  return new TinyQueue<Scheduled>([], (one, other) => one.dueAt - other.dueAt);
}
