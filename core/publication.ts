import { Bitset } from "./bitset.ts";
import { RESOLUTION_MS } from "./clock.ts";
import type { Window } from "./ledger.ts";
import { type Send, Sends } from "./sends.ts";
import type { Word } from "./words.ts";

/** The result of publishing an event. */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** Consecutive events that one publisher sent together, with their results. */
export interface Batch extends Omit<Send, "source"> {
  readonly publisher: number;
  /** The publisher's k6 process; absent where there is only one. */
  readonly instance?: string | undefined;
  /** Error of that process's clock against the receiver's, in ms. */
  readonly clockError?: number | undefined;
  /** Sequence numbers that were not acknowledged; all others of the batch were. */
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
  /** Sequence numbers of the batch that were never sent; none by default. */
  readonly unsent?: readonly number[];
  /** Ids from the target's acknowledgements, if it gives any. */
  readonly ids?: readonly string[] | undefined;
  /** What was said of those that were not acknowledged. */
  readonly words?: { readonly words: readonly Word[] } | undefined;
}

/** Who reported an event, and its send time by that report, in Unix ms. */
interface Claim {
  readonly instance: string;
  readonly publisher: number;
  readonly sentFrom: number;
}

/** A sequence number that was reported twice for different events. */
interface Contest {
  readonly seq: number;
  readonly claims: readonly [Claim, Claim];
}

/** Explains who claims a number, and what to do about it. */
export function describeContest({ seq, claims }: Contest, run: string): string {
  const [one, other] = claims.map(({ instance, publisher, sentFrom }) => {
    const process = instance === "" ? "" : ` of ${instance}`;
    return `publisher ${publisher}${process} at ${new Date(sentFrom).toISOString().slice(11, 23)}`;
  });
  return (
    `event ${seq} was sent twice, by ${one} and by ${other}: two publishers share RUN_ID=${run}; ` +
    "give each run its own, or each process its --execution-segment"
  );
}

/** How many contested numbers an account describes. */
const EVIDENCE = 5;

/** The publishers' side of a run's account. */
export class Publication {
  /** The first sequence numbers that were reported twice. */
  readonly contests: Contest[] = [];
  private readonly sends = new Sends();
  private readonly sources: Omit<Claim, "sentFrom">[] = [];
  private readonly sourceOf = new Map<string, number>();
  private readonly instances = new Set<string>();
  private readonly known = new Bitset();
  private readonly unacknowledged = new Bitset();
  private readonly refusals = new Bitset();
  private readonly doubles = new Bitset();
  private readonly kept = new Bitset();
  private firstSend = Number.POSITIVE_INFINITY;
  private lastSend = Number.NEGATIVE_INFINITY;
  private lastAnswer = Number.NEGATIVE_INFINITY;
  private worstClock = 0;

  /** Number of publishers that have sent anything. */
  get publishers(): number {
    return new Set(this.sources.map(({ publisher }) => publisher)).size;
  }

  /** Events given to the transport, whatever the result. */
  get published(): number {
    return this.known.size;
  }

  get acknowledged(): number {
    return this.known.size - this.unacknowledged.size;
  }

  get refused(): number {
    return this.refusals.size;
  }

  /** Neither acknowledged nor refused: they may arrive or not. */
  get unknown(): number {
    return this.unacknowledged.size - this.refusals.size;
  }

  /** Due, and never given to the transport. */
  get unsent(): number {
    return this.kept.size;
  }

  /** Sequence numbers that two reports claim for different events. */
  get contested(): number {
    return this.doubles.size;
  }

  /** Number of entered reports; derived values are valid until it changes. */
  get batchCount(): number {
    return this.sends.length;
  }

  /** From the first send to the last answer; null before anything was published. */
  get span(): Window | null {
    return this.sends.length === 0 ? null : { from: this.firstSend, through: this.lastAnswer };
  }

  /** Unix ms of the last send, or of when the last event was due that could not be sent; null before the first. */
  get lastSendAt(): number | null {
    return this.sends.length === 0 ? null : this.lastSend;
  }

  /**
   * How far an acknowledgement must precede a send, in ms, to be certainly earlier. Publishers of one process share a
   * clock; the clocks of several processes each have an error.
   */
  get timeTolerance(): number {
    return RESOLUTION_MS + (this.instances.size > 1 ? 2 * this.worstClock : 0);
  }

  /** Enters one batch. A repeated report changes nothing; of a contested number the first report counts. */
  record(batch: Batch): void {
    const { firstSeq, count, sentFrom, sentThrough } = batch;
    const source = this.identify(batch);
    const unsent = new Set(batch.unsent);
    for (const seq of unsent) this.kept.add(seq);
    let from: number | null = null;
    for (let seq = firstSeq; seq <= firstSeq + count; seq++) {
      const inside = seq < firstSeq + count && !unsent.has(seq);
      if (inside && this.known.add(seq)) {
        from ??= seq;
        continue;
      }
      if (from !== null) this.sends.push({ firstSeq: from, count: seq - from, sentFrom, sentThrough, source });
      from = null;
      if (inside) this.repeated(seq, { sentFrom, sentThrough, source });
    }
    for (const seq of batch.refused) {
      if (!this.doubles.has(seq) && this.unacknowledged.add(seq)) this.refusals.add(seq);
    }
    for (const seq of batch.unknown) if (!this.doubles.has(seq)) this.unacknowledged.add(seq);
    this.firstSend = Math.min(this.firstSend, sentFrom);
    this.lastSend = Math.max(this.lastSend, sentFrom);
    this.lastAnswer = Math.max(this.lastAnswer, sentThrough);
  }

