import { sha1 } from "k6/crypto";
import type { Client } from "k6/x/redis";
import { isUnreachable } from "../../../core/attribution.ts";
import { now } from "../../../k6/support/clock.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { type Sent, type Tick, traceOf } from "../../../k6/support/publishing.ts";
import type { Run } from "../../../k6/support/run.ts";
import { BATCH_SCRIPT, prepareBatch } from "../batch.ts";
import type { LogWorkload } from "../wire.ts";
import { entryOf } from "../wire.ts";
import { wordsOf } from "./words.ts";

type XaddMeasures = ReturnType<typeof measures<"everywhere" | "publishing">>;

/** Where entries are added, and what they are. */
export interface XaddOptions {
  readonly metrics: XaddMeasures;
  readonly redis: Client;
  readonly stream: string;
  readonly workload: LogWorkload;
}

/** Sends each event by an XADD of its own, all of a tick at the same time, and times each. */
export async function sendEach({ metrics, redis, stream, workload }: XaddOptions, run: Run, tick: Tick): Promise<Sent> {
  const { firstSeq, count, publisher } = tick;
  const failed = { refused: [] as number[], unknown: [] as number[], unsent: [] as number[] };
  const latencies: number[] = [];
  const words: string[] = [];
  const sentFrom = now();
  const answers: Promise<void>[] = [];
  for (let seq = firstSeq; seq < firstSeq + count; seq++) {
    const sentAt = now();
    const entry = entryOf(workload, traceOf(run, publisher, seq));
    answers.push(
      redis.sendCommand("XADD", stream, "*", ...entry).then(
        () => void latencies.push(now() - sentAt),
        (problem) => {
          words.push(wordsOf(problem));
          failed[failureOf(metrics, problem, 1)].push(seq);
        },
      ),
    );
  }
  await Promise.all(answers);
  isShortage(metrics, null);
  return { sentFrom, ...failed, words, deduplicated: 0, latencies };
}

const SCRIPT_SHA = sha1(BATCH_SCRIPT, "hex");

/** Sends the events of a tick by one call of a script that the server holds. */
export async function sendBatch(
  { metrics, redis, stream, workload }: XaddOptions,
  run: Run,
  tick: Tick,
): Promise<Sent> {
  const { firstSeq, count, publisher } = tick;
  const batch = prepareBatch(workload, firstSeq, count);
  const sentFrom = now();
  const args = batch.stamp(traceOf(run, publisher, firstSeq));
  const seqsFrom = (place: number) => Array.from({ length: count - place }, (_, at) => firstSeq + place + at);
  const nothing = { sentFrom, refused: [], unknown: [], unsent: [], deduplicated: 0, latencies: [] };
  try {
    const answer = await redis
      .sendCommand("EVALSHA", SCRIPT_SHA, 1, stream, ...args)
      .catch((problem) => retryWithScript(problem, () => redis.sendCommand("EVAL", BATCH_SCRIPT, 1, stream, ...args)));
    const [added] = answer as [number, string];
    isShortage(metrics, null);
    return { ...nothing, refused: seqsFrom(Number(added)), latencies: [now() - sentFrom] };
  } catch (problem) {
    const seqs = seqsFrom(0);
    const words = seqs.map(() => wordsOf(problem));
    return { ...nothing, words, [failureOf(metrics, problem, count)]: seqs };
  }
}

/** A server that was just started does not hold the script; nothing was run then. */
function retryWithScript(problem: unknown, evaluate: () => Promise<unknown>): Promise<unknown> {
  if (String(problem).includes("NOSCRIPT")) return evaluate();
  throw problem;
}

/** What became of events whose command failed: the server said no, it was never reached, or nobody knows. */
function failureOf(metrics: XaddMeasures, problem: unknown, count: number): "refused" | "unknown" | "unsent" {
  const text = String(problem);
  if (isShortage(metrics, text)) return "unsent";
  if (/^(?:GoError: )?[A-Z]+ /.test(text)) return "refused";
  if (!isUnreachable(text)) return "unknown";
  if (text.includes("connection pool")) metrics.unsent_waiting.add(count);
  else {
    metrics.unsent_unreachable.add(count);
    metrics.unreachable_at.add(Date.now());
  }
  return "unsent";
}
