import * as v from "valibot";
import { isPlausible } from "../core/report.ts";
import { readTraceHash } from "../core/trace.ts";
import { REFUSALS } from "./failures.ts";
import { traceOf, WebhookSchema, type WebhookSink } from "./webhooks.ts";

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What one receiver tells another that settles the runs. */
export const HandoverSchema = v.object({
  /** Who hands it on. */
  relay: v.pipe(v.string(), v.uuid()),
  /** What it handed on before these. */
  before: v.object({ deliveries: Count, refusals: Count }),
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
export type Handover = v.InferOutput<typeof HandoverSchema>;

/** Relays that are remembered: far more than share a run. */
const MOST_RELAYS = 1_000;

/** Enters what other receivers took. What is taken but never answered is handed on again, and entered once. */
export class Handovers {
  private readonly sink: WebhookSink;
  private readonly entered = new Map<string, Handover["before"]>();

  constructor(sink: WebhookSink) {
    this.sink = sink;
  }

  /** Enters what is new in a handover, in the order in which it came. */
  enter({ relay, before, deliveries, refusals }: Handover): void {
    const known = this.entered.get(relay) ?? { deliveries: 0, refusals: 0 };
    for (const { endpoint, body, ...arrival } of deliveries.slice(Math.max(0, known.deliveries - before.deliveries))) {
      const trace = traceOf(body);
      if (trace !== null) this.sink.delivered(endpoint, { trace, ...arrival }, body);
    }
    for (const { endpoint, hash, at, why } of refusals.slice(Math.max(0, known.refusals - before.refusals))) {
      const trace = readTraceHash(hash);
      if (trace !== null && isPlausible(trace)) this.sink.refused(endpoint, trace, at, why);
    }
    this.remember(relay, {
      deliveries: Math.max(known.deliveries, before.deliveries + deliveries.length),
      refusals: Math.max(known.refusals, before.refusals + refusals.length),
    });
  }

  /** The one that was heard of longest ago is forgotten for it. */
  private remember(relay: string, entered: Handover["before"]): void {
    this.entered.delete(relay);
    this.entered.set(relay, entered);
    const [oldest] = this.entered.keys();
    if (this.entered.size > MOST_RELAYS && oldest !== undefined) this.entered.delete(oldest);
  }
}