  private identify({ publisher, instance = "", clockError = 0 }: Batch): number {
    this.instances.add(instance);
    this.worstClock = Math.max(this.worstClock, clockError);
    const key = `${publisher} ${instance}`;
    const known = this.sourceOf.get(key);
    if (known !== undefined) return known;
    this.sourceOf.set(key, this.sources.length);
    return this.sources.push({ publisher, instance }) - 1;
  }

  /** A number that was reported before is the same event only if the same publisher sent it at the same time. */
  private repeated(seq: number, { sentFrom, sentThrough, source }: Omit<Send, "firstSeq" | "count">): void {
    const send = this.sends.of(seq) as Send;
    if (send.source === source && send.sentFrom === sentFrom && send.sentThrough === sentThrough) return;
    if (!this.doubles.add(seq) || this.contests.length === EVIDENCE) return;
    this.contests.push({ seq, claims: [this.claim(send), this.claim({ source, sentFrom })] });
  }

  private claim({ source, sentFrom }: Pick<Send, "source" | "sentFrom">): Claim {
    return { ...(this.sources[source] as Omit<Claim, "sentFrom">), sentFrom };
  }

  /** Whether an event was published and not refused: it may arrive even if nobody acknowledged it. */
  mayArrive(seq: number): boolean {
    return this.known.has(seq) && !this.refusals.has(seq);
  }

  /**
   * Events that were neither acknowledged nor refused, and did not arrive. @param open only those that were sent while it
   * lasted; null for all.
   */
  *unanswered(seen: Bitset, open: Window | null): Generator<number> {
    if (this.unknown === 0) return;
    for (const seq of this.unacknowledged.without(seen)) {
      if (this.refusals.has(seq)) continue;
      const send = open === null ? null : this.sends.of(seq);
      if (send === null || open === null || overlaps(send, open)) yield seq;
    }
  }

  /** Arrived events that no publisher reported. */
  unreported(seen: Bitset): Iterable<number> {
    return seen.without(this.known);
  }

  /** Arrived events that the transport refused, which means that they must not arrive. */
  contradicted(seen: Bitset): Iterable<number> {
    return this.refusals.size === 0 ? [] : seen.within(this.refusals);
  }

  /**
   * The events that must arrive on a path: acknowledged, selected by its filter, and sent inside its window. Without a
   * window, all that were acknowledged and selected.
   */
  expected(selected: (seq: number) => boolean, window?: Window): Bitset {
    const expected = new Bitset();
    for (const send of this.sends) {
      if (window !== undefined && !isWithin(send, window)) continue;
      this.eachDue(send, selected, (seq) => expected.add(seq));
    }
    return expected;
  }

  /**
   * Number of such events that were sent while the path was open but outside its window, and did not arrive: too near
   * its edges to be judged.
   */
  missedAtEdges(selected: (seq: number) => boolean, window: Window, open: Window, seen: Bitset): number {
    let missed = 0;
    for (const send of this.sends) {
      if (isWithin(send, window) || !overlaps(send, open)) continue;
      this.eachDue(send, selected, (seq) => {
        if (!seen.has(seq)) missed++;
      });
    }
    return missed;
  }

  /** Number of expected events by the Unix second of their send. */
  expectedBySecond(selected: (seq: number) => boolean, window?: Window): Map<number, number> {
    const seconds = new Map<number, number>();
    for (const send of this.sends) {
      if (window !== undefined && !isWithin(send, window)) continue;
      let count = 0;
      this.eachDue(send, selected, () => count++);
      const second = Math.floor(send.sentFrom / 1000);
      if (count > 0) seconds.set(second, (seconds.get(second) ?? 0) + count);
    }
    return seconds;
  }

  /** Counts acknowledged events. @param chosen for a send, a predicate of counted events; null counts none of them. */
  count(chosen: (send: Send) => ((seq: number) => boolean) | null): number {
    let counted = 0;
    for (const send of this.sends) {
      const selected = chosen(send);
      if (selected !== null) this.eachDue(send, selected, () => counted++);
    }
    return counted;
  }

  /** Unix ms of the send of event `seq`; null if it was not reported. */
  sentAt(seq: number): number | null {
    return this.sends.of(seq)?.sentFrom ?? null;
  }

  /** Unix ms by which event `seq` was acknowledged: null while unreported, infinite if it never was. */
  acknowledgedAt(seq: number): number | null {
    if (this.unacknowledged.has(seq)) return Number.POSITIVE_INFINITY;
    return this.sends.of(seq)?.sentThrough ?? null;
  }

  private eachDue({ firstSeq, count }: Send, selected: (seq: number) => boolean, enter: (seq: number) => void): void {
    for (let seq = firstSeq; seq < firstSeq + count; seq++) {
      if (!this.unacknowledged.has(seq) && selected(seq)) enter(seq);
    }
  }
}

function isWithin({ sentFrom, sentThrough }: Send, { from, through }: Window): boolean {
  return sentFrom >= from && sentThrough <= through;
}

function overlaps({ sentFrom, sentThrough }: Send, { from, through }: Window): boolean {
  return sentThrough >= from && sentFrom <= through;
}
