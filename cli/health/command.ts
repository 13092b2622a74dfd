import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isDuration, parseDuration } from "../../core/shape.ts";
import { EXIT_CODES, type Verdict } from "../../core/verdict.ts";
import { makeFolders, writeFileWhole } from "../files.ts";
import { repeatable } from "../options.ts";
import { type Alert, growthOf } from "./alerts.ts";
import { described, type Monitor, startMonitor } from "./monitor.ts";
import { reportOf } from "./report.ts";
import type { Watch } from "./sample.ts";
import { serveHealth } from "./serve.ts";

interface Flags {
  readonly pid: readonly number[];
  readonly port: readonly number[];
  readonly url: readonly string[];
  readonly probe?: string;
  readonly cores?: number;
  readonly every: number;
  readonly for?: number;
  readonly out: string;
  readonly serve?: number;
  readonly exitWithStdin?: boolean;
}

const STATUS_EVERY_MS = 10_000;

const EXAMPLES = `
Examples, beside a test or as a service that tests ask by HEALTH_URL:
  throughline monitor --port 8080 --for 5m
  throughline monitor --pid 4711 --cores 4 --serve 9464`;

/** Adds `monitor` to the command line. @param interrupted ends a monitor that has no `--for`. */
export function addMonitorCommand(program: Command, interrupted: AbortSignal): void {
  program
    .command("monitor")
    .description("watch a process beside a test: CPU, memory, threads, descriptors, connections, deaths and leaks")
    .addOption(repeatable("--pid <number>", "a process and its descendants", whole(1)))
    .addOption(repeatable("--port <number>", "whatever listens on a TCP port here", whole(1)))
    .addOption(repeatable("--url <url>", "what a process tells of itself, in Prometheus' format", web))
    .option("--probe <url>", "ask this with every sample and take the time of the answer", web)
    .option("--cores <number>", "cores that the process may use, for the CPU alert", whole(1))
    .addOption(new Option("--every <duration>", "pause between samples").argParser(duration).default(250, "250ms"))
    .option("--for <duration>", "end after so long, e.g. 5m; without it Ctrl-C ends it", duration)
    .option("--out <folder>", "where server_health_report_<time>.json is written", "results")
    .option("--serve <port>", "answer tests at this port, for their HEALTH_URL; 0 chooses a free one", whole(0))
    .option("--exit-with-stdin", "stop when standard input closes")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: Flags, command: Command) => {
      process.exitCode = await watch(flags, watchesOf(flags, command), interrupted);
    });
}

function watchesOf({ pid, port, url }: Flags, command: Command): Watch[] {
  const watches: Watch[] = [
    ...pid.map((one) => ({ pid: one })),
    ...port.map((one) => ({ port: one })),
    ...url.map((one) => ({ url: one })),
  ];
  if (watches.length === 0) command.error("error: nothing to watch: give --pid, --port or --url, one for each process");
  return watches;
}

/** Starts all monitors; if one cannot be started, stops the others. */
async function startAll(flags: Flags, watches: readonly Watch[]): Promise<Monitor[]> {
  const monitors: Monitor[] = [];
  try {
    for (const what of watches) {
      const process = described(what);
      const onAlert = ({ level, what: text }: Alert) => say(`${level.toUpperCase()}  ${process}: ${text}`);
      const { every: everyMs, probe, cores } = flags;
      monitors.push(await startMonitor({ process, role: "target", watch: what, everyMs, probe, cores, onAlert }));
    }
    return monitors;
  } catch (problem) {
    await stopAll(monitors);
    throw problem;
  }
}

async function stopAll(monitors: readonly Monitor[]): Promise<void> {
  for (const monitor of monitors) await monitor.stop();
}

/** Serves the monitors; if the port cannot be opened, stops them. */
async function serve(monitors: readonly Monitor[], port: number) {
  try {
    return await serveHealth(monitors, port);
  } catch (problem) {
    await stopAll(monitors);
    throw problem;
  }
}

