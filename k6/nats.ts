/** NATS publishing: events go into a JetStream stream and must come out at the gateway's subscribers. */
import { sleep } from "k6";
import exec from "k6/execution";
import { Nats, sharedTemplate, type Totals, totals } from "k6/x/nats";
import type { Account } from "../core/account.ts";
import { firstOfEachVariant } from "../core/event.ts";
import { once } from "../core/once.ts";
import { secondsOf } from "../core/plan.ts";
import { quotesIn } from "../core/quotes.ts";
import { LEAD_SECONDS } from "../core/schedule.ts";
import type { K6Data } from "../core/summary.ts";
import { writeMessage } from "../core/template.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { fittingChainIds } from "../systems/pulse/chainids.ts";
import { streamOf } from "../systems/pulse/events.ts";
import { probeChain, probeNotes } from "../systems/pulse/k6/probe.ts";
import { readinessClaim } from "../systems/pulse/k6/readiness.ts";
import { RunStream } from "../systems/pulse/k6/stream.ts";
import { messageTemplate } from "../systems/pulse/message.ts";
import type { StreamOrigin } from "../systems/pulse/stream.ts";
import { CHAIN_NUMBERS } from "../systems/pulse/wire.ts";
import { awaitCanaries } from "./support/canary.ts";
import { endRun } from "./support/ending.ts";
import { guarded, reasonOf } from "./support/guard.ts";
import { requireHealth, type WatchStart } from "./support/health.ts";
import { isShortage } from "./support/host.ts";
import { countBounds, declareCounters, measures } from "./support/metrics.ts";
import { optionsOf } from "./support/options.ts";
import { nothingSent, publishing, publishingLoad, type SendOutcome, traceOf } from "./support/publishing.ts";
import { quote } from "./support/quotes.ts";
import { clockCorrection, compareWhileLoaded, openRun, type Run } from "./support/run.ts";
import { settings } from "./support/settings.ts";
import { summaryOf } from "./support/summary.ts";

const config = settings("nats");
const load = publishingLoad(config);
countBounds(config);
const metrics = measures("everywhere", "publishing", "account", "health");
const workload = { seed: config.SEED, chains: config.CHAINS };
const numbers = config.CHAIN_IDS ?? CHAIN_NUMBERS;
const nameless = config.CHAINS.find((chain) => !Object.hasOwn(numbers, chain));
if (nameless !== undefined)
  throw `CHAINS=${config.CHAINS}: ${nameless} has no number; allowed: ${Object.keys(numbers)}`;
const spelling = { numbers, prefix: config.SUBJECT, types: config.FIELD_TYPES };
const messages = once(() => messageTemplate(workload, spelling));
const template = sharedTemplate("messages", messages);
const files = { ca: config.NATS_CA, cert: config.NATS_CERT, key: config.NATS_KEY };
const nats = new Nats({
  servers: config.NATS_URL,
  name: "throughline",
  token: config.NATS_TOKEN,
  user: config.NATS_USER,
  password: config.NATS_PASSWORD,
  creds: config.NATS_CREDS,
  nkey: config.NATS_NKEY,
  domain: config.NATS_DOMAIN,
  tls: Object.values(files).some((file) => file !== undefined) ? files : undefined,
});

const bursts = load.kind === "paced" ? load.bursts : undefined;
const subjects = () => messages().variants.map(({ subject }) => subject);
const runStream = new RunStream(nats, config, subjects);

const PROGRESS_SECONDS = 5;
/** A shorter pause was cut off by the end of the load. */
const SHORTEST_PROGRESS_SECONDS = 0.5;

export const options = optionsOf(config, "publish", {
  progress: {
    executor: "per-vu-iterations",
    exec: "progress",
    vus: 1,
    iterations: 1,
    maxDuration: `${Math.ceil(secondsOf(load) + LEAD_SECONDS)}s`,
    gracefulStop: "0s",
  },
});

type NatsRun = Run & WatchStart & { readonly stream: StreamOrigin | null };

export async function setup(): Promise<NatsRun> {
  declareCounters();
  const watched = requireHealth(config);
  try {
    runStream.require();
  } catch (problem) {
    exec.test.abort(reasonOf(problem));
  }
  const stream = streamOf(workload);
  const run = openRun(config, "publisher", { variants: stream.variants, bursts });
  if (config.RECEIVER_URL !== undefined) {
    await awaitCanaries(config.RECEIVER_URL, run, config.CANARY_TIMEOUT, {
      wanted: { paths: config.SUBSCRIPTIONS, publishers: config.INSTANCES },
      seqs: firstOfEachVariant(stream),
      most: config.CANARIES,
      send: (seq) => {
        const { subject, data } = writeMessage(messages(), traceOf(run, CANARY_PUBLISHER, seq));
        nats.jetStreamPublish(subject, data);
      },
      explain: (account) =>
        account === null || account.paths === 0
          ? ["start websocket.js with the same RUN_ID and RECEIVER_URL"]
          : runStream.explain(readinessClaim(config.READY_URL)),
      swallowed: metrics.canaries_swallowed,
    });
  }
  if (config.RECEIVER_URL !== undefined) {
    probeChain(run, config.PROBE_CHAIN, workload, spelling, (subject, message) =>
      nats.jetStreamPublish(subject, message),
    );
  }
  return { ...run, ...watched, stream: runStream.origin() };
}

