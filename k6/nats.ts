/** NATS publishing: events go into a JetStream stream and must come out at the gateway's subscribers. */

import exec from "k6/execution";
import { Nats, type Totals, totals } from "k6/x/nats";
import type { Account } from "../core/account.ts";
import { firstOfEachVariant } from "../core/event.ts";
import { secondsOf } from "../core/plan.ts";
import { quotesIn } from "../core/quotes.ts";
import { safeMessageOf } from "../core/redaction.ts";
import { LEAD_SECONDS } from "../core/schedule.ts";
import type { K6Data } from "../core/summary.ts";
import { fittingChainIds } from "../systems/pulse/chainids.ts";
import { probeChain, probeNotes } from "../systems/pulse/k6/probe.ts";
import { readinessClaim } from "../systems/pulse/k6/readiness.ts";
import type { RunStream } from "../systems/pulse/k6/stream.ts";
import { pulseEvents } from "../systems/pulse/pipeline.ts";
import { CHAIN_NUMBERS } from "../systems/pulse/wire.ts";
import { IS_FIRST } from "./support/first.ts";
import { countBounds, measures } from "./support/metrics.ts";
import { progressBeside, tellEvery } from "./support/progress.ts";
import { publisherTest } from "./support/publisher.ts";
import { publishing, publishingLoad } from "./support/publishing.ts";
import { quote } from "./support/quotes.ts";
import { seriesSender } from "./support/series.ts";
import { settingsOf } from "./support/told.ts";

const config = settingsOf("nats");
const load = publishingLoad(config);
countBounds(config);
const metrics = measures("everywhere", "publishing", "account", "health");
const workload = { seed: config.SEED, chains: config.CHAINS };
const numbers = config.CHAIN_IDS ?? CHAIN_NUMBERS;
const nameless = config.CHAINS.find((chain) => !Object.hasOwn(numbers, chain));
if (nameless !== undefined)
  throw `CHAINS=${config.CHAINS}: ${nameless} has no number; allowed: ${Object.keys(numbers)}`;
const events = pulseEvents(workload, { numbers, prefix: config.SUBJECT, types: config.FIELD_TYPES });
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
/** The first looks after it, alone. */
const runStream = (IS_FIRST ? await openStream() : null) as RunStream;

const PROGRESS_SECONDS = 5;

const series = seriesSender(metrics, {
  events,
  series: (template, events, limits) => nats.jetStreamPublishSeries(template, events, limits),
  timeout: config.ACK_TIMEOUT * 1000,
});

export const { options, setup, publish, compareClock, teardown, handleSummary } = publisherTest(config, metrics, {
  beside: progressBeside(secondsOf(load) + LEAD_SECONDS),
  waiting: 1,
  require() {
    try {
      runStream.require();
    } catch (problem) {
      exec.test.abort(safeMessageOf(problem));
    }
  },
  opening: () => ({ variants: events.stream().variants, bursts }),
  canaries: () => ({
    paths: config.SUBSCRIPTIONS,
    seqs: firstOfEachVariant(events.stream()),
    most: config.CANARIES,
    send: (trace) => publishOne(events.write(trace)),
    explain: (account) =>
      account === null || account.paths === 0
        ? ["start websocket.js with the same RUN_ID and RECEIVER_URL"]
        : runStream.explain(readinessClaim(config.READY_URL)),
    swallowed: metrics.canaries_swallowed,
  }),
  async proven(run, sent) {
    // The template is made before the load.
    await series.warm(run);
    if (sent !== null) probeChain(run, config.PROBE_CHAIN, events, publishOne);
    return { stream: runStream.origin() };
  },
  publish: publishing(config, metrics, series.send, series.warm),
  completed({ stream }, { lost }) {
    const losses = lost > 0 ? runStream.losses(stream) : null;
    if (losses !== null) quote(READERS, losses);
    return null;
  },
  notes: probeNotes,
  evidence: evidenceOf,
});

async function openStream(): Promise<RunStream> {
  const { RunStream } = await import("../systems/pulse/k6/stream.ts");
  return new RunStream(nats, config, events.subjects);
}

/** @throws what the server says where it does not take it. */
function publishOne({ subject, data }: ReturnType<typeof events.write>): void {
  nats.jetStreamPublish(subject, data);
}

/** What quotes of the stream's readers are about. */
const READERS = "readers of the stream";

/** Tells what all publishers of this process have done. */
export function progress(): void {
  let before = totals();
  tellEvery(PROGRESS_SECONDS, (seconds) => {
    const after = totals();
    tellProgress(before, after, seconds);
    before = after;
    return true;
  });
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

/** What would mend chain numbers that are not the gateway's, and who has what is missing. */
function evidenceOf({ root_group }: K6Data, account: Account | null): Readonly<Record<string, string>> {
  const fitting = account === null ? null : fittingChainIds(account, config.CHAINS, numbers);
  if (fitting !== null) return { account_lost: fitting, account_misrouted: fitting };
  const readers = quotesIn(root_group).find(({ about }) => about === READERS);
  return readers === undefined ? {} : { account_lost: readers.text };
}
