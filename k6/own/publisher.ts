import type { Account } from "../../core/account.ts";
import { firstOfEachVariant } from "../../core/event.ts";
import { filterOf } from "../../core/filter.ts";
import type { Places } from "../../core/misdirection.ts";
import { addressesIn, environmentOf, secretNames } from "../../core/ownvariables.ts";
import { type AnyPipeline, connectionsOf, promisedIn, subscribersOf } from "../../core/pipeline.ts";
import { eventsOf, streamOf } from "../../core/pipelineevents.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { signatureHint } from "../../core/refusedcredentials.ts";
import type { FarEndOpening } from "../../core/report.ts";
import { isUnreachable } from "../../core/shortage.ts";
import type { Trace } from "../../core/trace.ts";
import type { Answer } from "../../core/transport.ts";
import type { accounted, common, publishing as publishingVariables } from "../../core/variables.ts";
import type { Word } from "../../core/words.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { CanaryAnswers } from "../support/canaryanswers.ts";
import { BAD_HANDSHAKE } from "../support/door.ts";
import { concealed } from "../support/guard.ts";
import { lead } from "../support/lead.ts";
import { measures } from "../support/metrics.ts";
import { KEPT_CONNECTIONS, publisherTest } from "../support/publisher.ts";
import { publishing, publishingLoad } from "../support/publishing.ts";
import type { Run } from "../support/run.ts";
import type { Following, ValuesOf } from "../support/settings.ts";
import { settingsOf } from "../support/told.ts";
import { fetchWords } from "../support/words.ts";
import { OwnAccess } from "./access.ts";
import { outcomeOf, Sender, saidIn, statusIn } from "./sender.ts";

/** After a 301 to 303 k6 asks on without the event, and what answers then acknowledges nothing. */
const UNREDIRECTED = { maxRedirects: 0 };

/** What a publisher is told, whatever its pipeline calls its own variables. */
type PublisherSettings = ValuesOf<typeof common & typeof accounted & typeof publishingVariables> &
  Following & { readonly test: string; readonly SCENARIO: string; readonly SUBSCRIPTIONS?: number };

/** What the run is opened with: which path selects what, so that the receiver needs no code of the pipeline for it. */
export function farEndOf(pipeline: AnyPipeline): FarEndOpening | undefined {
  const { name, observe, damage } = pipeline;
  if (observe.kind === "subscription") return undefined;
  // The function itself is not in the bundle for k6, its name is.
  const judges = "receive" in observe || damage !== undefined;
  const paths = Object.entries(observe.paths).map(([path, selection]) => [path, filterOf(selection)]);
  const order = promisedIn(pipeline);
  return { pipeline: name, kind: observe.kind, paths: Object.fromEntries(paths), order, judges };
}

/**
 * The test that publishes the events of a pipeline: the functions that k6 asks a script for.
 *
 * @param places where the pipeline's file says what.
 */
