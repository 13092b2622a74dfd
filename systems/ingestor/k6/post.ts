import * as v from "valibot";
import { once } from "../../../core/once.ts";
import { isUnreachable } from "../../../core/shortage.ts";
import type { Access } from "../../../k6/support/access.ts";
import { ask } from "../../../k6/support/ask.ts";
import { now } from "../../../k6/support/clock.ts";
import { isShortage } from "../../../k6/support/host.ts";
import { latencyOf } from "../../../k6/support/latency.ts";
import type { Measure, measures } from "../../../k6/support/metrics.ts";
import { quote } from "../../../k6/support/quotes.ts";
import type { Sent } from "../../../k6/support/sending.ts";
import type { HostileRequest } from "../hostile.ts";

type IngestMeasures = ReturnType<typeof measures<"ingest" | "everywhere" | "publishing">>;

/** One request, and how to send it. */
export interface Post {
  readonly url: string;
  readonly body: string;
  readonly binary?: boolean;
  readonly contentType?: string;
  /** A missing response is not the server's fault. */
  readonly mayBeCut?: boolean;
  /** Timeout in seconds. */
  readonly timeout: number;
}

/** The result of a request. */
export interface Answer extends Sent {
  /** The id in the response; null without one. */
  readonly id: string | null;
  /** 0 without a response. */
  readonly status: number;
  /** Ms from the attempt to send, including the connection, to the end of the response. */
  readonly took: number;
}

/** Made by the first answer: a virtual user starts without it. */
const acceptance = once(() => v.object({ message_id: v.union([v.string(), v.number()]) }));

/**
 * Posts one message and enters the response by its class of status, so that quick refusals do not improve other
 * latencies.
 */
export async function post(
  metrics: IngestMeasures,
  access: Access,
  { url, body, binary, contentType, mayBeCut, timeout }: Post,
): Promise<Answer> {
  const sentAt = now();
  const { answer, error } = await access.send((headers) =>
    ask("POST", url, binary === true ? bytesOf(body) : body, {
      headers: { ...headers, "Content-Type": contentType ?? "application/json" },
      timeout: `${timeout * 1000}ms`,
      redirects: 0,
      tags: { name: "POST /messages" },
    }),
  );
  if (isShortage(metrics, error)) return { outcome: "unsent", id: null, status: 0, took: now() - sentAt };
  const status = answer?.status ?? 0;
  const latency = answer === null ? now() - sentAt : latencyOf(answer.timings);
  if (error !== null && isUnreachable(error)) {
    metrics.unsent_unreachable.add(1);
    metrics.unreachable_at.add(Date.now());
    return { outcome: "unsent", id: null, status, took: latency };
  }
  const outcome = outcomeOf(status);
  enter(metrics, status, latency);
  const isError = status === 0 ? mayBeCut !== true : outcome === "unknown";
  metrics.ingest_server_errors.add(isError ? 1 : 0);
  const accepted = v.safeParse(acceptance(), json(answer?.body));
  const id = outcome === "acknowledged" && accepted.success ? String(accepted.output.message_id) : null;
  metrics.ingest_failure_rate.add(id === null);
  if (id !== null) enterId(metrics, id);
  else quote("POST /messages", `answers ${status}: ${error ?? String(answer?.body ?? "")}`);
  return { outcome, id, status, took: latency };
}

/** Ids that this virtual user received. */
const given = new Set<string>();

/** Their sender cannot tell two messages with the same id apart. */
function enterId(metrics: IngestMeasures, id: string): void {
  const isRepeated = given.has(id);
  given.add(id);
  metrics.ingest_repeated_ids.add(isRepeated ? 1 : 0);
  if (isRepeated) quote("message_id", `${id} was given before`);
}

/** A 2xx promises that the message is stored, a 4xx that it is not; anything else promises nothing. */
function outcomeOf(status: number): Exclude<Sent["outcome"], "unsent"> {
  if (status >= 200 && status < 300) return "acknowledged";
  return status >= 400 && status < 500 ? "refused" : "unknown";
}

function enter(metrics: IngestMeasures, status: number, latency: number): void {
  const [count, time] = measuresOf(metrics, status);
  count.add(1);
  time?.add(latency);
}

/** The metrics of a class of status. */
function measuresOf(metrics: IngestMeasures, status: number): [Measure, Measure?] {
  if (status === 0) return [metrics.ingest_status_none, metrics.ingest_unanswered_latency_ms];
  if (status === 429) return [metrics.ingest_status_429, metrics.ingest_limited_latency_ms];
  if (status >= 500) return [metrics.ingest_status_5xx, metrics.ingest_error_latency_ms];
  if (status >= 400) return [metrics.ingest_status_4xx, metrics.ingest_refused_latency_ms];
  if (status >= 200 && status < 300) return [metrics.ingest_status_2xx, metrics.ingest_accepted_latency_ms];
  return [metrics.ingest_status_other];
}

/** Enters the response to a hostile request. Returns what is wrong with it, or null. */
export function judgeHostile(
  metrics: IngestMeasures,
  { name, valid, mayBeCut }: HostileRequest,
  answer: Answer,
): string | null {
  const wronglyRefused = valid && answer.outcome === "refused";
  metrics.ingest_wrongly_refused.add(wronglyRefused ? 1 : 0, valid ? 1 : 0);
  if (answer.outcome === "unsent" || (answer.status === 0 && mayBeCut === true)) return null;
  if (answer.outcome === "unknown") return `${name}: status ${answer.status}, a 4xx or 2xx is allowed`;
  return wronglyRefused ? `${name}: refused with status ${answer.status}, though the contract has room for it` : null;
}

/** One byte for each character. */
function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from({ length: text.length }, (_, place) => text.charCodeAt(place)).buffer;
}

function json(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return null;
  }
}
