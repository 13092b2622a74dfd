import * as v from "valibot";
import { ClockReportSchema } from "../../../core/clocks.ts";
import { isPlausible } from "../../../core/plausible.ts";
import { readTraceHash, type Trace } from "../../../core/trace.ts";
import { WebhookSchema } from "./body.ts";
import { REFUSALS } from "./failures.ts";
import { traceOf, type WebhookSink } from "./intake.ts";

const Time = v.pipe(v.number(), v.finite());
const Attempt = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What became of one request at the receiver that hands on. */
const ItemSchema = v.variant("kind", [
  v.object({
    kind: v.literal("delivered"),
    endpoint: v.string(),
    headersAt: Time,
    arrivedAt: Time,
    attempt: Attempt,
    isSigned: v.boolean(),
    body: WebhookSchema,
  }),
  v.object({
    kind: v.literal("refused"),
    endpoint: v.string(),
    hash: v.string(),
    headersAt: Time,
    answeredAt: Time,
    attempt: Attempt,
    why: v.picklist(REFUSALS),
    problem: v.optional(v.pipe(v.string(), v.maxLength(1_000))),
  }),
  v.object({ kind: v.literal("stray"), endpoint: v.string(), what: v.picklist(["damaged", "foreign"]) }),
  v.object({ kind: v.literal("unread"), endpoint: v.string(), problem: v.pipe(v.string(), v.maxLength(1_000)) }),
]);
export type Item = v.InferOutput<typeof ItemSchema>;

/** What one receiver tells another that settles the runs. */
export const HandoverSchema = v.object({
  /** The receiver that hands it on. */
  relay: v.pipe(v.string(), v.uuid()),
  /** The offset of the settling receiver's clock to that of the relay, at the last comparison. */
  clock: v.omit(ClockReportSchema, ["clock", "role"]),
  /** How many items it handed on before these. */
  before: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  items: v.array(ItemSchema),
});
export type Handover = v.InferOutput<typeof HandoverSchema>;

/** Relays that are remembered: far more than share a run. */
const MOST_RELAYS = 1_000;

/** Enters what other receivers took. What is taken but never answered is handed on again, and entered once. */
export class Handovers {
  private readonly sink: WebhookSink;
  private readonly entered = new Map<string, number>();

  constructor(sink: WebhookSink) {
    this.sink = sink;
  }

  /** Enters what is new in a handover, in the order in which it came. */
  enter({ relay, before, items, clock }: Handover): void {
    const known = this.entered.get(relay) ?? 0;
    const runs = new Set<number>();
    for (const item of items.slice(Math.max(0, known - before))) {
      const trace = this.enterOne(item);
      if (trace !== null) runs.add(trace.run);
    }
    for (const run of runs) this.sink.clocked?.(run, { ...clock, clock: relay, role: "relay" });
    this.remember(relay, Math.max(known, before + items.length));
  }

  /** @returns whose it is; null where that is not known. */
  private enterOne(item: Item): Trace | null {
    const { endpoint } = item;
    if (item.kind === "unread") {
      this.sink.unread(endpoint, item.problem);
      return null;
    }
    if (item.kind === "stray") {
      this.sink.stray(endpoint, item.what);
      return null;
    }
    const trace = item.kind === "delivered" ? traceOf(item.body) : readTraceHash(item.hash);
    if (trace === null || !isPlausible(trace)) return null;
    const { headersAt, attempt } = item;
    if (item.kind === "refused") {
      const { answeredAt, why, problem } = item;
      this.sink.refused(endpoint, { trace, headersAt, attempt, answeredAt, why, problem });
    } else {
      const { arrivedAt, isSigned, body } = item;
      this.sink.delivered(endpoint, { trace, headersAt, arrivedAt, attempt, isSigned }, body);
    }
    return trace;
  }

  /** The one that was heard of longest ago is forgotten for it. */
  private remember(relay: string, entered: number): void {
    this.entered.delete(relay);
    this.entered.set(relay, entered);
    const [oldest] = this.entered.keys();
    if (this.entered.size > MOST_RELAYS && oldest !== undefined) this.entered.delete(oldest);
  }
}
