/** How long before an item is due timers are no longer trusted: Node's may be 2 ms late. */
const UNTIMED_MS = 2.5;

/** How long the process sleeps at a time then, in which the event loop does nothing else. */
const NAP_MS = 0.5;

/** Nobody ever wakes a sleeper here: the system does when the time is over, exact to a few hundredths of a millisecond. */
const bed = new Int32Array(new SharedArrayBuffer(4));

interface DelayedItem<Item> {
  readonly item: Item;
  readonly due: number;
}

/**
 * Holds items until they are due and releases them in the order they came, within a tenth of a
 * millisecond of their time on a machine that is not busy. It takes no processor time to wait, which
 * the load and what measures it would miss.
 */
export class DelayLine<Item> {
  private readonly release: (item: Item) => void;
  private waiting: DelayedItem<Item>[] = [];
  private first = 0;
  private awake = false;

  constructor(release: (item: Item) => void) {
    this.release = release;
  }

  /**
   * Holds an item.
   *
   * @param due when it is to be released, by `performance.now()`; never earlier than the item before it.
   */
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
    // Released items are cut off once they are the larger part, so that each is moved once at most.
    if (this.first * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    this.sleep();
  };
}
