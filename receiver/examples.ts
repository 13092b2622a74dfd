import { withoutCredentials } from "../core/redaction.ts";
import { shortened, TOLD } from "../core/shortlist.ts";

/** How many a record lists: an account is fetched again and again. */
const LISTED = 100;

/** Several things of one kind in words, each once: the first are told, and more of them are listed in the record. */
export class Examples {
  private readonly first: string[] = [];
  private count = 0;

  add(words: string): void {
    const example = withoutCredentials(words);
    if (this.first.includes(example)) return;
    this.count++;
    if (this.first.length < LISTED) this.first.push(example);
  }

  /** Whether more would only be counted. */
  get isFull(): boolean {
    return this.first.length === LISTED;
  }

  /** @param all how many there are; as many as were added by default. */
  lines(all = this.count): readonly string[] {
    return shortened(this.first, all);
  }

  /** For the record, where not all of them are told. */
  get listed(): readonly string[] {
    return this.first.length > TOLD ? this.first : [];
  }
}
