import { type HealthEvent, type HealthReading, type HealthSample, type HealthSource, MB } from "./sample.ts";

const TIMEOUT_MS = 5_000;

/** Names under which client libraries export metrics of their own process; the first one present is used. */
const NAMES = {
  cpuSeconds: ["process_cpu_seconds_total"],
  rssBytes: ["process_resident_memory_bytes"],
  threads: ["process_threads", "process_num_threads", "jvm_threads_current", "go_threads", "dotnet_total_threads"],
  fds: ["process_open_fds"],
  connections: ["process_open_connections", "http_connections_active"],
  startedAt: ["process_start_time_seconds"],
} as const;

type ProcessMetrics = Readonly<Record<keyof typeof NAMES, number | null>>;

/** Parses a page in Prometheus' text format; series with labels are summed. */
export function readMetrics(text: string): ProcessMetrics {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)/.exec(line) ?? [];
    if (name !== undefined && Number.isFinite(Number(value))) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const first = (names: readonly string[]) =>
    names.map((name) => sums.get(name)).find((one) => one !== undefined) ?? null;
  return Object.fromEntries(Object.entries(NAMES).map(([what, names]) => [what, first(names)])) as ProcessMetrics;
}

/** Monitors a process by the metrics that it exports: on any system, and on other machines. */
export class MetricsPage implements HealthSource {
  private readonly url: string;
  private last: { at: number; metrics: ProcessMetrics } | null = null;
  private silent = false;

  constructor(url: string) {
    this.url = url;
  }

  async read(): Promise<HealthReading> {
    const metrics = await this.ask();
    const at = Date.now();
    if (typeof metrics === "string") {
      const events: HealthEvent[] = this.silent ? [] : [{ at, kind: "silent", what: `does not answer: ${metrics}` }];
      this.silent = true;
      return { sample: { at, cpu: null, rssMb: null, threads: null, fds: null, connections: null }, events };
    }
    const events: HealthEvent[] = [];
    const before = this.last;
    if (this.silent) events.push({ at, kind: "back", what: "answers again" });
    this.silent = false;
    this.last = { at, metrics };
    const restarted = before !== null && before.metrics.startedAt !== metrics.startedAt;
    if (restarted) events.push({ at, kind: "died", what: "died: it was started again" });
    return { sample: sampleOf(at, metrics, restarted ? null : before), events };
  }

  private async ask(): Promise<ProcessMetrics | string> {
    try {
      const answer = await fetch(this.url, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { Accept: "text/plain" },
      });
      if (!answer.ok) return `status ${answer.status}`;
      return readMetrics(await answer.text());
    } catch (problem) {
      const { message, cause } = problem as Error;
      return cause instanceof Error ? cause.message : message;
    }
  }
}

function sampleOf(
  at: number,
  metrics: ProcessMetrics,
  before: { at: number; metrics: ProcessMetrics } | null,
): HealthSample {
  const { cpuSeconds, rssBytes, threads, fds, connections } = metrics;
  const used = cpuSeconds === null ? null : cpuSeconds - (before?.metrics.cpuSeconds ?? Number.NaN);
  const cpu = used === null || before === null || at <= before.at ? null : (used * 100_000) / (at - before.at);
  if (rssBytes === null) return { at, cpu, rssMb: null, threads, fds, connections, alive: true };
  return { at, cpu, rssMb: rssBytes / MB, threads, fds, connections };
}
