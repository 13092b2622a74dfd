import { clearTimeout, setTimeout } from "k6/timers";
import TinyQueue from "tinyqueue";

/** Does things at moments that it knows before. */
export interface Scheduled {
  /** Unix ms of the next one; infinite when there is none. It changes in {@link due} only. */
  readonly dueAt: number;
  /** Does what is due, and says when it is due next. */
  due(): void;
}

/** What the sessions of a virtual user do at their moments, by one timer: k6 keeps 1.5 KB for each that waits. */
export class Agenda {
  private waiting = soonestFirst();
  private timer = 0;
  /** Unix ms; infinite without a timer. */
  private timerAt = Number.POSITIVE_INFINITY;

  add(one: Scheduled): void {
    if (!Number.isFinite(one.dueAt)) return;
    this.waiting.push(one);
    this.setTimer();
  }

  /** Nothing is done any more. */
  clear(): void {
    if (Number.isFinite(this.timerAt)) clearTimeout(this.timer);
    this.timerAt = Number.POSITIVE_INFINITY;
    this.waiting = soonestFirst();
  }

  private setTimer(): void {
    const first = this.waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY;
    if (first >= this.timerAt) return;
    // A timer that is due is never cleared: k6 would take the next one for it.
    if (Number.isFinite(this.timerAt)) clearTimeout(this.timer);
    this.timerAt = first;
    this.timer = setTimeout(() => this.run(), Math.max(0, first - Date.now()));
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
    return first !== undefined && first.dueAt <= Date.now() ? this.waiting.pop() : undefined;
  }
}

function soonestFirst(): TinyQueue<Scheduled> {
  return new TinyQueue<Scheduled>([], (one, other) => one.dueAt - other.dueAt);
}
