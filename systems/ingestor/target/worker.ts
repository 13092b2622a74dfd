import { setTimeout as pause } from "node:timers/promises";
import { Loop } from "../../../target/loop.ts";
import { type Batch, BatchLost, Buffer } from "./buffer.ts";
import type { IngestorFaults } from "./faults.ts";
import { type QueuedMessage, readQueued } from "./message.ts";
import type { Meter } from "./meter.ts";
import type { Rows } from "./rows.ts";

/** Polling interval of an idle worker. */
const IDLE_MS = 10;
const RENEW_MS = 1_000;

export interface WorkerOptions {
  readonly buffer: Buffer;
  readonly rows: Rows;
  readonly meter: Meter;
  /** Most messages that are stored together. */
  readonly batchSize: number;
  /** Ms after which a batch is stored however small it is. */
  readonly batchTimeout: number;
  readonly faults: IngestorFaults;
  readonly log: (text: string) => void;
}

/** Moves messages from the pending list into the table, in batches. */
export class Worker {
  private readonly options: WorkerOptions;
  private readonly loop: Loop;
  private batch = Buffer.begin();
  private lookedAt = Number.NEGATIVE_INFINITY;
  private renewedAt = performance.now();
  /** Number of messages so far, by which faults choose theirs. */
  private number = 0;

  constructor(options: WorkerOptions) {
    this.options = options;
    this.loop = new Loop("worker", options.log);
  }

  start(): void {
    this.loop.start(() => this.step());
  }

  /** Stores the batch in progress, unless the fault is planted that a stopped worker loses it. */
  async close(): Promise<void> {
    await this.loop.close();
    if (this.batch.messages.length === 0) return;
    if (this.options.faults["lose-buffer"]) await this.options.buffer.release(this.batch, 0, []);
    else await this.store(this.batch);
  }

  private async step(): Promise<void> {
    try {
      await this.lookForAbandoned();
      await this.fillBatch();
    } catch (problem) {
      if (problem instanceof BatchLost) this.batch = Buffer.begin();
      else await this.options.buffer.renew(this.batch).catch(() => {});
      throw problem;
    }
  }

  /** Takes messages into the batch, and stores it when it is full or old. */
  private async fillBatch(): Promise<void> {
    const { buffer, batchSize, batchTimeout } = this.options;
    if (this.batch.messages.length === 0) this.batch = Buffer.begin();
    const { batch } = this;
    const taken = await buffer.take(batch, batchSize - batch.messages.length);
    const isOld = performance.now() - batch.since >= batchTimeout && !this.options.faults["whole-batches"];
    const due = isOld && batch.messages.length > 0;
    if (batch.messages.length >= batchSize || due) {
      await this.store(batch);
      this.batch = Buffer.begin();
    } else if (taken === 0) {
      if (performance.now() - this.renewedAt > RENEW_MS && batch.messages.length > 0) {
        this.renewedAt = performance.now();
        await buffer.renew(batch);
      }
      await this.loop.pause(IDLE_MS);
    }
  }

  private async lookForAbandoned(): Promise<void> {
    if (performance.now() - this.lookedAt < RENEW_MS) return;
    this.lookedAt = performance.now();
    for (let left = await this.options.buffer.takeOver(); left !== null; left = await this.options.buffer.takeOver()) {
      // Its own lease may have ended while the database was away; it keeps the batch.
      if (left.id === this.batch.id) return;
      await this.store(left);
    }
  }

  private async store(batch: Batch): Promise<void> {
    const { buffer, rows, meter, faults } = this.options;
    const read = batch.messages.map((text) => ({ text, message: readQueued(text) }));
    const good = read.flatMap(({ message }) => message ?? []);
    const dead = read.filter(({ message }) => message === null).map(({ text }) => text);
    if (faults["slow-worker"] !== undefined) await pause(faults["slow-worker"]);
    if (faults["poison-blocks"] && dead.length > 0) throw new Error(`${dead.length} messages cannot be read`);
    const refused = await rows.store(
      batch.id,
      good.flatMap((message) => this.changed(message)),
    );
    dead.push(...refused.map((message) => JSON.stringify(message)));
    await buffer.release(batch, good.length - refused.length, dead);
    if (faults.rewrite !== undefined) this.rewriteLater(faults.rewrite);
    if (good.length > 0) await meter.enter(good.map(({ created_at }) => Date.parse(created_at)));
  }

  /** A planted fault: rewrites all stored rows a while later. */
  private rewriteLater(ms: number): void {
    const { rows, log } = this.options;
    const { loop } = this;
    void loop
      .pause(ms)
      .then(() => (loop.isStopped ? undefined : rows.rewrite(ms)))
      .catch((problem: Error) => loop.isStopped || log(`worker: ${problem.message}`));
  }

  /** The messages to store for one message: itself once and unchanged, unless a fault is planted. */
  private changed(message: QueuedMessage): QueuedMessage[] {
    const { truncate, duplicate } = this.options.faults;
    const content = truncate === undefined ? message.content : [...message.content].slice(0, truncate).join("");
    const stored = { ...message, content };
    const twice = duplicate !== undefined && ++this.number % duplicate === 0;
    return twice ? [stored, stored] : [stored];
  }
}
