import * as v from "valibot";
import { isPlausible } from "../workload/report.ts";
import { readTraceHash, type Trace, traceHash } from "../workload/trace.ts";
import type { Webhook } from "../workload/wire/ethhook.ts";
import type { Delivery } from "./endpoint.ts";
import { REFUSALS, type Refusal } from "./failures.ts";
import { traceOf, WebhookSchema, type WebhookSink } from "./webhooks.ts";

/** What was taken is handed on so often. */
const EVERY_MS = 100;
/** Handed on together at most: well within what a receiver reads, unless webhooks are large. */
const AT_ONCE = 10_000;
/** Beyond so many the receiver that settles is gone, and what comes is not kept for it. */
const MOST_WAITING = 200_000;

/** What one receiver tells another that settles the runs. */
export const RelayedSchema = v.object({
  deliveries: v.array(
    v.object({
      endpoint: v.string(),
      arrivedAt: v.pipe(v.number(), v.finite()),
      attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
      isSigned: v.boolean(),
      body: WebhookSchema,
    }),
  ),
  refusals: v.array(v.object({ endpoint: v.string(), hash: v.string(), at: v.number(), why: v.picklist(REFUSALS) })),
});
type Relayed = v.InferOutput<typeof RelayedSchema>;

/** Hands webhooks on to the receiver that settles the runs, so that several can share one run. */
export class Relay implements WebhookSink {
  private readonly url: string;
  private readonly timer: NodeJS.Timeout;
  private readonly waiting: Relayed = { deliveries: [], refusals: [] };
  private sending: Promise<unknown> = Promise.resolve();
  private atOnce = AT_ONCE;

  /** @param settleAt the other receiver. */
  constructor(settleAt: string) {
    this.url = `${settleAt}/relayed`;
    this.timer = setInterval(() => {
      this.sending = this.sending.then(() => this.send());
    }, EVERY_MS);
  }

  /** Enters what another receiver took. */
  static enter({ deliveries, refusals }: Relayed, sink: WebhookSink): void {
    for (const { endpoint, body, ...arrival } of deliveries) {
      const trace = traceOf(body);
      if (trace !== null) sink.delivered(endpoint, { trace, ...arrival }, body);
    }
    for (const { endpoint, hash, at, why } of refusals) {
      const trace = readTraceHash(hash);
      if (trace !== null && isPlausible(trace)) sink.refused(endpoint, trace, at, why);
    }
  }

  delivered(endpoint: string, { arrivedAt, attempt, isSigned }: Delivery, body: Webhook): void {
    if (this.waiting.deliveries.length < MOST_WAITING) {
      this.waiting.deliveries.push({ endpoint, arrivedAt, attempt, isSigned, body });
    }
  }

  refused(endpoint: string, trace: Trace, at: number, why: Refusal): void {
    if (this.waiting.refusals.length < MOST_WAITING) {
      this.waiting.refusals.push({ endpoint, hash: traceHash(trace), at, why });
    }
  }

  /** Hands on what is left, unless nobody takes it. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    while (await this.send());
  }

  /** @returns whether something was handed on, or given up. */
  private async send(): Promise<boolean> {
    const deliveries = this.waiting.deliveries.splice(0, this.atOnce);
    const refusals = this.waiting.refusals.splice(0, this.atOnce);
    if (deliveries.length + refusals.length === 0) return false;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ deliveries, refusals });
    const answer = await fetch(this.url, { method: "POST", headers, body }).catch(() => null);
    const isRefused = answer?.status === 413 || answer?.status === 422;
    // What is refused is sent again in smaller parts, until the one that nobody takes is alone and given up.
    const isGivenUp = isRefused && this.atOnce === 1;
    if (answer?.ok === true || isGivenUp) {
      this.atOnce = Math.min(AT_ONCE, this.atOnce * 2);
      return true;
    }
    if (isRefused) this.atOnce = Math.ceil(this.atOnce / 2);
    this.waiting.deliveries.unshift(...deliveries);
    this.waiting.refusals.unshift(...refusals);
    return isRefused;
  }
}
