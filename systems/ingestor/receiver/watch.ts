import { setTimeout as pause } from "node:timers/promises";
import type { StorageAccount } from "../../../core/account.ts";
import { Conservation } from "../../../core/conservation.ts";
import { messageOf } from "../../../core/problem.ts";
import type { Balance } from "../../../core/settling.ts";
import type { ObserverContext } from "../../../receiver/observer.ts";
import type { MessageTable } from "./database.ts";
import type { IngestKeys } from "./keys.ts";
import { QueueHistory } from "./queuehistory.ts";
import type { Row, TablePath } from "./table.ts";

/** Polling interval for new rows. */
const POLL_MS = 100;
/** Interval of readings of Redis, and of searches for rows that became visible late. */
const COMPARE_MS = 500;
const RETRY_MS = 500;
/** Interval of comparisons with the database's clock. */
const CLOCK_MS = 5_000;

/**
 * A row gets its id before its transaction ends, so it may become visible after rows with larger ids. The ids of this
 * time are read again; at the end, all rows of the run.
 */
const LATE_MS = 10_000;
const IDS_AT_ONCE = 50_000;
const ROWS_AT_ONCE = 1_000;
/** How many stuck events an account names. */
const EVIDENCE = 10;
/** Buckets that are read again together. */
const BUCKETS_AT_ONCE = 16;

export interface WatchOptions {
  readonly table: Pick<
    MessageTable,
    "lastPlace" | "after" | "ids" | "byId" | "sums" | "again" | "grows" | "lowering" | "slack" | "compareClocks"
  >;
  /** Null when Redis is not observed. */
  readonly keys: Pick<IngestKeys, "read" | "pendingContents"> | null;
  readonly path: TablePath;
  readonly run: number;
  readonly now: () => number;
}

/** Observes the table and the Redis keys for one run. */
export class Watch {
  private readonly options: WatchOptions;
  private readonly observed: ObserverContext;
  private readonly conservation = new Conservation();
  private readonly stopped = new AbortController();
  private readonly following: Promise<void>;
  private first: number | null = null;
  private high = 0;
  /** Positions of the readings within the last {@link LATE_MS}. */
  private marks: { at: number; place: number }[] = [];
  private comparedAt = Number.NEGATIVE_INFINITY;
  /** Unix ms before the last reading of new rows. */
  private readAt = Number.NEGATIVE_INFINITY;
  private clockComparedAt = Number.NEGATIVE_INFINITY;
  private readonly queue = new QueueHistory();
  private stuck: StorageAccount["stuck"] = null;
  private vanished = 0;
  /** Errors of the current attempt and of the last finished one. */
  private complaint: string | null = null;
  private problem: string | null = null;

  constructor(options: WatchOptions, observed: ObserverContext) {
    this.options = options;
    this.observed = observed;
    this.following = this.follow();
  }

