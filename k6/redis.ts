/** Redis publishing: events go into a stream and must come out as webhooks at the receiver. */

import { sleep } from "k6";
import exec from "k6/execution";
import type { Account } from "../core/account.ts";
import { type Hops, hasDrained } from "../core/hops.ts";
import { secondsOf } from "../core/plan.ts";
import { quotesIn } from "../core/quotes.ts";
import { safeMessageOf } from "../core/redaction.ts";
import { LEAD_SECONDS } from "../core/schedule.ts";
import type { K6Data } from "../core/summary.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { explainSilence } from "../systems/ethhook/causes.ts";
import type { WebhookEndpoints } from "../systems/ethhook/k6/ownendpoints.ts";
import { openRedis, openStreams, redisCertificates, requireRedis } from "../systems/ethhook/k6/redis.ts";
import { readHops, readHopsLeft } from "../systems/ethhook/k6/streamhops.ts";
import { trimAcknowledged } from "../systems/ethhook/k6/trimming.ts";
import { wordsOf } from "../systems/ethhook/k6/words.ts";
import { eachAdded } from "../systems/ethhook/k6/xadd.ts";
import { logEvents } from "../systems/ethhook/pipeline.ts";
import { oneOfEach, streamOfChain } from "../systems/ethhook/wire.ts";
import type { SentCanaries } from "./support/canary.ts";
import { IS_FIRST } from "./support/first.ts";
import { handed } from "./support/handed.ts";
import { countBounds, measures } from "./support/metrics.ts";
import { pause } from "./support/pause.ts";
import { publisherTest } from "./support/publisher.ts";
import { publishing, publishingLoad, traceOf } from "./support/publishing.ts";
import { quote } from "./support/quotes.ts";
import { type Run, reportHops } from "./support/run.ts";
import { seriesSender } from "./support/series.ts";
import { settingsOf } from "./support/told.ts";

const given = settingsOf("redis", { ENDPOINTS: [] });
const config = { ...given, STREAM: given.STREAM ?? streamOfChain(given.CHAIN_ID) };
const own = IS_FIRST ? await import("../systems/ethhook/k6/ownendpoints.ts") : null;
const told = handed(
  "endpoints",
  () => own?.endpointsOf(config, (file) => open(file)) as WebhookEndpoints,
  ({ variants }) => ({ endpoints: [], variants }),
);
const load = publishingLoad(config);
countBounds(config);
const metrics = measures("everywhere", "publishing", "account", "health");
const workload = { seed: config.SEED, unmatchedShare: config.UNMATCHED_SHARE, variants: told.variants };
/** A connection that takes longer is opened by the load. */
const WARM_MS = 900;
const events = logEvents(workload);
/** The workload of the canaries: what nobody wants would show nothing. */
const wanted = { ...workload, unmatchedShare: 0 };
const canaries = logEvents(wanted);
/** As many commands as a tick sends at once, each with a connection of its own ... */
const connections = load.kind === "paced" ? Math.min(load.batch, 50) : 1;
/** ... and a few more for a slow server, which is not to be stormed; what is beyond them waits for one to be free. */
const mostConnections = load.kind === "paced" ? connections + 10 : 1;
const redis = openRedis(config, mostConnections);
const streams = openStreams(config);
const series = seriesSender(metrics, {
  events,
  series: (template, events, limits) => streams.addSeries(config.STREAM, template, events, limits),
  timeout: config.ACK_TIMEOUT * 1000,
});
const each = eachAdded({ metrics, redis, stream: config.STREAM, events });

/** Where the events stood when the load began; null where they cannot be read. */
interface Before {
  readonly before: Hops | null;
}

/** Where they stood before any canary. */
let atFirst: Hops | null = null;

export const { options, setup, publish, compareClock, teardown, handleSummary } = publisherTest<Before>(
  config,
  metrics,
  {
    beside: config.MAXLEN === undefined ? {} : { trimming: trimming() },
    options: redisCertificates(config),
    async require() {
      await requireRedis(redis, config);
      for (const problem of own?.ruleProblems(told) ?? []) {
        console.warn(problem);
        quote(RULE, problem);
      }
    },
    opening() {
      const retryPauses = config.RETRY_PAUSES.map((seconds) => seconds * 1000);
      const { endpoints, variants } = told;
      return { webhooks: { endpoints, variants, unmatchedShare: config.UNMATCHED_SHARE, retryPauses } };
    },
    async canaries() {
      const first = await hopsNow();
      atFirst = first;
      return {
        seqs: oneOfEach(wanted),
        most: config.CANARIES,
        ...(first === null ? {} : { warmUp: { events: config.WARM_UP, hasDrained: () => isThrough(first) } }),
        send: (trace) =>
          redis
            .sendCommand("XADD", config.STREAM, "*", ...canaries.write(trace))
            .catch((problem) => exec.test.abort(`REDIS_URL: XADD ${config.STREAM}: ${wordsOf(problem)}`)),
        explain: async (account) => {
          const hops = await hopsNow();
          return hops === null ? [UNREAD] : explainSilence(account, hops);
        },
        swallowed: metrics.canaries_swallowed,
      };
    },
    async proven(run, sent) {
      // The template is made before the load.
      if (load.kind !== "paced") await series.warm(run);
      if (sent === null) return { before: null };
      tellCanaries(sent);
      return { before: await hopsNow() };
    },
    publish: publishing(config, metrics, load.kind === "paced" ? each : series.send, warm),
    completed: withHops,
    notes: notesOf,
  },
);

