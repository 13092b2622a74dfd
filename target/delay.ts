/** How long before an item is due the event loop is kept turning: Node's timers may be 2 ms late. */
const TURNING_MS = 2.5;

interface Waiting<Item> {
  readonly item: Item;
  readonly due: number;
}

/**
 * Holds items until they are due and releases them in the order they came, within a few hundredths of
 * a millisecond of their time when the process has a core to itself.
 */
export class DelayLine<Item> {
  private readonly release: (item: Item) => void;
  private waiting: Waiting<Item>[] = [];
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
    const left = (this.waiting[this.first] as Waiting<Item>).due - performance.now();
    if (left > TURNING_MS + 1) setTimeout(this.wake, Math.floor(left - TURNING_MS)).unref();
    else setImmediate(this.wake);
  }

  private readonly wake = (): void => {
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