  /** Stops polling and reads every row of the run again. */
  async finish(): Promise<void> {
    await this.stop();
    const { table } = this.options;
    // If the table was never read, its error is known, and there are no rows to read again.
    if (this.first === null) return;
    await this.attempt(async () => {
      await this.readNew();
      await this.readAgain();
      await this.compare();
      await this.lookIntoQueue();
      this.observed.clock(await table.compareClocks());
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.following;
  }

  account(): Omit<StorageAccount, "ids"> {
    const { path } = this.options;
    const { readings, shortfall, peak, growth } = this.conservation;
    const { latest, setBack } = this.queue;
    return {
      rows: path.rows,
      damaged: path.damaged,
      changed: path.changed,
      vanished: this.vanished,
      insertion: path.insertions.percentiles(),
      earliest: path.earliest.percentiles(),
      untimed: path.untimed,
      queue: latest === null ? null : { pending: latest.pending, buffered: latest.buffered },
      readings,
      shortfall,
      peak,
      growth,
      stuck: this.stuck,
      worker: latest?.worker ?? {},
      setBack,
      problem: this.problem,
    };
  }

  /** The state of events that are not rows yet. */
  get balance(): Balance {
    return this.queue.balance;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const began = performance.now();
      const worked = await this.attempt(() => this.step());
      // Without an index a reading is slow and loads the database: it may take at most half of the time.
      const took = performance.now() - began;
      await pause(worked ? Math.max(POLL_MS, took) : RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async step(): Promise<void> {
    const { table, now } = this.options;
    if (this.first === null) {
      this.high = await table.lastPlace();
      this.first = Math.max(0, this.high - table.lowering);
    }
    const at = now();
    if (at - this.clockComparedAt >= CLOCK_MS) {
      this.clockComparedAt = at;
      this.observed.clock(await table.compareClocks());
    }
    if (at - this.comparedAt < COMPARE_MS) return this.readNew();
    // What became visible late was not there when the last search began, or was passed since.
    const searchedAt = this.comparedAt;
    this.comparedAt = at;
    await this.compare();
    const passed = this.marks.findLast((mark) => mark.at <= at - LATE_MS) ?? this.marks[0];
    if (table.lowering > 0) await this.readLate(this.first, searchedAt);
    else if (passed !== undefined) await this.readLate(passed.place - table.slack, searchedAt);
    this.marks = [...this.marks.filter((mark) => mark.at >= (passed?.at ?? 0)), { at, place: this.high }];
  }

  /** Reads where messages are, in the direction in which they move. */
  private async compare(): Promise<void> {
    const { keys, path, now } = this.options;
    const underLoad = this.observed.underLoad();
    const acknowledged = this.observed.acknowledged();
    // The table is still read if Redis is away.
    const queue = await (keys?.read() ?? Promise.resolve(null)).catch((problem) => this.complain(problem));
    this.queue.enter(queue, now(), underLoad);
    path.held = this.queue.balance.held ?? 0;
    await this.readNew();
    const rows = path.seen.size;
    if (underLoad && acknowledged > 0) this.conservation.underLoad(now(), acknowledged, rows);
    if (queue === null || acknowledged === 0) return;
    const { pending, buffered } = queue;
    this.conservation.enter({ at: now(), acknowledged, pending, buffered, rows });
  }

  /** Reads on from the end of the last reading. */
  private async readNew(): Promise<void> {
    const { table, path, run, now } = this.options;
    const at = now();
    for (let more = true; more; ) {
      const next = await table.after(this.high, run);
      this.enter(next.rows, this.readAt);
      this.high = next.last ?? this.high;
      more = next.more;
    }
    path.wasRead(at);
    this.readAt = at;
  }

  /** Searches, after a position, for rows of the run that became visible late. */
  private async readLate(from: number, since: number): Promise<void> {
    const { table, path, run } = this.options;
    for (let low = from; low < this.high; ) {
      const { ids, last, more } = await table.ids(low, this.high, IDS_AT_ONCE, run);
      const unseen = ids.filter((id) => !path.index.has(id));
      for (let place = 0; place < unseen.length; place += ROWS_AT_ONCE) {
        this.enter(await table.byId(unseen.slice(place, place + ROWS_AT_ONCE), run), since);
      }
      if (!more) break;
      low = last;
    }
  }

  /**
   * Compares the run's rows with what was read, by hashes that the database computes, and reads only the buckets that
   * differ: rows may have been added with any id, changed, or deleted.
   */
  private async readAgain(): Promise<void> {
    const { table, path, run } = this.options;
    const { index } = path;
    // While something is missing, it may be anywhere in the table.
    const above = table.grows && path.isComplete(this.observed.acknowledgedSeqs()) ? this.first : null;
    const differing = index.differing(await table.sums(run, above));
    let gone = 0;
    for (let place = 0; place < differing.length; place += BUCKETS_AT_ONCE) {
      const buckets = differing.slice(place, place + BUCKETS_AT_ONCE);
      const known = buckets.flatMap((bucket) => index.idsIn(bucket));
      const rows = await table.again(run, above, buckets, known);
      for (const row of rows) path.recheck(row);
      const there = new Set(rows.map(({ id }) => id));
      gone += known.filter((id) => !there.has(id) && path.isMissed(id)).length;
      this.enter(rows, Number.NEGATIVE_INFINITY, true);
    }
    this.vanished = gone;
  }

  /** Names stuck events: missing ones that are not in the pending list are in a worker's hands. */
  private async lookIntoQueue(): Promise<void> {
    const { keys, path } = this.options;
    if (keys === null || (this.queue.balance.held ?? 0) === 0) return;
    const missing = [...this.observed.acknowledgedSeqs().without(path.seen)];
    if (missing.length === 0) return;
    const { contents, isWhole } = await keys.pendingContents();
    const { seqs, unreadable } = path.readPending(contents);
    const events = isWhole ? missing.filter((seq) => !seqs.has(seq)) : [];
    this.stuck = { events: events.slice(0, EVIDENCE), count: isWhole ? events.length : null, unreadable };
  }

  /** @param since Unix ms of the last reading that would have shown them. */
  private enter(rows: readonly Row[], since: number, isLate = false): void {
    const { path, now } = this.options;
    const { deliveries } = this.observed;
    const seenAt = now();
    for (const row of rows) if (path.enter(row, seenAt, deliveries, isLate, since)) this.observed.arrived(0, 1);
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    this.complaint = null;
    try {
      await work();
      this.problem = this.complaint;
      return true;
    } catch (problem) {
      this.complain(problem);
      this.problem = this.complaint;
      return false;
    }
  }

  private complain(problem: unknown): null {
    this.complaint = messageOf(problem);
    return null;
  }
}