/** What is to be known of the canaries, which stay in the stream. */
function tellCanaries({ needed, warming }: SentCanaries): void {
  if (atFirst === null && config.WARM_UP > 0) console.warn(`WARM_UP=${config.WARM_UP}: none is sent: ${UNREAD}`);
  const warmed = warming === 0 ? "" : `, and ${warming} more to warm the pipeline up`;
  quote(CANARIES_SENT, `${needed} canaries were sent until every endpoint had one${warmed}`);
  if (atFirst?.groups.length !== 0) return;
  quote(GROUP, "was not there when the first canary was added");
  console.warn(
    `no consumer group read stream ${config.STREAM} when the first of ${needed} canaries was added: what comes before ` +
      "its group is read only by a group that is made from the start of the stream; start the pipeline first",
  );
}

/** Opens the connections that the first events need, and does once what the load does all the time. */
async function warm(run: Run): Promise<void> {
  events.write(traceOf(run, CANARY_PUBLISHER, 0));
  const opening = Array.from({ length: connections }, () => redis.sendCommand("PING").catch(() => undefined));
  await Promise.race([Promise.all(opening), pause(WARM_MS)]);
}

/** Every second, where MAXLEN asks for it: cuts off what every consumer group has acknowledged. */
export async function trim(): Promise<void> {
  const warning = await trimAcknowledged(redis, config.STREAM, config.MAXLEN as number).catch(
    (problem) => `MAXLEN=${config.MAXLEN}: the stream is not trimmed: ${wordsOf(problem)}`,
  );
  if (warning !== null) console.warn(warning);
  sleep(1);
}

/** What quotes of setup() are about. */
const RULE = "an endpoint's rule:";
const CANARIES_SENT = "canaries that were sent:";
const GROUP = "the consumer group";

/** What the canaries met, and what is wrong with rules before anything is sent to them. */
function notesOf({ root_group }: K6Data): string[] {
  const quotes = quotesIn(root_group);
  const sent = quotes.find(({ about }) => about === CANARIES_SENT)?.text;
  const late = quotes.some(({ about }) => about === GROUP);
  const meaning = late
    ? "; no consumer group was there at first, and a group that is made at the end of the stream never reads what came before it"
    : "";
  return [
    ...quotes.filter(({ about }) => about === RULE).map(({ text }) => text),
    ...(sent === undefined ? [] : [`${sent}; they stay in the stream${meaning}`]),
  ];
}

/** Tells the receiver where the pipeline's events stand. @returns the account with it; null where it cannot be read. */
async function withHops(run: Run & Before): Promise<Account | null> {
  const { before } = run;
  if (before === null) return null;
  try {
    const after = await readHopsLeft(redis, before, config.QUEUES);
    return reportHops(config, run, { before, after });
  } catch (problem) {
    console.warn(`what is left in the pipeline cannot be read: ${safeMessageOf(problem)}`);
    return null;
  }
}

/** What an account cannot tell when the user may not read. */
const UNREAD = "what is in the stream and behind it cannot be read: docs/access.md lists the rights";

/** Whether nothing waits that did not wait at first; what cannot be read any more is not waited for. */
async function isThrough(atFirst: Hops): Promise<boolean> {
  const hops = await hopsNow();
  return hops === null || hasDrained(atFirst, hops);
}

/** Where the events stand; null, with a warning, where the user may not look. */
async function hopsNow(): Promise<Hops | null> {
  try {
    return await readHops(redis, config.STREAM, config.QUEUES);
  } catch (problem) {
    console.warn(`${UNREAD}: ${wordsOf(problem)}`);
    return null;
  }
}

function trimming() {
  const duration = `${Math.ceil(secondsOf(load) + LEAD_SECONDS)}s`;
  return { executor: "constant-vus", exec: "trim", vus: 1, duration, gracefulStop: "5s" };
}
