import { Bitset } from "../core/bitset.ts";
import { Histogram } from "../core/histogram.ts";
import type { PathAccount, Window } from "../core/ledger.ts";
import { CANARY_PUBLISHER, type Trace } from "../core/trace.ts";
import { hostileName, hostileRequest, readSingle } from "../systems/ingestor/hostile.ts";
import {
  asStored,
  type ContentIdentity,
  damageOf,
  message,
  readContent,
  type StoredMessage,
} from "../systems/ingestor/wire.ts";
import type { Deliveries } from "./deliveries.ts";
import { Path } from "./path.ts";

/** A row as it was read. */
export interface Row extends StoredMessage {
  readonly id: number;
  /** Unix ms at which the database says it was inserted; null when the column is empty. */
  readonly insertedAt: number | null;
}

/** A reading of the table that is older than this says nothing of now. */
const FRESH_MS = 2_000;

/** How many damaged rows an account describes. */
const EVIDENCE = 5;

/** The table that the messages of a run must end up in: each once, and as it was sent. */
export class TablePath extends Path {
  /** From publishing to the row's own time of insertion. */
  readonly insertions = new Histogram();
  /** What is wrong with the first damaged rows. */
  readonly damages: string[] = [];
  private readonly seed: number;
  private readonly run: number;
  private readonly hostile: boolean;
  private readonly rowIds = new Bitset();
  private firstId = 0;
  private canaries = 0;
  private damagedRows = 0;
  private loadRows = 0;
  private readThrough = Number.NEGATIVE_INFINITY;

  /** @param hostile the messages are those of {@link hostileRequest}. */
  constructor(name: string, run: number, seed: number, hostile: boolean) {
    super(name, { table: name }, () => true);
    this.run = run;
    this.seed = seed;
    this.hostile = hostile;
  }

  /** Tells which id no row of the run can have; larger ones are remembered at one bit each. */
  startAfter(id: number): void {
    this.firstId = id;
  }

  /** Whether a row has been entered, by its id. */
  has(id: number): boolean {
    return this.rowIds.has(id - this.firstId);
  }

  /** Rows of the run's load, twice stored ones twice. */
  get rows(): number {
    return this.loadRows;
  }

  /** Rows of the run, canaries too. */
  get allRows(): number {
    return this.loadRows + this.canaries;
  }

  get damaged(): number {
    return this.damagedRows;
  }

  /**
   * Enters a row; one that was entered before, or is of another run, changes nothing.
   *
   * @param seenAt Unix ms.
   * @param deliveries where the time from publishing to the moment at which the row was seen goes.
   * @returns whether it is the first of its event.
   */
  enter(row: Row, seenAt: number, deliveries: Deliveries): boolean {
    const identity = readContent(row.content) ?? this.single(row);
    if (identity === null || identity.run !== this.run || this.has(row.id)) return false;
    this.rowIds.add(row.id - this.firstId);
    const { publisher, seq, trace } = identity;
    if (publisher === CANARY_PUBLISHER) {
      this.canaries++;
      return false;
    }
    this.loadRows++;
    const damage = this.damage(row, seq, trace);
    if (damage !== null) {
      this.damagedRows++;
      if (this.damages.length < EVIDENCE) this.damages.push(`row ${row.id} is event ${seq}, but ${damage}`);
    }
    if (this.ledger.record(publisher, seq) === "duplicate") return false;
    if (trace !== null) {
      deliveries.record(this.name, seenAt - trace.publishedAt, seenAt);
      if (row.insertedAt !== null) this.insertions.record(row.insertedAt - trace.publishedAt);
    }
    return true;
  }

  /** The table was read as it was at a moment, in Unix ms. */
  wasRead(at: number): void {
    this.readThrough = at;
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
    return sent === null ? `${hostileName(seq)} has no row that it could be` : damageOf(row, sent);
  }
}
