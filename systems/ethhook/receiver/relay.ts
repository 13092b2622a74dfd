import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { traceHash } from "../../../core/trace.ts";
import { RemoteClock } from "../../../receiver/remoteclock.ts";
import type { Webhook } from "../wire.ts";
import type { Delivery, RefusedAttempt } from "./endpoint.ts";
import type { Handover, Item } from "./handover.ts";
import type { Stray, WebhookSink } from "./intake.ts";

/** Most items in one handover: well within a receiver's body limit, unless webhooks are large. */
const AT_ONCE = 10_000;
/** With more waiting items the settling receiver counts as gone, and new ones are refused. */
const MOST_WAITING = 200_000;
/** Timeout of a handover. The receiver gets the same items again, and recognises by their numbers what it has. */
const TIMEOUT_MS = 30_000;
const RETRY_MS = 200;
/** A webhook that cannot be handed over within this time is refused, so that its sender retries. */
const PATIENCE_MS = 5_000;

/** Errors after which nothing can have been accepted. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

interface WaitingItem {
  readonly item: Item;
  /** Unix ms by our own clock. */
  readonly since: number;
  /** It was sent, and its result is unknown. */
  maybeTaken: boolean;
  /** Resolves a waiting request with whether it was handed over; null without one. */
  readonly done: ((taken: boolean) => void) | null;
}

/**
 * Hands webhooks over to the receiver that settles the runs, so that several receivers can share one run. A webhook is
 * answered after the handover: one that a crash here loses was never accepted, and its sender retries.
 */
export class Relay implements WebhookSink {
  private readonly settleAt: string;
  private readonly clock: RemoteClock;
  private readonly now: () => number;
  private readonly log: (line: string) => void;
  private readonly id = randomUUID();
  private handedOn = 0;
  private waiting: WaitingItem[] = [];
  private sending: Promise<void> | null = null;
  private atOnce = AT_ONCE;
  private isFailing = false;
  private isClosing = false;
  private refusedCount = 0;

  /**
   * @param settleAt the other receiver.
   * @param now Unix ms by our own clock; handed-over times are by the other's.
   * @param log gets a line when handovers begin to fail, and how much was refused for that at the end.
   */
  constructor(settleAt: string, now: () => number, log: (line: string) => void = console.error) {
    this.settleAt = settleAt;
    this.now = now;
    this.clock = new RemoteClock(settleAt, now);
    this.log = (line) => log(`receiver: --settle-at ${settleAt}: ${line}`);
  }

  delivered(endpoint: string, { trace: _, ...delivery }: Delivery, body: Webhook): Promise<boolean> {
    return new Promise((done) => this.keep({ kind: "delivered", endpoint, ...delivery, body }, done));
  }

  refused(endpoint: string, { trace, ...refused }: RefusedAttempt): void {
    this.keep({ kind: "refused", endpoint, hash: traceHash(trace), ...refused }, null);
  }

  unread(endpoint: string, problem: string): void {
    this.keep({ kind: "unread", endpoint, problem }, null);
  }

  stray(endpoint: string, what: Stray): void {
    this.keep({ kind: "stray", endpoint, what }, null);
  }

  private keep(item: Item, done: WaitingItem["done"]): void {
    const one = { item, since: this.now(), maybeTaken: false, done };
    if (this.isClosing || this.waiting.length >= MOST_WAITING) {
      this.giveUp(one);
      return;
    }
    this.waiting.push(one);
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
  }

  private giveUp({ done }: WaitingItem): void {
    this.refusedCount++;
    done?.(false);
  }

  /** Hands over what is left, unless the other receiver is gone. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.sending;
    for (const one of this.waiting.splice(0)) this.giveUp(one);
    if (this.refusedCount > 0) this.log(`${this.refusedCount} could not be handed on; webhooks were answered 503`);
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const isProgress = await this.send().catch((problem) => this.failed(problem));
      if (isProgress) continue;
      if (this.isClosing) return;
      this.refuseOverdue();
      await pause(RETRY_MS);
    }
  }

  /** Items that may have been accepted keep their numbers, which tell them from the same webhook sent again. */
  private refuseOverdue(): void {
    const isOverdue = (one: WaitingItem) =>
      !one.maybeTaken && one.done !== null && this.now() - one.since > PATIENCE_MS;
    const overdue = this.waiting.filter(isOverdue);
    if (overdue.length === 0) return;
    this.waiting = this.waiting.filter((one) => !isOverdue(one));
    for (const one of overdue) this.giveUp(one);
  }

  /** @returns whether to go on at once: something was handed over, given up, or can be sent in another way. */
  private async send(): Promise<boolean> {
    const { correction, applied, at, offset, error } = await this.clock.reading();
    const clock = { at, offset, error, correction: applied };
    const some = this.waiting.slice(0, this.atOnce);
    const items = some.map(({ item }) => corrected(item, correction));
    const status = await this.post({ relay: this.id, clock, before: this.handedOn, items }).catch((problem) => {
      if (!NEVER_SENT.includes(codeOf(problem))) for (const one of some) one.maybeTaken = true;
      throw problem;
    });
    const isTaken = status === 200;
    const isRefused = status === 413 || status === 422;
    // A refused batch is split and sent again, until the refused item is alone and given up.
    if (isRefused && some.length > 1) {
      this.atOnce = Math.ceil(some.length / 2);
      return true;
    }
    if (!isTaken && !isRefused) {
      // A receiver that is too busy or does not know the route has accepted nothing.
      const isSure = status === 503 || (status >= 400 && status < 500);
      for (const one of some) one.maybeTaken ||= !isSure;
      throw new Error(`status ${status}`);
    }
    this.isFailing = false;
    this.waiting.splice(0, some.length);
    this.handedOn += some.length;
    this.atOnce = Math.min(AT_ONCE, this.atOnce * 2);
    for (const one of some) {
      if (isTaken) one.done?.(true);
      else this.giveUp(one);
    }
    return true;
  }

  /** @returns the status of the answer. @throws without an answer. */
  private async post(handover: Handover): Promise<number> {
    const headers = { "Content-Type": "application/json" };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const body = JSON.stringify(handover);
    const answer = await fetch(`${this.settleAt}/relayed`, { method: "POST", headers, body, signal });
    // A connection is free for the next request once its answer is read.
    await answer.text();
    return answer.status;
  }

  /** Logs the first of several failures in a row; items stay and are tried again. */
  private failed(problem: unknown): false {
    if (!this.isFailing) this.log(`webhooks cannot be handed on: ${reasonOf(problem)}`);
    this.isFailing = true;
    return false;
  }
}

/** An item with times by the other receiver's clock. */
function corrected(item: Item, correction: number): Item {
  switch (item.kind) {
    case "unread":
    case "stray":
      return item;
    case "delivered":
      return { ...item, headersAt: item.headersAt + correction, arrivedAt: item.arrivedAt + correction };
    case "refused":
      return { ...item, headersAt: item.headersAt + correction, answeredAt: item.answeredAt + correction };
  }
}

/** Node hides the cause of a failed request behind a general error. */
function causeOf(problem: unknown): unknown {
  return problem instanceof Error ? (problem.cause ?? problem) : problem;
}

function codeOf(problem: unknown): string {
  return String((causeOf(problem) as NodeJS.ErrnoException | null)?.code);
}

function reasonOf(problem: unknown): string {
  const cause = causeOf(problem);
  if (!(cause instanceof Error)) return String(cause);
  // If a name has several addresses, only the code says why none of them answers.
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
}
