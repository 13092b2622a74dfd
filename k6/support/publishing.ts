import exec from "k6/execution";
import { latencyStep } from "../../core/kept-latencies.ts";
import { BREAKPOINT, type PacedPlan, type Plan, type UnpacedPlan } from "../../core/plan.ts";
import type { PublisherReportInput } from "../../core/report.ts";
import { dueSecond, eventsOfTick, offeredShare } from "../../core/schedule.ts";
import { type Word, Words } from "../../core/words.ts";
import { now } from "./clock.ts";
import type { measures } from "./metrics.ts";
import { Lane, loadStart } from "./pacing.ts";
import { quote, REFUSED, UNANSWERED } from "./quotes.ts";
import { Reach } from "./reach.ts";
import { Reports } from "./reports.ts";
import { clockCorrection, type Run, type RunSettings, reportPublished } from "./run.ts";

type PublishingMeasures = ReturnType<typeof measures<"publishing">>;

/** Consecutive events that are sent together. */
export interface Tick {
  readonly firstSeq: number;
  readonly count: number;
  readonly publisher: number;
}

/** What became of them: acknowledged, except where it says otherwise. */
export interface SendOutcome {
  /** By our own clock, just before the first was sent. */
  readonly sentFrom: number;
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
  /** Why it refused them, in the words of the transport: one for each of them, where it has any. */
  readonly words?: readonly string[];
  /** What came instead of an acknowledgement, of the unknown ones. */
  readonly unanswered?: readonly string[];
  /** Events that never left, because there was no connection or because this machine could not send them. */
  readonly unsent: readonly number[];
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

type Publishing = RunSettings & { readonly test: string; readonly load: Plan; readonly SCENARIO: string };

/**
 * The iterations of a publisher. In an open model each virtual user has one, in which it sends its share of the
 * schedule; otherwise each sends one batch.
 *
 * @param send stamps and sends the events of a tick, and waits for what becomes of them.
 * @param warm opens connections before the first event is due, where there is a schedule.
 */
export function publishing(
  config: Publishing,
  metrics: PublishingMeasures,
  send: (run: Run, tick: Tick) => Promise<SendOutcome>,
  warm: (run: Run) => unknown = () => undefined,
): (run: Run) => Promise<void> {
  const load = publishingLoad(config);
  const settle = settling(config, load, metrics);
  if (load.kind === "unpaced") {
    // k6 makes each of these objects anew when it is asked for it.
    let own: Pick<typeof exec, "scenario" | "vu"> | undefined;
    return async (run) => {
      own ??= { scenario: exec.scenario, vu: exec.vu };
      const tick = own.scenario.iterationInTest;
      const range = eventsOfTick(load, tick);
      if (range.count === 0) return;
      const publisher = own.vu.idInTest;
      const start = own.scenario.startTime;
      const told = (batch: PublisherReportInput) => reportPublished(config, run, [batch]);
      await settle({ run, start, told }, tick, { ...range, publisher }, await send(run, { ...range, publisher }));
    };
  }
  return async (run) => {
    metrics.publishers_started.add(1);
    const publisher = exec.vu.idInTest;
    const of = (tick: number) => ({ ...eventsOfTick(load, tick), publisher });
    const start = loadStart();
    const reports = new Reports((batches) => reportPublished(config, run, batches));
    // k6 cuts this load off in the middle of a batch: what is held then is never told.
    const isCutOff = config.SCENARIO === BREAKPOINT;
    const told = (batch: PublisherReportInput) =>
      isCutOff ? reportPublished(config, run, [batch]) : reports.tell(batch);
    const loaded = { run, start, told };
    await warm(run);
    await new Lane(load, metrics).run(exec.scenario.iterationInTest, start, {
      send: (tick) => send(run, of(tick)),
      waited: (took) => metrics.publisher_waited_ms.add(took),
      skip: (tick) => {
        metrics.unsent_waiting.add(of(tick).count);
        return nothingSent(of(tick));
      },
      settle: (tick, outcome) => settle(loaded, tick, of(tick), outcome),
    });
    metrics.publishers_done.add(1);
  };
}

/** What becomes of a tick none of whose events could be sent. */
export function nothingSent({ firstSeq, count }: { readonly firstSeq: number; readonly count: number }): SendOutcome {
  const unsent = Array.from({ length: count }, (_, place) => firstSeq + place);
  return { sentFrom: now(), refused: [], unknown: [], unsent, deduplicated: 0, latencies: [] };
}

/** The load of one virtual user. */
interface UserLoad {
  readonly run: Run;
  /** When its first event is due, in Unix ms; when it began where there is no schedule. */
  readonly start: number;
  /** Tells the receiver of a batch. */
  readonly told: (batch: PublisherReportInput) => Promise<void>;
}

/** Measures what became of a tick, and tells the receiver. */
function settling(config: Publishing, load: PacedPlan | UnpacedPlan, metrics: PublishingMeasures) {
  const keepEvery = latencyStep(load);
  const reach = new Reach(metrics);
  return async (
    { run, start, told }: UserLoad,
    tick: number,
    { firstSeq, count, publisher }: Tick,
    sent: SendOutcome,
  ): Promise<void> => {
    const settledAt = now();
    const { sentFrom, refused, unknown, unsent, latencies } = sent;
    enterSchedule(load, metrics, tick, { start, count, sentFrom, settledAt });
    const published = count - unsent.length;
    reach.enter(published - unknown.length, unsent.length);
    metrics.events_offered.add(count, count);
    metrics.events_published.add(published, published);
    metrics.events_acknowledged.add(published - refused.length - unknown.length);
    metrics.events_deduplicated.add(sent.deduplicated);
    metrics.events_refused.add(refused.length, published);
    metrics.events_unknown.add(unknown.length, published);
    metrics.events_unsent.add(unsent.length, count);
    const every = latencies.length > 1 ? keepEvery : 1;
    for (let place = tick % every; place < latencies.length; place += every) {
      metrics.publish_ack_latency_ms.add(latencies[place] as number);
    }
    const words = countWords(sent);
    if (config.RECEIVER_URL === undefined) {
      quoteRefusals(words);
      return;
    }
    const correction = clockCorrection(run);
    await told({
      publisher,
      firstSeq,
      count,
      sentFrom: sentFrom + correction,
      sentThrough: settledAt + correction,
      refused: [...refused],
      unknown: [...unknown],
      ...(sent.ids === undefined ? {} : { ids: [...sent.ids] }),
      ...(words.length === 0 ? {} : { words: { test: config.test, words } }),
      unsent: [...unsent],
    });
  };
}

function enterSchedule(
  load: PacedPlan | UnpacedPlan,
  metrics: PublishingMeasures,
  tick: number,
  { start, count, sentFrom, settledAt }: { start: number; count: number; sentFrom: number; settledAt: number },
): void {
  if (load.kind === "unpaced") {
    metrics.publishing_seconds.add((settledAt - start) / 1000);
    return;
  }
  const due = dueSecond(load, tick);
  const delay = sentFrom - start - due * 1000;
  metrics.schedule_delay_ms.add(delay, count);
  metrics.offered_rate_share.add(offeredShare(due * 1000, delay));
  // Until the next one is due: with the last send alone, a load of ten events would be told at ten ninths of its rate.
  const next = (dueSecond(load, tick + 1) - due) * (count / load.batch);
  metrics.publishing_seconds.add(due + next + delay / 1000);
}

/** The trace of an event that is about to be sent. */
export function traceOf(run: Run, publisher: number, seq: number) {
  return { run: run.number as number, publisher, seq, publishedAt: now() + clockCorrection(run) };
}

function countWords({ words: refused = [], unanswered: unknown = [] }: SendOutcome): Word[] {
  if (refused.length + unknown.length === 0) return [];
  const words = new Words();
  for (const [kind, texts] of Object.entries({ refused, unknown })) {
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    for (const [text, count] of counts) words.count(kind as "refused" | "unknown", text, count);
  }
  return words.take();
}

/** Without a receiver nobody else sums them up. */
function quoteRefusals(words: readonly Word[]): void {
  for (const { kind, text, count } of words) {
    for (let time = 0; time < count; time++) quote(kind === "unknown" ? UNANSWERED : REFUSED, text);
  }
}