export function publisherOf(pipeline: AnyPipeline, places: Places = {}) {
  lead?.defineTestsOf(pipeline);
  const config = settingsOf(pipeline.name as RunnableTest) as unknown as PublisherSettings;
  const load = publishingLoad(config);
  const metrics = measures("everywhere", "publishing", "account", "health");
  const events = eventsOf(pipeline, () => streamOf(pipeline, config.SEED));
  const farEnd = farEndOf(pipeline);
  const access = new OwnAccess(config, pipeline);
  const sender = new Sender({ config, metrics, pipeline, events, access, isPaced: load.kind === "paced" });

  const answers = new CanaryAnswers();
  async function sendCanary(run: Run, trace: Trace): Promise<void> {
    // Where only numbers can be compared, one canary is all that may come.
    if (pipeline.observe.kind === "count" && answers.mayBeTaken) return;
    const answer = await sender.sendCanary(run, trace);
    const thrown = lead?.describeThrown(sender.thrown, places) ?? null;
    const refusal = lead?.describeRefusal(answer, access.answered, { pipeline, places, given: __ENV }) ?? null;
    answers.enter(thrown === null ? answer : "refused", thrown ?? refusal);
    const said = saidIn(answer) ?? "";
    if (thrown === null && outcomeOf(answer) !== "unsent" && !isUnreachable(said)) metrics.canaries_sent.add(1);
    const { url } = typeof answer === "string" ? { url: undefined } : answer;
    const what = url === undefined || url === "" ? "publish()" : withoutCredentials(url);
    // k6 has no words of a handshake that was refused.
    access.requireAdmission({ status: await statusOf(answer), said: said.includes(BAD_HANDSHAKE) ? "" : said }, what);
    // What is not open any more is opened anew.
    if (["unknown", "unsent"].includes(outcomeOf(answer))) sender.release();
  }

  async function statusOf(answer: Answer): Promise<number> {
    if (outcomeOf(answer) === "acknowledged") return 0;
    const said = saidIn(answer) ?? "";
    if (said.includes(BAD_HANDSHAKE)) return (await access.refusedOpening(said)).status;
    return statusIn(answer) ?? access.answered;
  }

  /** What those who hold the connections were told. */
  function wordsOf(run: Run): readonly Word[] {
    const { RECEIVER_URL: receiver } = config;
    if (receiver === undefined || pipeline.observe.kind !== "subscription") return [];
    return fetchWords(receiver, run.id, subscribersOf(pipeline.name));
  }

  /** Where to look when events are sent and do not arrive. @param words of those who hold the connections. */
  function hints(account: Account | null, words: readonly Word[]): readonly string[] {
    const { name, observe, variables } = pipeline;
    const signature = signatureHint(account?.causes ?? [], secretNames({ variables }));
    if (signature !== null) return [signature];
    // What was refused needs no look at where it comes out.
    if (sender.refusals.length > 0) return [];
    if (observe.kind === "request" && account !== null && nothingCame(account)) {
      const paths = Object.keys(observe.paths).map((path) => `/hooks/${path}`);
      return [`no request came to ${config.RECEIVER_URL}: let your system send to ${paths.join(", ")} there`];
    }
    if (subscriptions === 0) {
      // What came and was refused, or what cannot be read, says nothing of identities.
      if (account !== null && isUntaken(account)) return [];
      return [`look at how events come from publish() to observe (${observe.kind}): the identity must survive`];
    }
    if ((account?.paths ?? 0) > 0) return ["look at what open() gives to arrived(): the identity must be in it"];
    // Whoever says something is up.
    return words.length > 0
      ? []
      : [`start dist/${subscribersOf(name)}.js with the same RUN_ID, and look at what open() says`];
  }

  const publishAll = publishing(
    config,
    metrics,
    (run, tick) => sender.send(run, tick),
    (run) => sender.warm(run),
  );
  const subscriptions = config.SUBSCRIPTIONS ?? connectionsOf(pipeline);

  const test = publisherTest(config, metrics, {
    options: { ...KEPT_CONNECTIONS, ...UNREDIRECTED, ...access.options },
    opening: () => ({
      variants: events.stream().variants,
      ...(farEnd === undefined ? { order: promisedIn(pipeline) } : { farEnd }),
    }),
    canaries: (run) => ({
      paths: subscriptions === 0 ? undefined : subscriptions,
      seqs: firstOfEachVariant(events.stream()),
      countsSent: true,
      send: (trace) => sendCanary(run, trace),
      unsendable: () => answers.unsendable,
      refused: () => answers.refusal,
      astray: (account) => lead?.describeAstray(account, pipeline, places, __ENV) ?? null,
      unjoined: (live) => lead?.describeUnjoined(wordsOf(run), pipeline, places, live) ?? null,
      explain: async (account) => causesOf(account, wordsOf(run)),
    }),
    async proven(run, sent) {
      // The first canary did so.
      if (sent === null) await sender.prepare(run);
      return {};
    },
    publish: (run) => publishAll(run).finally(() => sender.release()),
  });

  /** Why no canary came out. */
  async function causesOf(account: Account | null, words: readonly Word[]): Promise<readonly string[]> {
    const told = words.map(({ kind, text }) => (kind === "said" ? `open() gave ${text}` : `open() said: ${text}`));
    return [
      ...sender.refusals.map((said) => `publish said: ${said}`),
      ...(answers.unsendable === null
        ? []
        : addressesIn(pipeline, __ENV).map((address) => `does anything listen at ${address}?`)),
      ...((await pipeline.explain?.(environmentOf(pipeline, __ENV), access)) ?? []),
      ...(account?.causes ?? []),
      ...(account?.findings ?? []),
      ...told,
      ...(answers.unsendable === null ? hints(account, words) : []),
    ];
  }

  // k6 ends nothing in which something is open.
  return { ...test, setup: concealed(() => test.setup().finally(() => sender.release())) };
}

/** Whether what came out was refused, or could not be read. */
function isUntaken({ farEnd }: Account): boolean {
  return farEnd !== null && (farEnd.problem !== null || Object.keys(farEnd.refused).length > 0);
}

/** Whether a far end that takes requests was sent none, of whatever kind. */
function nothingCame({ ready, farEnd }: Account): boolean {
  if (farEnd === null || ready > 0) return false;
  const { unread, strays, damaged, refused } = farEnd;
  return unread + strays + damaged === 0 && Object.keys(refused).length === 0;
}
