import { withoutCredentials } from "../core/redaction.ts";

/** Most different reasons that are kept, and how many are told. */
const KEPT = 20;
const TOLD = 3;

/** Failed readings, in words. */
interface Failures {
  readonly count: number;
  /** Unix ms. */
  readonly first: number;
  readonly last: number;
  readonly reasons: ReadonlyMap<string, number>;
}

/** The readings of a far end that is polled: which failed, why and when. */
export class Reads {
  private count = 0;
  private hasWorked = false;
  private passed: Failures | null = null;
  /** Those since the last reading that worked. */
  private standing: Failures | null = null;

  /** Enters a reading. @param problem null where it worked. @param at Unix ms. */
  enter(problem: string | null, at: number): void {
    this.count++;
    if (problem !== null) {
      this.standing = joined(this.standing, {
        count: 1,
        first: at,
        last: at,
        reasons: new Map([[withoutCredentials(problem), 1]]),
      });
      return;
    }
    this.hasWorked = true;
    if (this.standing !== null) this.passed = joined(this.passed, this.standing);
    this.standing = null;
  }

  /** Unix ms since which none has worked, where one had before; else null. */
  get stoppedAt(): number | null {
    return this.hasWorked ? (this.standing?.first ?? null) : null;
  }

  /** Why the last one failed, and since when. @param what is read, as in `the list at http://host/items`. */
  explain(what: string, why: string): string {
    if (this.stoppedAt === null) return why;
    // It may still answer, with errors.
    const how = /^\d{3}\b/.test(why) ? "has answered with errors since" : "stopped answering at";
    return `${what} ${how} ${timeOf(this.stoppedAt)}: ${why.replace(/^fetch failed: /, "")}`;
  }

  /** How many failed and why; null without any. Those in which it stopped for good are told as that. */
  describe(): string | null {
    const { passed, count } = this;
    if (passed === null) return null;
    const words = [...passed.reasons].sort(([, one], [, other]) => other - one);
    const [[only = ""] = []] = words;
    const told = words.slice(0, TOLD).map(([why, times]) => `${why}: ${times}`);
    const rest = words.length - told.length;
    const why = words.length === 1 ? only : [...told, ...(rest > 0 ? [`and ${rest} other reasons`] : [])].join("; ");
    const when =
      passed.count === 1 ? `at ${timeOf(passed.first)}` : `first ${timeOf(passed.first)}, last ${timeOf(passed.last)}`;
    return `${passed.count} of ${count} polls failed: ${why} (${when})`;
  }
}

function joined(one: Failures | null, other: Failures): Failures {
  if (one === null) return other;
  const reasons = new Map(one.reasons);
  for (const [why, times] of other.reasons) {
    if (reasons.has(why) || reasons.size < KEPT) reasons.set(why, (reasons.get(why) ?? 0) + times);
  }
  return { count: one.count + other.count, first: one.first, last: other.last, reasons };
}

/** As in `20:39:07Z`. @param at Unix ms. */
export function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}
