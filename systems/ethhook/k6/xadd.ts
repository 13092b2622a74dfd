import type { Client } from "k6/x/redis";
import type { Added, Streams, Template } from "k6/x/redis-streams";
import { isUnreachable } from "../../../core/shortage.ts";
import { now } from "../../../k6/support/clock.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import type { SendOutcome, Tick } from "../../../k6/support/publishing.ts";
import { clockCorrection, type Run } from "../../../k6/support/run.ts";
import { sendEach as sendOneByOne } from "../../../k6/support/sending.ts";
import type { LogWorkload } from "../wire.ts";
import { entryOf } from "../wire.ts";
import { wordsOf } from "./words.ts";

type XaddMeasures = ReturnType<typeof measures<"everywhere" | "publishing">>;

/** Where entries are added, and what they are. */
export interface XaddOptions {
  readonly metrics: XaddMeasures;
  readonly redis: Client;
  readonly streams: Streams;
  /** What `workload` is written with. */
  readonly template: Template;
  readonly stream: string;
  readonly workload: LogWorkload;
}

/** Sends each event by an XADD of its own, all of a tick at the same time, and times each. */
export async function sendEach(
  { metrics, redis, stream, workload }: XaddOptions,
  run: Run,
  tick: Tick,
): Promise<SendOutcome> {
  const outcome = await sendOneByOne(run, tick, async (trace) => {
    const sentAt = now();
    try {
      await redis.sendCommand("XADD", stream, "*", ...entryOf(workload, trace));
      return { outcome: "acknowledged", took: now() - sentAt };
    } catch (problem) {
      return { outcome: failureOf(metrics, problem, 1), took: null, said: wordsOf(problem) };
    }
  });
  isShortage(metrics, null);
  return outcome;
}

/** Sends the events of a tick in one pipeline; each has its own answer. */
export async function sendBatch(
  { metrics, streams, template, stream }: XaddOptions,
  run: Run,
  { firstSeq, count, publisher }: Tick,
): Promise<SendOutcome> {
  const events = { run: run.number as number, publisher, firstSeq, count, clockCorrection: clockCorrection(run) };
  const { sentAt, latencyMs, added, failures } = await streams.addSeries(stream, template, events);
  if (added > 0) isShortage(metrics, null);
  const failed = { refused: [] as number[], unknown: [] as number[], unsent: [] as number[] };
  for (const [error, { sent, seqs }] of byError(failures, firstSeq)) {
    failed[failureOf(metrics, error, seqs.length, sent)].push(...seqs);
  }
  const words = failures.map(({ error }) => wordsOf(error));
  return { sentFrom: sentAt, ...failed, words, deduplicated: 0, latencies: added > 0 ? [latencyMs] : [] };
}

/** Failures of the same words have the same outcome. */
function byError(failures: Added["failures"], firstSeq: number) {
  const found = new Map<string, { sent: boolean; seqs: number[] }>();
  for (const { index, sent, error } of failures) {
    const known = found.get(error) ?? { sent, seqs: [] };
    known.seqs.push(firstSeq + index);
    found.set(error, known);
  }
  return found;
}

/** The outcome of events whose command failed: refused, unreached or unknown. */
function failureOf(
  metrics: XaddMeasures,
  problem: unknown,
  count: number,
  sent = true,
): "refused" | "unknown" | "unsent" {
  const text = String(problem);
  if (isShortage(metrics, text)) return "unsent";
  if (/^(?:GoError: )?[A-Z]+ /.test(text)) return "refused";
  if (sent && !isUnreachable(text)) return "unknown";
  if (text.includes("connection pool")) metrics.unsent_waiting.add(count);
  else {
    metrics.unsent_unreachable.add(count);
    metrics.unreachable_at.add(Date.now());
  }
  return "unsent";
}
