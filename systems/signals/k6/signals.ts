import { hideRenewed } from "../../../core/redaction.ts";
import { isUnreachable } from "../../../core/shortage.ts";
import type { Trace } from "../../../core/trace.ts";
import type { Access } from "../../../k6/support/access.ts";
import { ask } from "../../../k6/support/ask.ts";
import { now } from "../../../k6/support/clock.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { quote } from "../../../k6/support/quotes.ts";
import type { Sent } from "../../../k6/support/sending.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { type ClockOfTarget, readAnswer, type SignalAnswer, SwallowedSignals, signalBody } from "../wire.ts";
import type { Webhook } from "./webhooks.ts";

type SignalMeasures = ReturnType<typeof measures<"signals" | "everywhere" | "publishing">>;

/** An answer with its duration in ms; `unsent` means that no connection was made. */
export type TimedAnswer = SignalAnswer & { readonly took: number; readonly unsent?: boolean };

/** The publishing result of an answer: a duplicate was accepted before, and a limited signal is refused. */
export function sentOf({ kind, took, unsent }: TimedAnswer): Sent {
  if (unsent === true) return { outcome: "unsent", took: null };
  if (kind === "accepted") return { outcome: "acknowledged", took };
  return { outcome: OUTCOMES[kind], took: null };
}

const OUTCOMES = { duplicate: "acknowledged", limited: "refused", refused: "refused", failed: "unknown" } as const;

/** What is unusual about a request. */
export interface Unusual {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Instead of the webhook's own; null omits it. */
  readonly secret?: string | null;
}

/** Metrics of signals that must be accepted, by purpose: many signals of one purpose would hide refusals of another. */
const LEGITIMATE = {
  load: { success: "signal_success_rate", latency: "signal_latency_ms" },
  hft: { success: "signal_hft_success_rate", latency: "signal_hft_latency_ms" },
  memory: { success: "signal_memory_success_rate", latency: "signal_memory_latency_ms" },
} as const;

/** The purpose of a signal; each trial judges its own answers. */
export type Purpose = keyof typeof LEGITIMATE | "trial";

/** Sends signals, and times each kind of answer separately. */
export class Signals {
  private readonly config: Settings<"webhook">;
  private readonly access: Access;
  /** The last secret that was sent. */
  private known: string | null = null;
  private readonly measure: SignalMeasures;
  private swallowed: SwallowedSignals | null = null;

  constructor(config: Settings<"webhook">, access: Access, measure: SignalMeasures) {
    this.config = config;
    this.access = access;
    this.measure = measure;
  }

  /** From now on, compares the times in answers with the times of sending. */
  compareTimes(clock: ClockOfTarget): void {
    this.swallowed ??= new SwallowedSignals(clock);
  }

  /** Sends one unique signal, and enters the answer. Never rejects. */
  async send(webhook: Webhook, trace: Trace, purpose: Purpose, unusual: Unusual = {}): Promise<TimedAnswer> {
    const given = await this.ask(webhook, trace, unusual);
    const isOfAnother =
      given.kind === "accepted" && this.swallowed?.has(webhook.token, given.timestamp, trace.publishedAt) === true;
    const answer: TimedAnswer = isOfAnother ? { kind: "duplicate", took: given.took } : given;
    const isSwallowed = answer.kind === "duplicate";
    this.measure.signal_swallowed.add(isSwallowed ? 1 : 0);
    if (isSwallowed) {
      const time = given.kind === "accepted" ? `the answer of ${given.timestamp}` : "that it is known";
      console.warn(`signal ${trace.seq} is like no other, and was answered with ${time}`);
    }
    this.enter(answer, purpose);
    return answer;
  }

  /** Sends one signal without entering its answer. Never rejects. */
  async ask({ token, secret }: Webhook, trace: Trace, unusual: Unusual = {}): Promise<TimedAnswer> {
    const { SIGNALS_URL, TRIGGER_PATH, SEED, TRACE_FIELD, ACK_TIMEOUT } = this.config;
    // The secret comes from the login, so that no setting has marked it as secret.
    if (this.known !== secret) hideRenewed(secret);
    this.known = secret;
    const pass = unusual.secret === undefined ? secret : unusual.secret;
    const query = pass === null ? "" : `?secret=${encodeURIComponent(pass)}`;
    const url = `${SIGNALS_URL}${TRIGGER_PATH}/${encodeURIComponent(token)}${query}`;
    const body = unusual.body ?? signalBody(SEED, trace, TRACE_FIELD);
    const sentAt = now();
    await this.access.ready();
    const asked = await ask("POST", url, body, {
      headers: { ...this.access.headers(), "Content-Type": "application/json", ...unusual.headers },
      tags: { name: "signal" },
      timeout: `${ACK_TIMEOUT}s`,
      // After a 301 to 303 k6 asks on without the signal, and what answers then has not taken it.
      redirects: 0,
      responseCallback: null,
    });
    const { error } = asked;
    const shortage = isShortage(this.measure, error);
    if (asked.answer !== null) {
      const { status, headers, body: given } = asked.answer;
      const read = readAnswer(given, { status, retryAfter: headers["Retry-After"], at: now() });
      return { ...read, took: asked.took };
    }
    const unreachable = !shortage && isUnreachable(asked.error);
    if (unreachable) {
      this.measure.unsent_unreachable.add(1);
      this.measure.unreachable_at.add(Date.now());
    }
    const read = readAnswer(null, { status: 0, problem: asked.error });
    return { ...read, took: now() - sentAt, unsent: shortage || unreachable };
  }

  /** Enters an answer by its kind. */
  enter(answer: TimedAnswer, purpose: Purpose): void {
    const { measure } = this;
    if (answer.unsent === true) return;
    const legitimate = purpose === "trial" ? null : LEGITIMATE[purpose];
    if (legitimate !== null) measure[legitimate.success].add(answer.kind === "accepted");
    measure.signal_failed.add(answer.kind === "failed" ? 1 : 0);
    switch (answer.kind) {
      case "accepted":
        measure.signal_accepted.add(1);
        measure.signal_unexecuted.add(1);
        measure[legitimate?.latency ?? "signal_trial_latency_ms"].add(answer.took);
        break;
      case "duplicate":
        measure.signal_duplicates.add(1);
        measure.signal_duplicate_latency_ms.add(answer.took);
        break;
      case "limited":
        measure.signal_limited.add(1);
        if (answer.retryAfter === null) measure.signal_limited_silently.add(1);
        measure.signal_limited_latency_ms.add(answer.took);
        break;
      case "refused":
        measure.signal_refused.add(1);
        measure.signal_refused_latency_ms.add(answer.took);
        break;
      case "failed":
        quote("a signal", `failed: ${answer.why}`);
        measure.signal_failed_latency_ms.add(answer.took);
    }
  }
}
