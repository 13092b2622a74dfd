/** Timers are not used for the last part of a wait, because Node's may be 2 ms late. */
const UNTIMED_MS = 2.5;

/** In that part the thread sleeps in steps of this length, and the event loop is blocked. */
const NAP_MS = 0.5;

/** Nothing ever notifies it: Atomics.wait returns when its time is over, within a few hundredths of a millisecond. */
const bed = new Int32Array(new SharedArrayBuffer(4));

interface DelayedItem<Item> {
  readonly item: Item;
  readonly due: number;
}

/**
 * Holds items until they are due and releases them in order of arrival, within a tenth of a millisecond on a machine
 * that is not busy. Waiting takes no CPU time, which the load and its measurement need.
 */
export class DelayLine<Item> {
  private readonly release: (item: Item) => void;
  private waiting: DelayedItem<Item>[] = [];
  private first = 0;
  private awake = false;

  constructor(release: (item: Item) => void) {
    this.release = release;
  }

  /** Holds an item. @param due by `performance.now()`; never earlier than the item before it. */
  push(item: Item, due: number): void {
    this.waiting.push({ item, due });
    if (this.awake) return;
    this.awake = true;
    this.sleep();
  }

  private sleep(): void {
    const left = (this.waiting[this.first] as DelayedItem<Item>).due - performance.now();
    if (left > UNTIMED_MS + 1) setTimeout(this.wake, Math.floor(left - UNTIMED_MS)).unref();
    else setImmediate(this.wake);
  }

  private readonly wake = (): void => {
    const left = (this.waiting[this.first] as DelayedItem<Item>).due - performance.now();
    if (left > 0) Atomics.wait(bed, 0, 0, Math.min(left, NAP_MS));
    const now = performance.now();
    for (let next = this.waiting[this.first]; next !== undefined && next.due <= now; next = this.waiting[this.first]) {
      this.first++;
      this.release(next.item);
    }
    if (this.first === this.waiting.length) {
      this.waiting = [];
      this.first = 0;
      this.awake = false;
      return;
    }
    // Released items are removed once they are the larger part, so that each item moves at most once on average.
    if (this.first * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    this.sleep();
  };
}
