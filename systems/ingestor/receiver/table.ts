import type { Bitset } from "../../../core/bitset.ts";
import { Histogram } from "../../../core/histogram.ts";
import type { PathAccount } from "../../../core/ledger.ts";
import { isLeftOver } from "../../../core/plausible.ts";
import { beginningOf } from "../../../core/redaction.ts";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import type { Deliveries } from "../../../receiver/deliveries.ts";
import { Examples } from "../../../receiver/examples.ts";
import { Path } from "../../../receiver/path.ts";
import { hostileName, hostileRequest, readSingle } from "../hostile.ts";
import {
  asStored,
  type ContentIdentity,
  damageOf,
  message,
  pendingContent,
  readContent,
  type StoredMessage,
} from "../wire.ts";
import { type RowId, RowIndex } from "./rowindex.ts";

/** A row of the table. */
export interface Row extends StoredMessage {
  readonly id: RowId;
  /** Unix ms of its insertion by the database's clock; null when the column is empty. */
  readonly insertedAt: number | null;
}

/** Fields of a message that a table may lack. */
type AbsentField = "user_id" | "channel_id";

/** An older reading of the table says nothing about now. */
const FRESH_MS = 2_000;

/** Longest quote of an entry. */
const SHOWN_LENGTH = 80;

/** Stands for the event of a canary's row, and of a row that an earlier run with the same id left. */
const CANARY = -1;
const LEFT_OVER = -2;

/** The table that must contain each message of the run once, as it was sent. */
export class TablePath extends Path {
  /** From publishing to the row's own insertion time; to its first reading where it has none. */
  readonly insertions = new Histogram();
  /** The same if each row without a time came right after the reading that did not find it. */
  readonly earliest = new Histogram();
  /** Rows among them that have none. */
  untimed = 0;
  /** Descriptions of the first damaged rows. */
  readonly damages = new Examples();
  private readonly seed: number;
  private readonly run: number;
  private readonly hostile: boolean;
  private readonly absent: readonly AbsentField[];
  private readonly openedAt: number;
  /** The run's rows as they were first read. */
  readonly index = new RowIndex();
  /** Messages that are pending or buffered, and so may still become rows. */
  held = 0;
  private readonly damagedIds = new Set<RowId>();
  private canaries = 0;
  private changedRows = 0;
  private loadRows = 0;
  private readThrough = Number.NEGATIVE_INFINITY;

  /**
   * @param hostile the messages are those of {@link hostileRequest}.
   * @param absent fields that the table does not store, which cannot be damaged.
   * @param openedAt Unix ms when the run was opened, if known.
   */
  constructor(
    name: string,
    run: number,
    seed: number,
    hostile: boolean,
    absent: readonly AbsentField[] = [],
    openedAt = Number.NEGATIVE_INFINITY,
  ) {
    super(name, { table: name }, () => true);
    this.absent = absent;
    this.openedAt = openedAt;
    this.run = run;
    this.seed = seed;
    this.hostile = hostile;
  }

  /** Rows of the run's load; messages stored twice count twice. */
  get rows(): number {
    return this.loadRows;
  }

  get damaged(): number {
    return this.damagedIds.size;
  }

  /** Rows that were intact when they were first read and have changed since. */
  get changed(): number {
    return this.changedRows;
  }

  /**
   * Enters a row. Rows that were entered before, or that belong to another or an earlier run, change nothing.
   *
   * @param seenAt Unix ms.
   * @param deliveries gets the latency from publishing to `seenAt`.
   * @param isLate the row may have existed for a while.
   * @param since Unix ms of the last reading that would have shown it; minus infinity where there was none.
   * @returns whether it is the first one of its event.
   */
  enter(row: Row, seenAt: number, deliveries: Deliveries, isLate = false, since = Number.NEGATIVE_INFINITY): boolean {
    const identity = readContent(row.content) ?? this.single(row);
    if (identity === null || identity.run !== this.run || this.index.has(row.id)) return false;
    const { publisher, seq, trace } = identity;
    if (this.isOfEarlier(identity)) {
      this.index.enter(row.id, LEFT_OVER, row);
      return false;
    }
    const isCanary = publisher === CANARY_PUBLISHER;
    this.index.enter(row.id, isCanary ? CANARY : seq, row);
    if (isCanary) {
      this.canaries++;
      return false;
    }
    this.loadRows++;
    const damage = this.damage(row, seq, trace);
    if (damage !== null) this.describe(row.id, `is event ${seq}, but ${damage}`);
    if (this.ledger.record(publisher, seq) === "duplicate") return false;
    if (trace !== null) {
      const { publishedAt } = trace;
      const { insertedAt } = row;
      // A row that is found late existed before it was seen.
      const isDated = isLate && insertedAt !== null;
      const latency = (isDated ? insertedAt : seenAt) - publishedAt;
      deliveries.record(this.name, latency, seenAt);
      const absentAt = isLate ? Number.NEGATIVE_INFINITY : since;
      if (isDated) deliveries.looks.known(latency);
      else deliveries.looks.enter(publishedAt, absentAt, seenAt);
      this.insertions.record((insertedAt ?? seenAt) - publishedAt);
      this.earliest.record((insertedAt ?? Math.min(Math.max(absentAt, publishedAt), seenAt)) - publishedAt);
      if (insertedAt === null) this.untimed++;
    }
    return true;
  }

