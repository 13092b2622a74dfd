import { setTimeout as pause } from "node:timers/promises";
import type { StorageAccount } from "../core/account.ts";
import { Bitset } from "../core/bitset.ts";
import { Conservation } from "../core/conservation.ts";
import type { MessageTable } from "./database.ts";
import type { IngestKeys, QueueReading } from "./ingestkeys.ts";
import type { Observed } from "./observer.ts";
import type { Row, TablePath } from "./table.ts";

/** New rows are looked for so often. */
const POLL_MS = 100;
/** Readings of Redis, and looks for rows that became visible after later ones. */
const COMPARE_MS = 500;
const RETRY_MS = 500;
/** Comparisons of the database's clock. */
const CLOCK_MS = 5_000;

/**
 * A row gets its id before its transaction ends, so that it may become visible after rows with larger
 * ids. Ids that were passed within so long are looked at again; at the end all of the run's are.
 */
const LATE_MS = 10_000;
const IDS_AT_ONCE = 50_000;
/** Ids are remembered at one bit each. */
const MOST_IDS = 2 ** 32;
const ROWS_AT_ONCE = 1_000;

export interface WatchOptions {
  readonly table: Pick<MessageTable, "lastId" | "after" | "ids" | "byId" | "compareClocks">;
  /** Null when Redis is not watched. */
  readonly keys: Pick<IngestKeys, "read"> | null;
  readonly path: TablePath;
  readonly run: number;
  readonly now: () => number;
}

/** Follows the table and the Redis keys for one run. */
export class Watch {
  private readonly options: WatchOptions;
  private readonly observed: Observed;
  private readonly conservation = new Conservation();
  private readonly stopped = new AbortController();
  private readonly following: Promise<void>;
  private firstId: number | null = null;
  private high = 0;
  /** All ids that were read, whoever's they are, counted from the first. */
  private readonly read = new Bitset();
  /** How far the table had been read at moments of the last {@link LATE_MS}. */
  private marks: { at: number; id: number }[] = [];
  private comparedAt = Number.NEGATIVE_INFINITY;
  private clockComparedAt = Number.NEGATIVE_INFINITY;
  private queue: QueueReading | null = null;
  private vanished = 0;
  /** What went wrong in this attempt, and in the last one that is over. */
  private complaint: string | null = null;
  private problem: string | null = null;

  constructor(options: WatchOptions, observed: Observed) {
    this.options = options;
    this.observed = observed;
    this.following = this.follow();
  }

  /** Stops following and looks at every row of the run once more. */
  async finish(): Promise<void> {
    await this.stop();
    const { firstId } = this;
    const { table } = this.options;
    // A table that was never read has its problem already, and no rows to be looked at again.
    if (firstId === null) return;
    await this.attempt(async () => {
      await this.readNew();
      const there = await this.readLate(firstId);
      await this.compare();
      this.observed.clock(await table.compareClocks());
      this.vanished = Math.max(0, this.options.path.allRows - there);
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.following;
  }

  account(): StorageAccount {
    const { path } = this.options;
    const { readings, shortfall, peak, growth } = this.conservation;
    const { queue } = this;
    return {
      rows: path.rows,
      damaged: path.damaged,
      vanished: this.vanished,
      insertion: path.insertions.percentiles(),
      queue: queue === null ? null : { pending: queue.pending, buffered: queue.buffered },
      readings,
      shortfall,
      peak,
      growth,
      worker: queue?.worker ?? {},
      problem: this.problem,
    };
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const worked = await this.attempt(() => this.step());
      await pause(worked ? POLL_MS : RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async step(): Promise<void> {
    const { table, path, now } = this.options;
    if (this.firstId === null) {
      this.firstId = await table.lastId();
      this.high = this.firstId;
      path.startAfter(this.firstId);
    }
    const at = now();
    if (at - this.clockComparedAt >= CLOCK_MS) {
      this.clockComparedAt = at;
      this.observed.clock(await table.compareClocks());
    }
    if (at - this.comparedAt < COMPARE_MS) return this.readNew();
    this.comparedAt = at;
    await this.compare();
    const passed = this.marks.findLast((mark) => mark.at <= at - LATE_MS) ?? this.marks[0];
    if (passed !== undefined) await this.readLate(passed.id);
    this.marks = [...this.marks.filter((mark) => mark.at >= (passed?.at ?? 0)), { at, id: this.high }];
  }

  /** Reads where messages are, in the direction in which they move. */
  private async compare(): Promise<void> {
    const { keys, path, now } = this.options;
    const underLoad = this.observed.underLoad();
    const acknowledged = this.observed.acknowledged();
    // A Redis that is away keeps nobody from reading the table.
    this.queue = await (keys?.read() ?? Promise.resolve(null)).catch((problem) => this.complain(problem));
    await this.readNew();
    const rows = path.seen.size;
    if (underLoad && acknowledged > 0) this.conservation.underLoad(now(), acknowledged, rows);
    if (this.queue === null || acknowledged === 0) return;
    const { pending, buffered } = this.queue;
    this.conservation.enter({ at: now(), acknowledged, pending, buffered, rows });
  }

  /** Reads on from where the last reading ended. */
  private async readNew(): Promise<void> {
    const { table, path, run, now } = this.options;
    const at = now();
    for (let more = true; more; ) {
      const next = await table.after(this.high, run);
      this.enter(next.ids, next.rows);
      this.high = next.ids.at(-1) ?? this.high;
      more = next.more;
    }
    path.wasRead(at);
  }

  /** Looks for rows above an id that were passed unseen. @returns how many of the run's rows there are above it. */
  private async readLate(from: number): Promise<number> {
    const { table, path, run } = this.options;
    let there = 0;
    for (let low = from; low < this.high; ) {
      const ids = await table.ids(low, this.high, IDS_AT_ONCE);
      const unseen = ids.filter((id) => !this.read.has(this.placeOf(id)));
      for (let place = 0; place < unseen.length; place += ROWS_AT_ONCE) {
        const some = unseen.slice(place, place + ROWS_AT_ONCE);
        this.enter(some, await table.byId(some, run));
      }
      there += ids.filter((id) => path.has(id)).length;
      if (ids.length < IDS_AT_ONCE) break;
      low = ids.at(-1) as number;
    }
    return there;
  }

  private enter(ids: readonly number[], rows: readonly Row[]): void {
    const { path, now } = this.options;
    const seenAt = now();
    for (const id of ids) this.read.add(this.placeOf(id));
    for (const row of rows) if (path.enter(row, seenAt, this.observed.deliveries)) this.observed.arrived(0, 1);
  }

  /** @throws for an id that cannot be remembered: those that are made of the time lie so far apart. */
  private placeOf(id: number): number {
    const place = id - (this.firstId ?? 0);
    if (place < MOST_IDS) return place;
    throw new Error(`row id ${id} lies ${place} above the last before the run; allowed: less than ${MOST_IDS}`);
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
    this.complaint = problem instanceof Error ? problem.message : String(problem);
    return null;
  }
}
