/** What the target says when it refuses or ends something, in its own words, each with its count. Pure. */
import * as v from "valibot";
import { onOneLine, withoutCredentials } from "./redaction.ts";

/** What the target did: refused what it was sent, ended a connection, or said what is no event and no answer. */
const KINDS = {
  refused: "refused by the target",
  closed: "connections ended by the target",
  said: "said by the target beside events",
} as const;
export type WordKind = keyof typeof KINDS;

/** Texts that are kept apart; a target that writes a number into each would otherwise fill the memory. */
const MOST_TEXTS = 50;
const LONGEST_TEXT = 200;
const REST = "in other words";

export const WordsSchema = v.object({
  test: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/)),
  words: v.pipe(
    v.array(
      v.object({
        kind: v.picklist(Object.keys(KINDS) as WordKind[]),
        text: v.pipe(v.string(), v.maxLength(LONGEST_TEXT + 3)),
        count: v.pipe(v.number(), v.integer(), v.minValue(1)),
      }),
    ),
    v.maxLength(3 * (MOST_TEXTS + 1)),
  ),
});
export type Word = v.InferOutput<typeof WordsSchema>["words"][number];

/** Counts of texts, at most {@link MOST_TEXTS} of each kind. */
export class Words {
  private readonly counts: Readonly<Record<WordKind, Map<string, number>>> = {
    refused: new Map(),
    closed: new Map(),
    said: new Map(),
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

  /** All of them, the most frequent first. */
  list(): Word[] {
    const kinds = Object.keys(KINDS) as WordKind[];
    return kinds.flatMap((kind) =>
      [...this.counts[kind]].sort(([, one], [, other]) => other - one).map(([text, count]) => ({ kind, text, count })),
    );
  }

  /** Takes all of them out. */
  take(): Word[] {
    const words = this.list();
    for (const counts of Object.values(this.counts)) counts.clear();
    return words;
  }
}

/** One line for each kind: `connections ended by the target: 1008 quota: 80; 1001 going away: 2`. */
export function describeWords(words: readonly Word[]): string[] {
  return (Object.keys(KINDS) as WordKind[]).flatMap((kind) => {
    const own = words.filter((word) => word.kind === kind);
    return own.length === 0 ? [] : [`${KINDS[kind]}: ${own.map(({ text, count }) => `${text}: ${count}`).join("; ")}`];
  });
}
