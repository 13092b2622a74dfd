import exec from "k6/execution";
import { firstOfEachVariant, type Stream } from "../../core/event.ts";
import { combinations, made } from "../../core/made.ts";
import { type Answer, type AnyPipeline, environmentOf, type Outcome } from "../../core/pipeline.ts";
import type { FarEndOpening } from "../../core/report.ts";
import { answerOf, type Sending, sendingOf } from "../../core/sending.ts";
import { isUnreachable } from "../../core/shortage.ts";
import { CANARY_PUBLISHER, type Trace } from "../../core/trace.ts";
import type { accounted, common, publishing as publishingVariables } from "../../core/variables.ts";
import { connectionsOf, defineTestsOf, subscribersOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { backoff } from "../support/backoff.ts";
import { awaitCanaries } from "../support/canary.ts";
import { now } from "../support/clock.ts";
import { BAD_HANDSHAKE } from "../support/door.ts";
import { endRun } from "../support/ending.ts";
import { concealed, guarded, reasonOf } from "../support/guard.ts";
import { requireHealth, type WatchStart } from "../support/health.ts";
import { isShortage } from "../support/host.ts";
import { declareCounters, measures } from "../support/metrics.ts";
import { KEPT_CONNECTIONS, optionsOf } from "../support/options.ts";
import { publishing, publishingLoad, type SendOutcome, type Tick, traceOf } from "../support/publishing.ts";
import { compareWhileLoaded, openRun, type Run } from "../support/run.ts";
import { type Sent, sendEach, sumOf } from "../support/sending.ts";
import { type Following, settings, type ValuesOf } from "../support/settings.ts";
import { summaryOf } from "../support/summary.ts";
import { fetchWords } from "../support/words.ts";
import { OwnAccess } from "./access.ts";

/** What a publisher is told, whatever its pipeline calls its own variables. */
type PublisherSettings = ValuesOf<typeof common & typeof accounted & typeof publishingVariables> &
  Following & { readonly test: string; readonly SCENARIO: string; readonly SUBSCRIPTIONS?: number };

/** What the run is opened with: which path selects what, so that the receiver needs no code of the pipeline for it. */
export function farEndOf({ name, observe, damage }: AnyPipeline): FarEndOpening | undefined {
  if (observe.kind === "subscription") return undefined;
  // The function itself is not in the bundle for k6, its name is.
  const judges = "receive" in observe || damage !== undefined;
  const paths = Object.entries(observe.paths).map(([path, selection]) => [path, filterOf(selection)]);
  const order = observe.order ?? "none";
  return { pipeline: name, kind: observe.kind, paths: Object.fromEntries(paths), order, judges };
}

/** A selection in the form of a filter. */
export function filterOf(selection: Readonly<Record<string, string | readonly string[] | undefined>>) {
  return Object.fromEntries(
    Object.entries(selection).flatMap(([name, wanted]) => (wanted === undefined ? [] : [[name, [wanted].flat()]])),
  );
}

/** The test that publishes the events of a pipeline: the functions that k6 asks a script for. */
export function publisherOf(pipeline: AnyPipeline) {
  defineTestsOf(pipeline);
  const config = settings(pipeline.name as RunnableTest) as unknown as PublisherSettings;
  const load = publishingLoad(config);
  const metrics = measures("everywhere", "publishing", "account", "health");
  const stream: Stream = { seed: config.SEED, variants: combinations(pipeline.events.attributes) };
  const farEnd = farEndOf(pipeline);
  const access = new OwnAccess(config, pipeline);
  let sending: Sending | null = null;
  /** Connections that ended one after the other, and Unix ms before which the next is not opened. */
  let ended = 0;
  let opensAt = 0;
  /** What sends; null while a connection that has ended is not opened anew. */
  const sender = async () => {
    await access.ready();
    if (sending?.isOpen?.() === false) {
      release();
      opensAt = now() + backoff(ended++);
    }
    if (now() < opensAt) return null;
    sending ??= sendingOf(pipeline, pipeline.publish(environmentOf(pipeline, __ENV), access));
    // Each batch is an iteration of its own then, at whose end everything is closed: its opening would be measured.
    if (sending.close !== undefined && load.kind === "unpaced") {
      release();
      exec.test.abort("RATE=max: publish() keeps something open; allowed: a number of events per second");
    }
    return sending;
  };
  /** k6 ends nothing in which something is open. */
  const release = () => {
    const over = sending;
    if (over?.close === undefined) return;
    sending = null;
    over.close();
  };
  const AWAY: Answer = { outcome: "unknown", said: "not connected: the connection has ended and is opened anew" };
  const wireOf = (trace: Trace) => pipeline.events.write(made(stream, trace));

  async function sendOne(trace: Trace): Promise<Answer> {
    const open = await sender();
    if (open === null) return AWAY;
    const { send, batch } = open;
    const wire = wireOf(trace);
    let answer: Answer;
    try {
      answer = send === undefined ? ((await batch([wire]))[0] ?? "unknown") : await send(wire);
    } catch (problem) {
      return { outcome: "unknown", said: reasonOf(problem) };
    }
    return answerOf(pipeline, answer);
  }

  /** Where only numbers can be compared, one canary is all that may come. */
  let counted = 0;
  async function sendCanary(run: Run, seq: number): Promise<void> {
    if (pipeline.observe.kind === "count" && counted++ > 0) return;
    const answer = await sendOne(traceOf(run, CANARY_PUBLISHER, seq));
    access.requireProof({ status: await statusOf(answer) }, "publish()");
    refusals.tell(answer);
    // What is not open any more is opened anew.
    if (outcomeOf(answer) === "unknown") release();
  }

  async function statusOf(answer: Answer): Promise<number> {
    if (outcomeOf(answer) === "acknowledged") return 0;
    const said = saidIn(answer) ?? "";
    if (said.includes(BAD_HANDSHAKE)) return (await access.refusedOpening(said)).status;
    return statusIn(answer) ?? access.answered;
  }

  const refusals = new Refusals();

  const publish = async (run: Run, tick: Tick): Promise<SendOutcome> => {
    const open = await sender();
    const batch = open === null ? undefined : open.batch;
    if (batch === undefined) {
      return sendEach(run, tick, async (trace) => {
        const began = now();
        const answer = await sendOne(trace);
        return sentOf(answer, now() - began);
      });
    }
    const sentFrom = now();
    const traces = Array.from({ length: tick.count }, (_, place) =>
      traceOf(run, tick.publisher, tick.firstSeq + place),
    );
    const answers = await answersOf(batch, traces.map(wireOf));
    const took = now() - sentFrom;
    const sent = traces.map((_, place) => sentOf(answerOf(pipeline, answers[place] ?? "unknown"), took));
    return sumOf(tick, sentFrom, sent);
  };

  /** What an answer says of its event; one for which this machine lacked something never left. */
  function sentOf(answer: Answer, took: number): Sent {
    refusals.tell(answer);
    const outcome = outcomeOf(answer);
    const failure = outcome === "unknown" ? (saidIn(answer) ?? null) : null;
    const isOurs = isShortage(metrics, failure);
    const isAway = !isOurs && failure !== null && isUnreachable(failure);
    if (isAway) {
      metrics.unsent_unreachable.add(1);
      metrics.unreachable_at.add(Date.now());
    }
    if (isOurs || isAway) return { outcome: "unsent", took: null };
    if (outcome === "acknowledged") ended = 0;
    return outcome === "acknowledged" ? { outcome, took } : { outcome, took: null, said: saidIn(answer) };
  }

  async function answersOf(
    batch: NonNullable<Sending["batch"]>,
    wires: readonly unknown[],
  ): Promise<readonly Answer[]> {
    try {
      return await batch(wires);
    } catch (problem) {
      return wires.map(() => ({ outcome: "unknown", said: reasonOf(problem) }));
    }
  }

  /** Why connections were not opened, as those who hold them were told. */
  function openingsOf(run: Run): readonly string[] {
    const { RECEIVER_URL: receiver } = config;
    if (receiver === undefined || pipeline.observe.kind !== "subscription") return [];
    return fetchWords(receiver, run.id, subscribersOf(pipeline.name)).map(({ text }) => `open() said: ${text}`);
  }

  const publishAll = publishing(config, metrics, publish, async () => void (await sender()));

  return {
    options: { ...optionsOf({ ...config, load }, "publish"), ...KEPT_CONNECTIONS, ...access.options },
    setup: concealed(async (): Promise<Run & WatchStart> => {
      declareCounters();
      const watched = requireHealth(config);
      const run = openRun(config, "publisher", {
        variants: stream.variants,
        ...(farEnd === undefined ? {} : { farEnd }),
      });
      if (config.RECEIVER_URL !== undefined) {
        const subscriptions = config.SUBSCRIPTIONS ?? connectionsOf(pipeline);
        const canaries = awaitCanaries(config.RECEIVER_URL, run, config.CANARY_TIMEOUT, {
          wanted: { paths: subscriptions === 0 ? undefined : subscriptions, publishers: config.INSTANCES },
          seqs: firstOfEachVariant(stream),
          send: (seq) => sendCanary(run, seq),
          explain: (account) => [
            ...refusals.all.map((said) => `publish said: ${said}`),
            ...(account?.causes ?? []),
            ...openingsOf(run),
            subscriptions > 0
              ? `start dist/${subscribersOf(pipeline.name)}.js with the same RUN_ID, and look at what open() says`
              : `look at how events come from publish() to observe (${pipeline.observe.kind}): the identity must survive`,
          ],
        });
        await canaries.finally(release);
      }
      return { ...run, ...watched };
    }),
    publish: guarded(metrics.script_errors, (run: Run) => publishAll(run).finally(release)),
    compareClock: compareWhileLoaded(config, "publisher"),
    teardown: endRun(config, metrics, "publisher"),
    handleSummary: summaryOf(config),
  };
}

function outcomeOf(answer: Answer): Outcome {
  return typeof answer === "string" ? answer : answer.outcome;
}

/** The transport's own words, where it has any. */
function saidIn(answer: Answer): string | undefined {
  return typeof answer === "string" || answer.said === undefined
    ? undefined
    : reasonOf(answer.said).slice(0, MOST_SAID);
}

function statusIn(answer: Answer): number | undefined {
  return typeof answer === "string" ? undefined : answer.status;
}

/** More of an answer tells nothing that its beginning does not. */
const MOST_SAID = 200;

/** What transports answer when they refuse: each once for each virtual user. */
class Refusals {
  private readonly words = new Set<string>();

  get all(): readonly string[] {
    return [...this.words];
  }

  tell(answer: Answer): void {
    const [outcome, said] = [outcomeOf(answer), saidIn(answer)];
    if (said === undefined || outcome === "acknowledged" || this.words.has(said)) return;
    this.words.add(said);
    if (exec.vu.idInTest <= 1) console.warn(`${outcome}: ${said}`);
  }
}
