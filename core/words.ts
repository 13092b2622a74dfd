/** The target's own words when it refuses or closes something, with counts. Pure. */
import { onOneLine, withoutCredentials } from "./redaction.ts";

/**
 * What the target did: refused what it was sent, answered neither yes nor no, closed a connection, sent a message that is
 * no event and no answer, or did not accept a connection in time.
 */
const KINDS = {
  refused: "refused by the target",
  unknown: "neither acknowledged nor refused",
  closed: "connections ended by the target",
  said: "said by the target beside events",
  silent: "connections that were not accepted in time",
} as const;
export type WordKind = keyof typeof KINDS;
export const WORD_KINDS = Object.keys(KINDS) as WordKind[];

/** Most different texts; a target that writes a number into each would otherwise fill the memory. */
export const MOST_TEXTS = 50;
export const LONGEST_TEXT = 200;
const REST = "in other words";

/** One text, and how often it was said. */
export interface Word {
  readonly kind: WordKind;
  readonly text: string;
  readonly count: number;
}

/** Counts of texts, at most {@link MOST_TEXTS} of each kind. */
export class Words {
  private readonly counts: Readonly<Record<WordKind, Map<string, number>>> = {
    refused: new Map(),
    unknown: new Map(),
    closed: new Map(),
    said: new Map(),
    silent: new Map(),
  };

  /** Counts a text, without the credentials of URLs in it. */
  count(kind: WordKind, text: string, times = 1): void {
    const counts = this.counts[kind];
    const line = onOneLine(withoutCredentials(text), LONGEST_TEXT);
    const kept = counts.has(line) || counts.size < MOST_TEXTS ? line : REST;
    counts.set(kept, (counts.get(kept) ?? 0) + times);
  }

  get isEmpty(): boolean {
    return Object.values(this.counts).every(({ size }) => size === 0);
  }

  /** All texts, most frequent first. */
  list(): Word[] {
    return WORD_KINDS.flatMap((kind) =>
      [...this.counts[kind]].sort(([, one], [, other]) => other - one).map(([text, count]) => ({ kind, text, count })),
    );
  }

  /** Removes and returns all texts. */
  take(): Word[] {
    const words = this.list();
    for (const counts of Object.values(this.counts)) counts.clear();
    return words;
  }
}

/** One line for each kind: `connections ended by the target: 1008 quota: 80; 1001 going away: 2`. */
export function describeWords(words: readonly Word[]): string[] {
  return WORD_KINDS.flatMap((kind) => {
    const own = words.filter((word) => word.kind === kind);
    return own.length === 0 ? [] : [`${KINDS[kind]}: ${own.map(({ text, count }) => `${text}: ${count}`).join("; ")}`];
  });
}
