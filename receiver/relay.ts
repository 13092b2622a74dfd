import { randomUUID } from "node:crypto";
import { type Trace, traceHash } from "../core/trace.ts";
import type { Webhook } from "../systems/ethhook/wire.ts";
import type { Delivery } from "./endpoint.ts";
import type { Refusal } from "./failures.ts";
import type { Handover } from "./handover.ts";
import { RemoteClock } from "./remoteclock.ts";
import type { WebhookSink } from "./webhooks.ts";

/** What was taken is handed on so often. */
const EVERY_MS = 100;
/** Handed on together at most: well within what a receiver reads, unless webhooks are large. */
const AT_ONCE = 10_000;
/** Beyond so many the receiver that settles is gone, and what comes is not kept for it. */
const MOST_WAITING = 200_000;
/** Whoever has not answered by then does not answer. It gets the same again, and knows by its place what it took. */
const TIMEOUT_MS = 30_000;

/** Hands webhooks on to the receiver that settles the runs, so that several can share one run. */
export class Relay implements WebhookSink {
  private readonly settleAt: string;
  private readonly clock: RemoteClock;
  private readonly log: (line: string) => void;
  private readonly timer: NodeJS.Timeout;
  private readonly id = randomUUID();
  private readonly handedOn = { deliveries: 0, refusals: 0 };
  private readonly waiting: Pick<Handover, "deliveries" | "refusals"> = { deliveries: [], refusals: [] };
  private sending: Promise<unknown> | null = null;
  private atOnce = AT_ONCE;
  private isFailing = false;
  private dropped = 0;

  /**
   * @param settleAt the other receiver.
   * @param now Unix ms by our own clock; what is handed on is told by the other's.
   * @param log takes a line when handing on begins to fail, and when something is dropped.
   */
  constructor(settleAt: string, now: () => number, log: (line: string) => void = console.error) {
    this.settleAt = settleAt;
    this.clock = new RemoteClock(settleAt, now);
    this.log = (line) => log(`receiver: --settle-at ${settleAt}: ${line}`);
    this.timer = setInterval(() => {
      this.sending ??= this.send().finally(() => {
        this.sending = null;
      });
    }, EVERY_MS);
  }

  delivered(endpoint: string, { arrivedAt, attempt, isSigned }: Delivery, body: Webhook): void {
    this.keep(this.waiting.deliveries, { endpoint, arrivedAt, attempt, isSigned, body });
  }

  refused(endpoint: string, trace: Trace, at: number, why: Refusal): void {
    this.keep(this.waiting.refusals, { endpoint, hash: traceHash(trace), at, why });
  }

  private keep<Kind>(waiting: Kind[], one: Kind): void {
    if (waiting.length < MOST_WAITING) waiting.push(one);
    else this.drop(1);
  }

  private drop(count: number): void {
    if (this.dropped === 0 && count > 0) this.log("webhooks are dropped from here on, and the account will lack them");
    this.dropped += count;
  }

  /** Hands on what is left, unless nobody takes it. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    while (await this.send());
    this.drop(this.waiting.deliveries.length + this.waiting.refusals.length);
    if (this.dropped > 0) this.log(`${this.dropped} webhooks were dropped in all`);
  }

  /** @returns whether something was handed on, or given up. */
  private async send(): Promise<boolean> {
    if (this.waiting.deliveries.length + this.waiting.refusals.length === 0) return false;
    const correction = await this.clock.correction().catch((problem) => this.failed(problem));
    if (correction === null) return false;
    const deliveries = this.waiting.deliveries.splice(0, this.atOnce);
    const refusals = this.waiting.refusals.splice(0, this.atOnce);
    const status = await this.post({
      relay: this.id,
      before: this.handedOn,
      deliveries: deliveries.map((one) => ({ ...one, arrivedAt: one.arrivedAt + correction })),
      refusals: refusals.map((one) => ({ ...one, at: one.at + correction })),
    }).catch((problem) => this.failed(problem));
    const isTaken = status === 200;
    const isRefused = status === 413 || status === 422;
    // What is refused is sent again in smaller parts, until the one that nobody takes is alone and given up.
    const isGivenUp = isRefused && this.atOnce === 1;
    if (isGivenUp) this.drop(deliveries.length + refusals.length);
    if (isTaken) this.isFailing = false;
    if (isTaken || isGivenUp) {
      this.handedOn.deliveries += deliveries.length;
      this.handedOn.refusals += refusals.length;
      this.atOnce = Math.min(AT_ONCE, this.atOnce * 2);
      return true;
    }
    if (isRefused) this.atOnce = Math.ceil(this.atOnce / 2);
    this.waiting.deliveries.unshift(...deliveries);
    this.waiting.refusals.unshift(...refusals);
    return isRefused;
  }

  /** @returns the status of the answer. @throws when there is none. */
  private async post(handover: Handover): Promise<number> {
    const headers = { "Content-Type": "application/json" };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const body = JSON.stringify(handover);
    const answer = await fetch(`${this.settleAt}/relayed`, { method: "POST", headers, body, signal });
    // A connection is free for the next request once its answer is read.
    await answer.text();
    const isToBeSplit = answer.status === 413 || answer.status === 422;
    if (!answer.ok && !isToBeSplit) this.failed(new Error(`status ${answer.status}`));
    return answer.status;
  }

  /** Tells of the first of several failures in a row; what could not be handed on is kept and tried again. */
  private failed(problem: unknown): null {
    if (!this.isFailing) this.log(`webhooks cannot be handed on: ${reasonOf(problem)}`);
    this.isFailing = true;
    return null;
  }
}

/** Node hides the reason why a request failed behind it. */
function reasonOf(problem: unknown): string {
  const cause = problem instanceof Error ? (problem.cause ?? problem) : problem;
  if (!(cause instanceof Error)) return String(cause);
  // Where a name has several addresses, only the code says why none of them answers.
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
}
