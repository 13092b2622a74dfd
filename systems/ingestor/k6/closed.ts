import { sleep } from "k6";
import exec from "k6/execution";
import { type Share, shareOf } from "../../../core/closedplan.ts";
import type { ClosedPlan } from "../../../core/plan.ts";
import { now } from "../../../k6/support/clock.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { Reach } from "../../../k6/support/reach.ts";
import { clockCorrection, type Run, type RunSettings, reportPublished } from "../../../k6/support/run.ts";
import type { Answer } from "./post.ts";

type PublishingMeasures = ReturnType<typeof measures<"publishing">>;

/** Number of results in one report to the receiver, so that reports do not slow down the load. */
const REPORTED_TOGETHER = 100;

/** Consecutive events that are reported once all of them are answered. */
interface Chunk {
  readonly firstSeq: number;
  readonly count: number;
  sentFrom: number;
  open: number;
  readonly refused: number[];
  readonly unknown: number[];
  /** The ids from the target's answers. */
  readonly ids: string[];
  readonly unsent: number[];
}

/**
 * One iteration of a worker in a closed model: it sends its share of the events, each as soon as one of those in flight
 * is answered, and reports the results to the receiver.
 *
 * @param send stamps and sends one event and waits for its result.
 */
export function closedLoop(
  config: RunSettings,
  load: ClosedPlan,
  metrics: PublishingMeasures,
  send: (run: Run, publisher: number, seq: number) => Promise<Answer>,
): (run: Run) => Promise<void> {
  const reach = new Reach(metrics);
  return async (run) => {
    const worker = exec.scenario.iterationInTest;
    for (let round = 0; round < load.rounds; round++) {
      if (round > 0) sleep(load.pause);
      await sendShare(run, shareOf(load, round, worker));
    }
  };

  async function sendShare(run: Run, { firstSeq, count, concurrency }: Share): Promise<void> {
    const publisher = exec.vu.idInTest;
    const reports: Promise<void>[] = [];
    const failures: unknown[] = [];
    const end = firstSeq + count;
    let next = firstSeq;
    let chunk: Chunk | null = null;
    const take = (): Chunk => {
      if (chunk === null || next === chunk.firstSeq + chunk.count) {
        const size = Math.min(REPORTED_TOGETHER, end - next);
        chunk = {
          firstSeq: next,
          count: size,
          sentFrom: now(),
          open: size,
          refused: [],
          unknown: [],
          unsent: [],
          ids: [],
        };
      }
      return chunk;
    };
    const lane = async () => {
      while (next < end) {
        const mine = take();
        const seq = next++;
        const { outcome, id, took } = await send(run, publisher, seq);
        if (id !== null) mine.ids.push(id);
        if (outcome === "acknowledged") metrics.publish_ack_latency_ms.add(took);
        else mine[outcome].push(seq);
        reach.enter(outcome === "acknowledged" || outcome === "refused" ? 1 : 0, outcome === "unsent" ? 1 : 0);
        // Keeps the error until everything is sent: k6 aborts an iteration when a promise without a handler rejects.
        if (--mine.open === 0)
          reports.push(settle(run, publisher, mine).catch((problem) => void failures.push(problem)));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    await Promise.all(reports);
    if (failures.length > 0) throw failures[0];
  }

  async function settle(run: Run, publisher: number, chunk: Chunk): Promise<void> {
    const { firstSeq, count, sentFrom, refused, unknown, unsent, ids } = chunk;
    const published = count - unsent.length;
    const settledAt = now();
    metrics.publishing_seconds.add((settledAt - exec.scenario.startTime) / 1000);
    metrics.events_offered.add(count, count);
    metrics.events_published.add(published, published);
    metrics.events_acknowledged.add(published - refused.length - unknown.length);
    metrics.events_refused.add(refused.length, published);
    metrics.events_unknown.add(unknown.length, published);
    metrics.events_unsent.add(unsent.length, count);
    if (config.RECEIVER_URL === undefined) return;
    const correction = clockCorrection(run);
    await reportPublished(config, run, [
      {
        publisher,
        firstSeq,
        count,
        sentFrom: sentFrom + correction,
        sentThrough: settledAt + correction,
        refused,
        unknown,
        ids,
        unsent,
      },
    ]);
  }
}