export const publish = guarded(
  metrics.script_errors,
  publishing(
    config,
    metrics,
    async (run, { firstSeq, count, publisher }) => {
      if (!connects()) return unreached(firstSeq, count);
      const events = {
        run: run.number as number,
        publisher,
        firstSeq,
        count,
        clockCorrection: clockCorrection(run),
      };
      const batch = await nats.jetStreamPublishSeries(template, events, { timeout: config.ACK_TIMEOUT * 1000 });
      isShortage(metrics, null);
      const unsettled = batch.refused + batch.unknown > 0 ? batch.outcomes : [];
      // What was refused without being sent, the server never saw.
      const seqsThat = (status: string, sent = true) =>
        unsettled.flatMap((one, place) =>
          one.status === status && (one.sentAt !== null) === sent ? [firstSeq + place] : [],
        );
      const unsent = seqsThat("refused", false);
      if (unsent.length > 0) enterUnreached(unsent.length);
      return {
        sentFrom: batch.sentAt,
        refused: seqsThat("refused"),
        unknown: seqsThat("unknown"),
        words: unsettled.flatMap(({ error, sentAt }) => (error === null || sentAt === null ? [] : [refusalIn(error)])),
        unsent,
        deduplicated: batch.duplicates,
        latencies: batch.latenciesMs,
      };
    },
    () => connects(),
  ),
);

/** What the server said, without the subject: what it says of every subject is said once. */
function refusalIn(error: string): string {
  return error.replace(/^nats: publish to "[^"]*" on \S+: /, "");
}

let connected = false;
let connectsAgainAt = 0;
/** To ask a server that does not answer takes time in which nothing else of this publisher goes on. */
const RECONNECT_MS = 1_000;

/** Whether there is a connection, before an event is stamped: the client connects by its first use, which would count as latency. */
function connects(): boolean {
  if (connected || Date.now() < connectsAgainAt) return connected;
  try {
    nats.connect();
    connected = true;
  } catch (problem) {
    connectsAgainAt = Date.now() + RECONNECT_MS;
    if (!isShortage(metrics, reasonOf(problem))) console.warn(reasonOf(problem));
  }
  return connected;
}

function unreached(firstSeq: number, count: number): SendOutcome {
  enterUnreached(count);
  return nothingSent({ firstSeq, count });
}

function enterUnreached(count: number): void {
  metrics.unsent_unreachable.add(count);
  metrics.unreachable_at.add(Date.now());
}

/** Every 5 seconds a line of what all publishers of this process have done; it ends with them. */
export function progress(): void {
  let before = totals();
  let started: number;
  do {
    started = Date.now();
    sleep(PROGRESS_SECONDS);
    const seconds = (Date.now() - started) / 1000;
    // When the load is over k6 cuts pauses off, over and over until it ends this function.
    if (seconds < SHORTEST_PROGRESS_SECONDS) return;
    const after = totals();
    tellProgress(before, after, seconds);
    before = after;
    // A pause that was cut short is the end of the scenario: k6 lets none last any more.
  } while (exec.instance.vusActive > 1 && Date.now() - started >= PROGRESS_SECONDS * 1000);
}

function tellProgress(before: Totals, after: Totals, seconds: number): void {
  const acked = after.acked - before.acked;
  console.log(
    JSON.stringify({
      level: "INFO",
      msg: "metrics",
      published: after.published,
      rate_per_sec: Math.round((after.published - before.published) / seconds),
      errors: after.refused + after.unknown,
      bytes_sent_mb: Number((after.bytes / 1024 / 1024).toFixed(2)),
      avg_latency_ms: acked > 0 ? Number(((after.ackLatencySumMs - before.ackLatencySumMs) / acked).toFixed(2)) : 0,
    }),
  );
}

/** Beside the load: compares clocks with the receiver. */
export const compareClock = compareWhileLoaded(config, "publisher", { others: 1 });

const end = endRun(config, metrics, "publisher");

export function teardown(run: NatsRun): void {
  const account = end(run);
  const losses = account !== null && account.lost > 0 ? runStream.losses(run.stream) : null;
  if (losses !== null) quote(READERS, losses);
}

/** What quotes of the stream's readers are about. */
const READERS = "readers of the stream";

export const handleSummary = summaryOf(config, probeNotes, evidenceOf);

/** What would mend chain numbers that are not the gateway's, and who has what is missing. */
function evidenceOf({ root_group }: K6Data, account: Account | null): Readonly<Record<string, string>> {
  const fitting = account === null ? null : fittingChainIds(account, config.CHAINS, numbers);
  if (fitting !== null) return { account_lost: fitting, account_misrouted: fitting };
  const readers = quotesIn(root_group).find(({ about }) => about === READERS);
  return readers === undefined ? {} : { account_lost: readers.text };
}