/** Monitors until the time is over or it is interrupted, then writes the reports. @returns the exit code. */
async function watch(flags: Flags, watches: readonly Watch[], interrupted: AbortSignal): Promise<number> {
  await makeFolders(flags.out);
  const monitors = await startAll(flags, watches);
  const server = flags.serve === undefined ? null : await serve(monitors, flags.serve);
  if (server !== null) console.log(JSON.stringify({ service: "monitor", url: server.url }));
  say(`watching ${watches.map(described).join(", ")} every ${flags.every / 1000} s`);
  const status = setInterval(() => say(monitors.map(statusOf).join("; ")), STATUS_EVERY_MS);
  await ended(flags, interrupted);
  clearInterval(status);
  await server?.close();
  await stopAll(monitors);

  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const verdicts: Verdict[] = [];
  let written = true;
  for (const [place, monitor] of monitors.entries()) {
    const number = monitors.length === 1 ? "" : `-${place + 1}`;
    const report = reportOf(monitor);
    verdicts.push(report.verdict);
    printReport(monitor, report);
    const file = join(flags.out, `server_health_report_${time}${number}.json`);
    await writeFileWhole(file, `${JSON.stringify(report, null, 2)}\n`).then(
      () => say(`  ${file}`),
      (problem: Error) => {
        written = false;
        say(problem.message);
      },
    );
  }
  if (verdicts.includes("FAIL")) return EXIT_CODES.FAIL;
  return written && !verdicts.includes("INVALID") ? EXIT_CODES.PASS : EXIT_CODES.INVALID;
}

/** Prints a summary of the report of one process. */
function printReport(monitor: Monitor, report: ReturnType<typeof reportOf>): void {
  const { max_memory_mb, memory_growth_mb, max_cpu_percent, deaths, restarts, leak, total_alerts } = report.summary;
  say(`${report.verdict}  ${monitor.process}`);
  for (const reason of report.reasons) say(`  - ${reason}`);
  say(
    `  CPU at most ${shown(max_cpu_percent, "%")}, memory at most ${shown(max_memory_mb, "MB")}, ` +
      `grown by ${shown(memory_growth_mb, "MB")}, ${leak.finding}; ${deaths} deaths, ${restarts} restarts, ${total_alerts} alerts`,
  );
}

function ended(flags: Flags, interrupted: AbortSignal): Promise<void> {
  const over = new AbortController();
  interrupted.addEventListener("abort", () => over.abort());
  if (flags.exitWithStdin) {
    process.stdin
      .on("end", () => over.abort())
      .on("error", () => over.abort())
      .resume();
  }
  // Without `--for`: the longest timer of Node, 24.8 days.
  return pause(Math.min(flags.for ?? 2 ** 31 - 1, 2 ** 31 - 1), undefined, { signal: over.signal }).catch(() => {});
}

function statusOf(monitor: Monitor): string {
  const { samples } = monitor.record();
  const last = samples.at(-1);
  return (
    `${monitor.process}: CPU ${shown(last?.cpu ?? null, "%")}, memory ${shown(last?.rssMb ?? null, "MB")} ` +
    `(grown by ${shown(growthOf(samples), "MB")}), ${last?.threads ?? "-"} threads, ${last?.fds ?? "-"} descriptors, ` +
    `${last?.connections ?? "-"} connections`
  );
}

function shown(value: number | null, unit: string): string {
  return value === null ? "-" : `${value.toFixed(1)} ${unit}`;
}

function say(text: string): void {
  console.error(`throughline: ${text}`);
}

function whole(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`allowed is a whole number from ${least}`);
  };
}

function duration(text: string): number {
  if (isDuration(text) && parseDuration(text) > 0) return parseDuration(text) * 1000;
  throw new InvalidArgumentError("allowed is a duration above zero such as 500ms, 30s or 5m");
}

function web(text: string): string {
  if (/^https?:\/\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is a URL that starts with http:// or https://");
}
