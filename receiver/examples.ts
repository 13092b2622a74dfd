import { saidIn } from "../core/redaction.ts";
import { shortened, TOLD } from "../core/shortlist.ts";

/** How many a record lists: an account is fetched again and again. */
const LISTED = 100;

/** Several things of one kind in words, each once with its number: the first are told, and more of them are listed in the record. */
export class Examples {
  private readonly first = new Map<string, number>();
  private count = 0;

  add(words: string): void {
    const example = saidIn(words);
    const times = this.first.get(example);
    if (times !== undefined) return void this.first.set(example, times + 1);
    this.count++;
    if (this.first.size < LISTED) this.first.set(example, 1);
  }

  /** Whether more would only be counted. */
  get isFull(): boolean {
    return this.first.size === LISTED;
  }

  /** @param all how many there are; as many as were added by default. */
  lines(all = this.count): readonly string[] {
    return shortened(this.told, all);
  }

  /** For the record, where not all of them are told. */
  get listed(): readonly string[] {
    return this.first.size > TOLD ? this.told : [];
  }

  /** With how often each came, so that they add up to what was counted. */
  private get told(): readonly string[] {
    return [...this.first].map(([words, times]) => (times === 1 ? words : `${words} (${times} times)`));
  }
}
