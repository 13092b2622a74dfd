/** Helpers for tests of webhook.js: a pipeline for each file, its targets, and monitors. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, type TestContext } from "vitest";
import { type Service, startService } from "../../cli/service.ts";
import type { Summary } from "../../core/summary.ts";
import { type SignalsPipeline, startSignalsPipeline } from "../../systems/signals/cli/start.ts";
import { root, runBundle } from "./k6.ts";

/** The folder of the results of a file's runs; see {@link useSignals}. */
export let folder: string;
/** The pipeline of a file's tests; see {@link useSignals}. */
export let pipeline: SignalsPipeline;

/** Starts a pipeline for the tests of a file. */
export function useSignals(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "throughline-signals-"));
    pipeline = await startSignalsPipeline(root, folder);
  });
  afterAll(async () => {
    await pipeline?.close();
    await rm(folder, { recursive: true, force: true });
  });
}

/** A test's context, so that what it starts ends with it; other tests may run at the same time. */
export type Context = Pick<TestContext, "onTestFinished">;

/** Starts the target of a test, on its own port. */
export async function startTarget({ onTestFinished }: Context, ...flags: string[]): Promise<Service> {
  const target = await pipeline.startTarget(...flags);
  onTestFinished(() => target.stop());
  return target;
}

/** A monitor, and the folder of its reports. */
export type Monitor = Service & { readonly reports: string };

/** `throughline monitor` on the target's port, as a user starts it. */
export function startMonitor(context: Context, target: Service): Promise<Monitor> {
  return startMonitorOf(context, "--port", new URL(target.url).port);
}

/** The same on another process or address. */
export async function startMonitorOf({ onTestFinished }: Context, ...watched: string[]): Promise<Monitor> {
  const reports = await mkdtemp(join(folder, "monitor-"));
  const watch = ["monitor", ...watched, "--every", "200ms", "--serve", "0", "--out", reports];
  const command = [process.execPath, join(root, "dist/node/throughline.js"), ...watch];
  const monitor = await startService("monitor", command, join(reports, "log"));
  onTestFinished(() => monitor.stop());
  return { ...monitor, reports };
}

let runs = 0;

/** Runs webhook.js to its end. */
export async function run(target: Service, variables: Record<string, string> = {}) {
  const file = join(folder, `summary-${++runs}.json`);
  const outcome = await runBundle("webhook", {
    ...pipeline.variables(target),
    DRAIN_QUIET: "1s",
    SUMMARY: file,
    ...variables,
  });
  const text = await readFile(file, "utf8").catch(() => "null");
  return { ...outcome, text, summary: JSON.parse(text) as Summary };
}

/** A very short load, before the trials under test. */
export const SHORT = { DURATION: "1s" };
