import { setTimeout as pause } from "node:timers/promises";
import type { Webhook } from "../wire.ts";
import { Breaker } from "./breaker.ts";
import type { EthhookFaults } from "./faults.ts";
import type { DeliveryQueue, Job } from "./queue.ts";
import type { RegisteredEndpoint, Registry } from "./registry.ts";
import type { RetryPolicy } from "./retrypolicy.ts";
import { Sender } from "./sender.ts";

/** Polling interval of an idle worker. */
const IDLE_MS = 10;
const RENEW_MS = 1_000;
const RETRY_MS = 200;

export interface WorkerOptions {
  readonly queue: DeliveryQueue;
  readonly registry: Registry;
  /** Most deliveries at the same time. */
  readonly concurrency: number;
  readonly retrying: RetryPolicy;
  readonly faults: EthhookFaults;
  readonly log: (text: string) => void;
}

/** Makes the deliveries of the queue: signed, several at a time, each until it succeeds or has failed too often. */
export class Worker {
  private readonly options: WorkerOptions;
  private readonly sender: Sender;
  private readonly breaker: Breaker;
  private readonly stopped = new AbortController();
  private readonly busy = new Set<Promise<void>>();
  private running: Promise<unknown> = Promise.resolve();
  /** Number of deliveries so far, by which faults choose theirs. */
  private number = 0;

  constructor(options: WorkerOptions) {
    this.options = options;
    this.breaker = new Breaker(options.retrying.breaker);
    this.sender = new Sender(options.concurrency);
  }

  start(): void {
    this.running = Promise.all([this.run(), this.renewLeases()]);
  }

  /** Completes deliveries in progress. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
    await Promise.all(this.busy);
    this.sender.close();
  }

  private async run(): Promise<void> {
    const { queue, concurrency, log } = this.options;
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        const free = concurrency - this.busy.size;
        const jobs = free > 0 ? await queue.take(free) : [];
        for (const job of jobs) this.begin(job);
        if (jobs.length === 0) await this.idle();
      } catch (problem) {
        log(`worker: ${problem instanceof Error ? problem.message : problem}`);
        await pause(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async idle(): Promise<void> {
    const { signal } = this.stopped;
    if (this.busy.size === this.options.concurrency) await Promise.race(this.busy);
    else await pause(IDLE_MS, undefined, { signal }).catch(() => {});
  }

  private async renewLeases(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await pause(RENEW_MS, undefined, { signal }).catch(() => {});
      await this.options.queue.renew().catch(() => {});
    }
  }

  private begin(job: Job): void {
    const work = this.deliver(job).catch((problem) => this.options.log(`delivery ${job.id}: ${problem}`));
    this.busy.add(work);
    void work.finally(() => this.busy.delete(work));
  }

  private async deliver(job: Job): Promise<void> {
    const { queue, registry, faults, retrying } = this.options;
    const endpoint = registry.find(job.endpoint);
    // A deleted endpoint gets nothing any more.
    if (endpoint === undefined || this.breaker.discards(endpoint.id)) return queue.done(job);
    const number = ++this.number;
    const strikes = (oneIn: number | undefined) => oneIn !== undefined && number % oneIn === 0;
    if (strikes(faults.drop)) return queue.done(job);
    if (faults.delay !== undefined) await pause(faults.delay);
    const wronglySigned = strikes(faults["wrong-signature"]);
    const body = strikes(faults.corrupt) ? corrupted(job.body) : job.body;
    const status = await this.sender.send({
      ...{ endpoint, body, wronglySigned },
      number: retrying.told(job.attempt),
      ...{ lateBy: faults["late-body"], compressed: faults.gzip === true },
    });
    const succeeded = status !== null && status >= 200 && status <= 299;
    this.breaker.ended(endpoint.id, succeeded);
    if (!succeeded) {
      const next = retrying.next(job.attempt, status, endpoint.max_retries);
      return next === "forgotten" ? queue.done(job) : queue.failed(job, next === "dead" ? null : next);
    }
    if (strikes(faults.duplicate)) await this.again(endpoint, job);
    const stranger = strikes(faults.misroute) ? registry.stranger(endpoint.id) : undefined;
    if (stranger !== undefined) await this.again(stranger, job);
    await queue.done(job);
  }

  private async again(endpoint: RegisteredEndpoint, job: Job): Promise<void> {
    await this.sender.send({ endpoint, body: job.body, number: 1, wronglySigned: false });
  }
}

/** The same webhook with one more digit in its data. */
function corrupted(body: string): string {
  const webhook = JSON.parse(body) as Webhook;
  return JSON.stringify({ ...webhook, data: `${webhook.data}00` });
}
