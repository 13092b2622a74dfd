import { messageOf } from "../core/problem.ts";
import { type Bucket, type Database, shownAddress } from "./influxdb-address.ts";
import { type Client, clientOf, InfluxRefusal } from "./influxdb-client.ts";
import { NOTHING_WRITTEN, type Point, pointsOf, type WrittenState } from "./points.ts";
import type { Runs } from "./runs.ts";

/** State of the export. */
export interface InfluxdbState {
  readonly written: number;
  readonly waiting: number;
  /** Points that were dropped, because the database refused them or was away for too long. */
  readonly dropped: number;
  /** Failed attempts to write; their points may have been written later. */
  readonly failures: number;
}

const EVERY_MS = 1_000;
/** The account of many paths is expensive: this share of the time is spent on it at most. */
const LARGEST_SHARE = 0.05;
const AT_ONCE = 5_000;
/** Points per attempt while the database is away: preparing more would take time from the accounts. */
const TRIED = 100;
/** With more waiting points the oldest are dropped, and counted; it covers more than ten minutes of a run. */
const MOST_WAITING = 20_000;

/** Writes the accounts of all runs to InfluxDB each second, for boards that show load and far end together. */
export class Influxdb {
  private readonly client: Client;
  private readonly runs: Runs;
  private readonly now: () => number;
  private readonly address: string;
  private readonly pace: { readonly every: number; readonly most: number };
  private readonly states = new Map<string, WrittenState>();
  private readonly waiting: Point[] = [];
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private created = false;
  private failing = false;
  private overflowing = false;
  private closing = false;
  private written = 0;
  private dropped = 0;
  private failures = 0;

  /** @param now Unix ms. @param pace shortest ms between writes, and the most points that may wait. */
  constructor(given: Database | Bucket, runs: Runs, now: () => number, pace = { every: EVERY_MS, most: MOST_WAITING }) {
    this.pace = pace;
    this.client = clientOf(given);
    this.address = shownAddress(given);
    this.runs = runs;
    this.now = now;
    this.again(0);
  }

  get state(): InfluxdbState {
    const { written, dropped, failures } = this;
    return { written, waiting: this.waiting.length, dropped, failures };
  }

  /** Writes the remaining points, once. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.round;
    this.collect();
    await this.send();
    if (this.waiting.length > 0) this.say(`${this.waiting.length} points were not written`);
  }

  private again(after: number): void {
    if (this.closing) return;
    this.timer = setTimeout(() => {
      const took = this.collect();
      this.round = this.send().then(() => this.again(Math.max(this.pace.every, took / LARGEST_SHARE)));
    }, after);
  }

  /** Collects new points of each run. @returns the ms it took. */
  private collect(): number {
    const started = performance.now();
    for (const run of this.runs.all()) {
      const { openedAt, settledAt } = run;
      const observed = { account: run.account(), buckets: run.latency().buckets(), openedAt, settledAt };
      const { points, written } = pointsOf(observed, this.states.get(run.id) ?? NOTHING_WRITTEN, this.now());
      this.states.set(run.id, written);
      this.waiting.push(...points);
    }
    for (const id of this.states.keys()) if (this.runs.get(id) === undefined) this.states.delete(id);
    const excess = this.waiting.length - this.pace.most;
    if (excess > 0) {
      this.waiting.splice(0, excess);
      if (!this.overflowing) this.say("has been away for too long: from now on the oldest points are dropped");
      this.overflowing = true;
      this.dropped += excess;
    }
    return performance.now() - started;
  }

  private async send(): Promise<void> {
    try {
      if (!this.created) await this.client.create();
      this.created = true;
    } catch {
      // The database may exist although we may not create it: the write will show it.
    }
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.failing ? TRIED : AT_ONCE);
      try {
        await this.client.write(batch);
      } catch (problem) {
        this.failed(batch.length, problem);
        return;
      }
      this.waiting.splice(0, batch.length);
      this.written += batch.length;
      if (this.failing) this.say("is being written to again");
      this.failing = false;
      this.overflowing = false;
    }
  }

  private failed(count: number, problem: unknown): void {
    this.failures++;
    const status = problem instanceof InfluxRefusal ? problem.status : undefined;
    const reason = messageOf(problem);
    if (!this.failing) this.say(`cannot be written to: ${reason}`);
    this.failing = true;
    // An invalid batch would be refused for ever, and block those behind it.
    if (status === 400 || status === 422) {
      this.waiting.splice(0, count);
      this.dropped += count;
      this.say(`${count} points were dropped: ${reason}`);
    }
    if (status === 404) this.created = false;
  }

  private say(what: string): void {
    console.error(`receiver: InfluxDB ${this.address}: ${what}`);
  }
}
