import type { Bitset } from "../core/bitset.ts";
import type { Window } from "../core/ledger.ts";
import { type Listeners, unheard } from "../core/listening.ts";
import type { Publication } from "../core/publication.ts";
import type { Path } from "./path.ts";

/** The deliveries that the paths of a run expect; computed once for paths with the same filter. */
export class Expectations {
  private readonly publication: Publication;
  private remembered = { publications: -1, byFilter: new Map<string, Bitset>() };

  constructor(publication: Publication) {
    this.publication = publication;
  }

  /** All events that a path selects; cached by filter until more is published. */
  readonly whole = (path: Path): Bitset => {
    if (this.remembered.publications !== this.publication.batchCount) {
      this.remembered = { publications: this.publication.batchCount, byFilter: new Map() };
    }
    const { byFilter } = this.remembered;
    const expected = byFilter.get(path.filterKey) ?? this.publication.expected(path.selected);
    byFilter.set(path.filterKey, expected);
    return expected;
  };

  /** Expected deliveries by the second of the send, on paths that are being judged. @param now Unix ms. */
  bySecond(paths: readonly Path[], now: number): ReadonlyMap<number, number> {
    const byFilter = new Map<string, Map<number, number>>();
    const expected = new Map<number, number>();
    for (const path of paths) {
      const window = path.judgedWindow(this.publication, now);
      const key = `${window?.from} ${window?.through} ${path.filterKey}`;
      let counts = byFilter.get(key);
      if (counts === undefined) {
        const whole = this.whole(path);
        counts = this.publication.expectedBySecond((seq) => whole.has(seq), window ?? undefined);
        byFilter.set(key, counts);
      }
      for (const [second, count] of counts) expected.set(second, (expected.get(second) ?? 0) + count);
    }
    return expected;
  }

  /** Number of acknowledged events that were sent while no path that selects them was open. @param now Unix ms. */
  unheard(paths: readonly Path[], now: number): number {
    const byFilter = new Map<string, Listeners & { readonly open: (Window | null)[] }>();
    for (const path of paths) {
      const listeners = byFilter.get(path.filterKey) ?? { selected: path.selected, open: [] };
      byFilter.set(path.filterKey, listeners);
      listeners.open.push(path.openWindow(now));
    }
    return unheard(this.publication, [...byFilter.values()]);
  }
}
