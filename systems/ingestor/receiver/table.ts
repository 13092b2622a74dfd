import type { Bitset } from "../../../core/bitset.ts";
import { Histogram } from "../../../core/histogram.ts";
import type { PathAccount, Window } from "../../../core/ledger.ts";
import { isLeftOver } from "../../../core/report.ts";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import type { Deliveries } from "../../../receiver/deliveries.ts";
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

/** A row as it was read. */
export interface Row extends StoredMessage {
  readonly id: RowId;
  /** Unix ms at which the database says it was inserted; null when the column is empty. */
  readonly insertedAt: number | null;
}

/** A field of a message that a table may do without. */
export type AbsentField = "user_id" | "channel_id";

/** A reading of the table that is older than this says nothing of now. */
const FRESH_MS = 2_000;

/** As much of an entry is shown. */
const SHOWN_LENGTH = 80;

/** The event of a canary's row, and of one that an earlier run of the same id left behind. */
const CANARY = -1;
const LEFT_OVER = -2;

/** How many damaged rows an account describes. */
const EVIDENCE = 5;

/** The table that the messages of a run must end up in: each once, and as it was sent. */
export class TablePath extends Path {
  /** From publishing to the row's own time of insertion; to the moment at which it was seen where it has none. */
  readonly insertions = new Histogram();
  /** What is wrong with the first damaged rows. */
  readonly damages: string[] = [];
  private readonly seed: number;
  private readonly run: number;
  private readonly hostile: boolean;
  private readonly absent: readonly AbsentField[];
  private readonly openedAt: number;
  /** The rows of the run as they were first read. */
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
   * @param absent fields that the table does not keep, so that they cannot be damaged.
   * @param openedAt Unix ms at which the run was opened, where that is known.
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

  /** Rows of the run's load, twice stored ones twice. */
  get rows(): number {
    return this.loadRows;
  }

  get damaged(): number {
    return this.damagedIds.size;
  }

  /** Rows that were as they were sent when they were first read, and are not any more. */
  get changed(): number {
    return this.changedRows;
  }

  /**
   * Enters a row; one that was entered before, is of another run, or was left behind by an earlier one, changes nothing.
   *
   * @param seenAt Unix ms.
   * @param deliveries where the time from publishing to the moment at which the row was seen goes.
   * @param isLate it may have been there for a while.
   * @returns whether it is the first of its event.
   */
  enter(row: Row, seenAt: number, deliveries: Deliveries, isLate = false): boolean {
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
      // A row that is found late was there before it was seen.
      deliveries.record(this.name, (isLate ? (row.insertedAt ?? seenAt) : seenAt) - trace.publishedAt, seenAt);
      this.insertions.record((row.insertedAt ?? seenAt) - trace.publishedAt);
    }
    return true;
  }

  /** Looks at a row again that was entered before: it counts as it stands at the end. */
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

  /** Whether it is a loss that a row which was read is not there any more: who cleans up takes what is old. */
  isMissed(id: RowId): boolean {
    return this.index.seqOf(id) !== LEFT_OVER;
  }

  private isOfEarlier({ trace }: ContentIdentity): boolean {
    return isLeftOver(trace?.publishedAt ?? null, this.openedAt);
  }

  private describe(id: RowId, damage: string): void {
    this.damagedIds.add(id);
    if (this.damages.length < EVIDENCE) this.damages.push(`row ${id} ${damage}`);
  }

  /** What is still pending or buffered is not lost. */
  override settle(...given: Parameters<Path["settle"]>): PathAccount {
    const settled = super.settle(...given);
    const open = Math.min(settled.lost, this.held);
    const lost = settled.lost - open;
    return { ...settled, lost, open, lostSeqs: lost === 0 ? [] : settled.lostSeqs };
  }

  /** The table was read as it was at a moment, in Unix ms. */
  wasRead(at: number): void {
    this.readThrough = at;
  }

  /** Whether each of these events has its row. */
  isComplete(acknowledged: Bitset): boolean {
    for (const _ of acknowledged.without(this.seen)) return false;
    return true;
  }

  /** Reads what is pending: the run's events, and the beginning of the first entry that is no message. */
  readPending(contents: readonly string[]): { seqs: ReadonlySet<number>; unreadable: string | null } {
    const seqs = new Set<number>();
    let unreadable: string | null = null;
    for (const text of contents) {
      const content = pendingContent(text);
      const identity = content === null ? null : readContent(content);
      if (identity?.run === this.run && !this.isOfEarlier(identity)) seqs.add(identity.seq);
      if (content === null) unreadable ??= text.slice(0, SHOWN_LENGTH);
    }
    return { seqs, unreadable };
  }

  /** Says what the lowest lost events were, where their inputs have names. */
  describeLost({ lostSeqs }: PathAccount): string[] {
    if (!this.hostile) return [];
    return lostSeqs.map((seq) => `event ${seq} (${hostileName(seq)}) was accepted and is not in the table`);
  }

  get ready(): boolean {
    return this.canaries > 0;
  }

  isSilent(): boolean {
    return false;
  }

  hasCaughtUp(sentThrough: number, now: number): boolean {
    return this.readThrough >= sentThrough && now - this.readThrough <= FRESH_MS;
  }

  protected window(): Window {
    return { from: Number.NEGATIVE_INFINITY, through: Number.POSITIVE_INFINITY };
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
