import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { startMonitor } from "../../cli/health/monitor.ts";
import { serveHealth } from "../../cli/health/serve.ts";
import type { Account } from "../../core/account.ts";
import type { Language } from "../../deploy/grafana/language.ts";
import { TREND_STATS } from "../../deploy/grafana/promql.ts";
import { TESTS } from "../../scenarios.ts";
import { startSignalsPipeline } from "../../systems/signals/cli/start.ts";
import { type Database, startInfluxd, startPrometheus } from "../databases.ts";
import type { Chosen, DatabaseAnswer } from "./asking.ts";
import { startEthhookPipeline } from "./ethhook-run.ts";
import { startIngestPipeline } from "./ingest-run.ts";
import { root, runBundle } from "./k6.ts";
import { withLogs } from "./logs.ts";
import { startTold } from "./pipeline.ts";

type Databases = Readonly<Record<Language["name"], Database>>;
type TestStack = Awaited<ReturnType<typeof startEverything>>;

/** Short runs of every test, as both databases store them. */
export interface Recording {
  readonly databases: Databases;
  /** Everything that was recorded. */
  readonly chosen: Chosen;
  /** Runs whose events are all counted by a metric of k6, too; the trials of webhook are only in the account. */
  readonly accounts: readonly Account[];
  close(): Promise<void>;
}

const RUN = "recorded";
const REDIS_RUN = "recorded-redis";
const INGEST_RUN = "recorded-ingest";
const WEBHOOK_RUN = "recorded-webhook";
const OVERLOAD = "overloaded";
const SETTLED = { DRAIN_QUIET: "2s", CANARY_TIMEOUT: "30s" };
/** More than one publisher can send, so that k6 drops iterations for lack of virtual users. */
const TOO_MUCH = { RUN_ID: OVERLOAD, RATE: "4000", EVENTS: "4000", WORKERS: "1" };

/** Starts everything and records it. */
export async function record(): Promise<Recording> {
  const running: { close(): Promise<unknown> }[] = [];
  const close = async () => {
    for (const each of running.splice(0).reverse()) await each.close();
  };
  try {
    const from = Date.now();
    const started = await startEverything((one) => running.push(one));
    await recordRuns(started);
    const { pulse, ethhook, ingest, signals, databases } = started;
    const receivers = [pulse, ethhook, ingest, signals].map(({ receiver }) => receiver.url);
    await Promise.all([...receivers.map(written), scraped(pulse.receiver.url, databases.prometheus.url)]);
    const chosen = {
      testid: [RUN, REDIS_RUN, INGEST_RUN, WEBHOOK_RUN, OVERLOAD],
      test: TESTS,
      scenario: ["smoke", "trials"],
      from,
      to: Date.now(),
    };
    const accounts = await Promise.all([
      accountOf(pulse.receiver.url, RUN),
      accountOf(ethhook.receiver.url, REDIS_RUN),
      accountOf(ingest.receiver.url, INGEST_RUN),
    ]);
    return { databases, chosen, accounts, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}

/**
 * Databases, a pipeline for every test, and a monitor of all targets. @param keep called for each service to be closed.
 */
async function startEverything(keep: (one: { close(): Promise<unknown> }) => void) {
  const kept = async <One extends { close(): Promise<unknown> }>(starting: Promise<One>): Promise<One> => {
    const one = await starting;
    keep(one);
    return one;
  };
  const database = async (starting: Promise<Database>) => {
    const one = await starting;
    keep({ close: one.stop });
    return one;
  };
  const influxdb = await database(startInfluxd());
  const flags = ["--influxdb", `${influxdb.url}/k6`];
  const [pulse, ethhook, ingest, signals] = await Promise.all([
    // One delivery in 300 is dropped, so that there is a fault to mark.
    kept(startTold(["drop=300"], flags)),
    kept(startEthhookPipeline(false, flags)),
    kept(startIngestPipeline(flags)),
    kept(startToldSignals(flags)),
  ]);
  const [delivering, target] = await Promise.all([
    ethhook.startTarget(),
    // Failing signals are measured, too, and slow ones leave k6 without free virtual users.
    signals.startTarget("--fault", "fail=30", "--fault", "delay=20"),
    ingest.startWorker("--batch-timeout", "300"),
  ]);
  const receivers = [pulse, ethhook, ingest, signals].map(({ receiver }) => receiver.url);
  const prometheus = await database(startPrometheus(receivers));
  const refusing = await kept(startRefusing());
  const health = await kept(watch([pulse.gateway, delivering, ingest.api, target]));
  const databases: Databases = { influxdb, prometheus };
  return { databases, pulse, ethhook, ingest, signals, target, refusing, health };
}

/** Signals whose logs are deleted with them. */
function startToldSignals(receiverFlags: readonly string[]) {
  return withLogs((logs) => startSignalsPipeline(root, logs, receiverFlags));
}

/** Monitors targets, and serves their health to tests. */
async function watch(targets: readonly { service: string; pid(): number | undefined }[]) {
  const monitors = await Promise.all(
    targets.map(({ service, pid }) =>
      startMonitor({ process: service, role: "target", watch: { pid: pid() as number }, everyMs: 1_000 }),
    ),
  );
  const server = await serveHealth(monitors, 0);
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await Promise.all(monitors.map((monitor) => monitor.stop()));
    },
  };
}

