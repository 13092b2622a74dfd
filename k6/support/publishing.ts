import exec from "k6/execution";
import { latencyStep } from "../../core/kept-latencies.ts";
import { dueSecond, eventsOfTick, offeredShare, type PacedPlan, type Plan, type UnpacedPlan } from "../../core/plan.ts";
import { type Word, Words } from "../../core/words.ts";
import { now } from "./clock.ts";
import type { measures } from "./metrics.ts";
import { clockCorrection, type Run, type RunSettings, reportPublished } from "./run.ts";

type PublishingMeasures = ReturnType<typeof measures<"publishing">>;

/** Consecutive events that are sent together. */
export interface Tick {
  readonly firstSeq: number;
  readonly count: number;
  readonly publisher: number;
}

/** What became of them: acknowledged, except where it says otherwise. */
export interface Sent {
  /** By our own clock, just before the first was sent. */
  readonly sentFrom: number;
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
  /** Why not, in the words of the transport: one for each of them, where it has any. */
  readonly words?: readonly string[];
  /** Of the acknowledged, those that the transport already had. */
  readonly deduplicated: number;
  /** The ids that the transport gave to what it acknowledged, where these are promised to be unique. */
  readonly ids?: readonly string[];
  /** Ms from sending to acknowledgement: one for each thing that was acknowledged. */
  readonly latencies: ArrayLike<number>;
}

/** The load of a test that publishes. @throws a string when it has visitors instead. */
export function publishingLoad({ test, load }: { test: string; load: Plan }): PacedPlan | UnpacedPlan {
  if (load.kind === "visitors" || load.kind === "closed")
    throw `${test} publishes in batches: it has no ${load.kind} load`;
  return load;
}

/**
 * One iteration of a publisher: sends what this tick holds, measures it, and tells the receiver.
 *
 * @param send stamps and sends the events of a tick, and waits for what becomes of them.
 */
export function publishing(
  config: RunSettings & { readonly test: string; readonly load: Plan },
  metrics: PublishingMeasures,
  send: (run: Run, tick: Tick) => Promise<Sent>,
): (run: Run) => Promise<void> {
  const load = publishingLoad(config);
  const keepEvery = latencyStep(load);
  return async (run) => {
    const tick = exec.scenario.iterationInTest;
    const { firstSeq, count } = eventsOfTick(load, tick);
    if (count === 0) return;
    const publisher = exec.vu.idInTest;
    const sent = await send(run, { firstSeq, count, publisher });
    const settledAt = now();

    const { sentFrom, refused, unknown, latencies } = sent;
    const started = exec.scenario.startTime;
    if (load.kind === "paced") {
      const due = dueSecond(load, tick) * 1000;
      const delay = sentFrom - started - due;
      metrics.schedule_delay_ms.add(delay, count);
      metrics.offered_rate_share.add(offeredShare(due, delay));
    }
    metrics.publishing_seconds.add((settledAt - started) / 1000);
    metrics.events_published.add(count, count);
    metrics.events_acknowledged.add(count - refused.length - unknown.length);
    metrics.events_deduplicated.add(sent.deduplicated);
    metrics.events_refused.add(refused.length, count);
    metrics.events_unknown.add(unknown.length, count);
    const every = latencies.length > 1 ? keepEvery : 1;
    for (let place = tick % every; place < latencies.length; place += every) {
      metrics.publish_ack_latency_ms.add(latencies[place] as number);
    }
    const told = sent.words === undefined ? [] : countWords(sent.words);
    if (config.RECEIVER_URL === undefined) {
      warnOnce(told);
      return;
    }
    const correction = clockCorrection(run);
    await reportPublished(config, run, {
      publisher,
      firstSeq,
      count,
      sentFrom: sentFrom + correction,
      sentThrough: settledAt + correction,
      refused: [...refused],
      unknown: [...unknown],
      ...(sent.ids === undefined ? {} : { ids: [...sent.ids] }),
      words: { test: config.test, words: told },
    });
  };
}

/** The trace of an event that is about to be sent. */
export function traceOf(run: Run, publisher: number, seq: number) {
  return { run: run.number as number, publisher, seq, publishedAt: now() + clockCorrection(run) };
}

function countWords(texts: readonly string[]): Word[] {
  const words = new Words();
  for (const text of texts) words.count("refused", text);
  return words.take();
}

const warned = new Set<string>();

/** Without a receiver nobody sums them up: whoever reads the log is told of each once. */
function warnOnce(words: readonly Word[]): void {
  for (const { text } of words) {
    if (!warned.has(text)) console.warn(`refused by the target: ${text}`);
    warned.add(text);
  }
}