  /** Compares a known row again: its content at the end counts. */
  recheck(row: Row): void {
    const seq = this.index.seqOf(row.id);
    if (seq === undefined || seq < 0 || this.damagedIds.has(row.id)) return;
    const identity = readContent(row.content) ?? this.single(row);
    const isSame = identity !== null && identity.run === this.run && identity.seq === seq;
    const damage = isSame ? this.damage(row, seq, identity.trace) : "its content is another";
    if (damage === null) return;
    this.changedRows++;
    this.describe(row.id, `was event ${seq} and has been changed since: ${damage}`);
  }

  /** Whether the disappearance of a row is a loss: clean-up jobs delete old rows. */
  isMissed(id: RowId): boolean {
    return this.index.seqOf(id) !== LEFT_OVER;
  }

  private isOfEarlier({ trace }: ContentIdentity): boolean {
    return isLeftOver(trace?.publishedAt ?? null, this.openedAt);
  }

  private describe(id: RowId, damage: string): void {
    this.damagedIds.add(id);
    this.damages.add(`row ${id} ${damage}`);
  }

  /** Pending and buffered messages are not lost. */
  override settle(...given: Parameters<Path["settle"]>): PathAccount {
    const settled = super.settle(...given);
    const open = Math.min(settled.lost, this.held);
    const lost = settled.lost - open;
    return { ...settled, lost, open, lostSeqs: lost === 0 ? [] : settled.lostSeqs };
  }

  /** The table's content at a time was read, in Unix ms. */
  wasRead(at: number): void {
    this.readThrough = at;
  }

  /** Whether each of these events has a row. */
  isComplete(acknowledged: Bitset): boolean {
    for (const _ of acknowledged.without(this.seen)) return false;
    return true;
  }

  /** Decodes pending messages: the run's events, and the beginning of the first invalid entry. */
  readPending(contents: readonly string[]): { seqs: ReadonlySet<number>; unreadable: string | null } {
    const seqs = new Set<number>();
    let unreadable: string | null = null;
    for (const text of contents) {
      const content = pendingContent(text);
      const identity = content === null ? null : readContent(content);
      if (identity?.run === this.run && !this.isOfEarlier(identity)) seqs.add(identity.seq);
      if (content === null) unreadable ??= beginningOf(text, SHOWN_LENGTH);
    }
    return { seqs, unreadable };
  }

  /** The names of the lowest lost events, where their inputs have names. */
  describeLost({ lostSeqs }: PathAccount): string[] {
    if (!this.hostile) return [];
    return lostSeqs.map((seq) => `event ${seq} (${hostileName(seq)}) was accepted and is not in the table`);
  }

  get ready(): boolean {
    return this.canaries > 0;
  }

  override hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.readThrough >= sentThrough && now - this.readThrough <= FRESH_MS;
  }

  private single(row: Row): ContentIdentity | null {
    const seq = this.hostile ? readSingle(this.run, row) : null;
    return seq === null ? null : { run: this.run, publisher: 0, seq, trace: null };
  }

  private damage(row: Row, seq: number, trace: Trace | null): string | null {
    const whole = trace ?? { run: this.run, publisher: 0, seq, publishedAt: 1e12 };
    const sent = this.hostile ? hostileRequest(whole).stored : asStored(message(this.seed, whole));
    if (sent === null) return `${hostileName(seq)} has no row that it could be`;
    const kept = Object.fromEntries(this.absent.map((field) => [field, sent[field]]));
    return damageOf({ ...row, ...kept }, sent);
  }
}