/** Statuses that the reference ingestor never gives to valid messages; 0 closes the connection instead. */
const REFUSALS = [422, 429, 503, 0];

/** An ingestor that slowly rejects every message, in a different way each time. */
async function startRefusing() {
  let messages = 0;
  const server = createServer(async (request, answer) => {
    if (request.method === "GET") return void answer.end("{}");
    const status = REFUSALS[messages++ % REFUSALS.length] as number;
    await pause(20);
    if (status === 0) request.destroy();
    else answer.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => server.close().closeAllConnections(),
  };
}

/** A short run of every test, sent to both databases at once. */
async function recordRuns({ databases, pulse, ethhook, ingest, signals, target, refusing, health }: TestStack) {
  const environment = {
    K6_PROMETHEUS_RW_SERVER_URL: `${databases.prometheus.url}/api/v1/write`,
    K6_PROMETHEUS_RW_TREND_STATS: TREND_STATS,
    K6_PROMETHEUS_RW_PUSH_INTERVAL: "1s",
  };
  // Boards read k6's own output, and values that our outputs aggregate before they leave k6.
  const run = async (name: string, variables: Record<string, string>, output = "influxdb") => {
    const K6_OUT = `${output}=${databases.influxdb.url}/k6,experimental-prometheus-rw`;
    const settings = { ...SETTLED, HEALTH_URL: health.url, ...variables };
    const { errors } = await runBundle(name, settings, "k6", { ...environment, K6_OUT });
    // Missed objectives are expected here; a database that rejects points is not.
    expect(errors.filter((error) => !error.startsWith("thresholds on metrics"))).toEqual([]);
  };
  const shared = { RUN_ID: RUN, RECEIVER_URL: pulse.receiver.url };
  const nats = { NATS_URL: pulse.nats.url, CREATE_STREAM: "1" };
  const short = { VUS: "6", DURATION: "90s", PING_EVERY: "500ms", END_WHEN_SETTLED: "1" };
  const redis = { REDIS_URL: ethhook.redis.url, RECEIVER_URL: ethhook.receiver.url };
  const ingestor = { INGEST_URL: ingest.api.url, RECEIVER_URL: ingest.receiver.url };
  const webhook = signals.variables(target);
  const { SIGNALS_EXECUTED_URL: _, RECEIVER_URL: __, ...alone } = webhook;
  await Promise.all([
    run("websocket", { ...shared, ...short, WS_URL: pulse.gateway.wsUrl as string }),
    run("nats", { ...shared, ...nats, RATE: "300", DURATION: "5s" }),
  ]);
  await Promise.all([
    run("http", { RUN_ID: RUN, HTTP_URL: pulse.gateway.url, DURATION: "4s", VUS: "2", THINK_TIME: "100ms" }),
    run("redis", { ...redis, RUN_ID: REDIS_RUN, EVENTS: "500", RATE: "200" }, "throughline"),
    run("ingest", { ...ingestor, RUN_ID: INGEST_RUN, EVENTS: "500", RATE: "200" }, "throughline"),
    run("webhook", {
      ...{ ...webhook, RUN_ID: WEBHOOK_RUN, DURATION: "2s" },
      ...{ TRIALS: "hft,limit,identical,access,memory", MEMORY_SIGNALS: "200" },
    }),
  ]);
  await Promise.all([
    run("nats", { ...nats, ...TOO_MUCH }),
    run("redis", { ...redis, ...TOO_MUCH, RECEIVER_URL: "none", STREAM: "overloaded" }, "throughline"),
    run("ingest", { ...TOO_MUCH, RECEIVER_URL: "none", INGEST_URL: refusing.url }, "throughline"),
    run("webhook", { ...alone, ...TOO_MUCH, SIGNAL_LIMIT: "1000", TRIALS: "none" }),
  ]);
}

/** Deadline for points to appear in a database. */
const DEADLINE_MS = 30_000;

/** Waits until a receiver has written everything. */
async function written(receiver: string): Promise<void> {
  const health = async () =>
    (await (await fetch(`${receiver}/health`)).json()) as { influxdb: { written: number; waiting: number } };
  const deadline = Date.now() + DEADLINE_MS;
  let last = (await health()).influxdb.written;
  // A settled run is written once more, at its end, and not again.
  for (let same = 0; same < 15; await pause(100)) {
    const { influxdb } = await health();
    expect(influxdb).toMatchObject({ dropped: 0, failures: 0 });
    same = influxdb.written === last && influxdb.waiting === 0 ? same + 1 : 0;
    last = influxdb.written;
    if (Date.now() > deadline) throw new Error(`receiver ${receiver} is still writing: ${JSON.stringify(influxdb)}`);
  }
}

/** Waits until Prometheus has scraped a receiver after the end of its run. */
async function scraped(receiver: string, prometheus: string): Promise<void> {
  const query = encodeURIComponent(`throughline_settled_timestamp_ms{instance="${new URL(receiver).host}"}`);
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(100)) {
    const answer = (await (await fetch(`${prometheus}/api/v1/query?query=${query}`)).json()) as DatabaseAnswer["raw"];
    if (JSON.stringify(answer).includes('"value"')) return;
  }
  throw new Error(`Prometheus has not asked receiver ${receiver} since its run ended`);
}

async function accountOf(receiver: string, run: string): Promise<Account> {
  return (await (await fetch(`${receiver}/runs/${run}`)).json()) as Account;
}
