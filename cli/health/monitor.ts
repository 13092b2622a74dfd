import { availableParallelism } from "node:os";
import type { WatchedHealth } from "../../core/health.ts";
import type { Result } from "../result.ts";
import { type Alert, Alerts, growthOf, type Response } from "./alerts.ts";
import { MOST_SAMPLES, thinned } from "./history.ts";
import { findLeak } from "./leak.ts";
import { MetricsPage } from "./prometheus.ts";
import { type HealthEvent, type HealthSample, type HealthSource, highest, type Watch } from "./sample.ts";
import { ProcessTree } from "./tree.ts";

/** The health of one watched process, as in a run's record. */
export type HealthRecord = Result["health"][number];

interface MonitorOptions {
  /** Its name in messages and in the record. */
  readonly process: string;
  readonly role: HealthRecord["role"];
  readonly watch: Watch;
  readonly everyMs: number;
  /** URL that is requested with every sample, to measure the response time. */
  readonly probe?: string | undefined;
  /** Cores that the process may use; by default all, or 1 for a URL. */
  readonly cores?: number | undefined;
  /** Called for each alert as it occurs. */
  readonly onAlert?: (alert: Alert) => void;
}

/** A running monitor. */
export interface Monitor {
  readonly process: string;
  readonly watch: Watch;
  /** What has happened so far. */
  events(): readonly HealthEvent[];
  alerts(): readonly Alert[];
  responses(): readonly Response[];
  record(): HealthRecord;
  /** The health over the last `seconds`. */
  health(seconds: number): WatchedHealth;
  /** Takes a last sample and ends. */
  stop(): Promise<HealthRecord>;
}

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Starts to monitor a process and its descendants.
 *
 * @throws an error when there is nothing to watch: no such process, no listener on the port, no response.
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { watch, everyMs, probe } = options;
  if (!("url" in watch) && process.platform !== "linux") {
    throw new Error(`processes are watched on Linux only, this is ${process.platform}; give the URL of its metrics`);
  }
  const source: HealthSource = "url" in watch ? new MetricsPage(watch.url) : new ProcessTree(watch);
  let samples: HealthSample[] = [];
  const events: HealthEvent[] = [];
  let responses: Response[] = [];
  const alerts: Alert[] = [];
  const watcher = new Alerts();
  const cpuLimit = 100 * (options.cores ?? ("url" in watch ? 1 : availableParallelism()));

  const look = async () => {
    const [reading, response] = await Promise.all([source.read(), probe === undefined ? null : ask(probe)]);
    samples.push(reading.sample);
    const { rssMb, alive = rssMb !== null } = reading.sample;
    const nothing = samples.length === 1 && !alive;
    if (nothing) throw new Error(`there is nothing to watch: ${described(watch)}, ${whyNot(watch, reading.events)}`);
    events.push(...reading.events);
    if (response !== null) responses.push(response);
    // A monitor may run for weeks, so memory and the time per sample must stay bounded.
    if (samples.length > MOST_SAMPLES) samples = thinned(samples);
    if (responses.length > MOST_SAMPLES) responses = responses.slice(MOST_SAMPLES / 2);
    for (const alert of watcher.look({ samples, events, responses, cpuLimit }, Date.now())) {
      alerts.push(alert);
      options.onAlert?.(alert);
    }
  };

  await look();
  /** If nothing can be read, as when file descriptors run out, there is no sample. */
  const lookOnce = () => look().catch(() => {});
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  const schedule = () => {
    timer = setTimeout(() => {
      looking = lookOnce().then(() => {
        if (!stopped) schedule();
      });
    }, everyMs);
  };
  schedule();

  const record = () => ({ process: options.process, role: options.role, samples: [...samples], events: [...events] });
  return {
    process: options.process,
    watch,
    events: () => events,
    alerts: () => alerts,
    responses: () => responses,
    record,
    health: (seconds) => {
      const from = Date.now() - seconds * 1000;
      const since = <Timed extends { at: number }>(all: readonly Timed[]) => all.filter(({ at }) => at >= from);
      const earlier = samples.filter(({ at }) => at < from).map(({ rssMb }) => rssMb ?? 0);
      return healthOf(options.process, since(samples), since(events), highest(earlier, 0));
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await lookOnce();
      return record();
    },
  };
}

/** The health over some samples and events. @param before the highest memory of the time before, in MB. */
export function healthOf(
  name: string,
  samples: readonly HealthSample[],
  events: readonly { kind: HealthEvent["kind"] }[],
  before = 0,
): WatchedHealth {
  const memory = samples.flatMap(({ at, rssMb }) => (rssMb === null ? [] : [{ at, mb: rssMb }]));
  return {
    process: name,
    samples: samples.filter(({ rssMb, alive }) => rssMb !== null || alive === true).length,
    memorySamples: memory.length,
    deaths: events.filter(({ kind }) => kind === "died" || kind === "silent").length,
    growthMb: growthOf(samples),
    leak: findLeak(memory, before),
  };
}

/** What is watched, for messages. */
export function described(watch: Watch): string {
  if ("pid" in watch) return `pid ${watch.pid}`;
  return "port" in watch ? `port ${watch.port}` : watch.url;
}

function whyNot(watch: Watch, events: readonly HealthEvent[]): string {
  if ("pid" in watch) return "no such process";
  return "port" in watch ? "no process that we may look at listens there" : (events[0]?.what ?? "it tells nothing");
}

async function ask(url: string): Promise<Response> {
  const started = performance.now();
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await answer.arrayBuffer();
    return { at: Date.now(), ms: answer.ok ? performance.now() - started : null };
  } catch {
    return { at: Date.now(), ms: null };
  }
}
