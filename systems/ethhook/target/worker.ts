import { setTimeout as pause } from "node:timers/promises";
import { Loop } from "../../../target/loop.ts";
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
  private readonly loop: Loop;
  private readonly busy = new Set<Promise<void>>();
  private renewing: Promise<void> = Promise.resolve();
  /** Number of deliveries so far, by which faults choose theirs. */
  private number = 0;

  constructor(options: WorkerOptions) {
    this.options = options;
    this.breaker = new Breaker(options.retrying.breaker);
    this.sender = new Sender(options.concurrency);
    this.loop = new Loop("worker", options.log);
  }

  start(): void {
    this.loop.start(() => this.step());
    this.renewing = this.renewLeases();
  }

  /** Completes deliveries in progress. */
  async close(): Promise<void> {
    await this.loop.close();
    await this.renewing;
    await Promise.all(this.busy);
    this.sender.close();
  }

  private async step(): Promise<void> {
    const { queue, concurrency } = this.options;
    const free = concurrency - this.busy.size;
    const jobs = free > 0 ? await queue.take(free) : [];
    for (const job of jobs) this.begin(job);
    if (jobs.length === 0) await this.idle();
  }

  private async idle(): Promise<void> {
    if (this.busy.size === this.options.concurrency) await Promise.race(this.busy);
    else await this.loop.pause(IDLE_MS);
  }

  private async renewLeases(): Promise<void> {
    while (!this.loop.isStopped) {
      await this.loop.pause(RENEW_MS);
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
