/** Rows of the gateway's HTTP endpoints, and of servers in front of them. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { programOf } from "../../cli/services.ts";
import { createStream, untilNotReading } from "../../systems/pulse/cli/stream.ts";
import type { Manner } from "../../target/manner.ts";
import { type Before, redirecting, slowTls } from "./hostileweb.ts";
import { RowRun } from "./k6run.ts";
import { Process } from "./process.ts";
import type { Subject } from "./row.ts";

export interface HttpPlant {
  /** Faults of the gateway, as in `not-ready`. */
  readonly faults?: readonly string[];
  /** How the gateway behaves; by the contract by default. */
  readonly manner?: Manner;
  readonly http?: Readonly<Record<string, string>>;
  /** The server in front of the gateway, and its delay in ms. */
  readonly before?: { readonly redirect: number } | { readonly tls: number };
  /** During the run the gateway is halted for this many ms. */
  readonly halted?: number;
  /** The broker is stopped before the run begins. */
  readonly brokerAway?: true;
  /** Number of file descriptors that k6 may open. */
  readonly descriptors?: number;
  /** Milliseconds after which the limit is lifted. */
  readonly regained?: number;
}

const SHORT = { VUS: "20", DURATION: "6s", THINK_TIME: "100ms" };
const OPEN = { RATE: "100", DURATION: "6s" };
const ENOUGH_DESCRIPTORS = 1_024;
/** During the load: setup is over by then. */
const MIDST_MS = 2_500;

export const http: Subject<HttpPlant> = {
  name: "http",
  open: async (root) => ({ run: (plant, folder) => runHttp(root, folder, plant), close: async () => {} }),
};

async function disturb(run: RowRun, gateway: Process, { halted, descriptors, regained }: HttpPlant) {
  if (halted !== undefined) await haltLater(gateway, halted);
  if (descriptors !== undefined) await limit(run, descriptors, regained);
}

/** Limits the descriptors of a running k6; only the soft limit, which any user may raise again. */
async function limit(run: RowRun, descriptors: number, regained: number | undefined): Promise<void> {
  let pids: number[] = [];
  for (; pids.length === 0; await pause(20)) pids = await run.k6("http");
  const set = async (limit: number | string) => {
    for (const pid of pids) await execa("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);
  };
  await set(descriptors);
  if (regained === undefined) return;
  await pause(regained);
  await set(ENOUGH_DESCRIPTORS);
}

async function runHttp(root: string, folder: string, plant: HttpPlant) {
  const running: Process[] = [];
  let before: Before | null = null;
  try {
    const services = [join(root, "bin/services"), "nats", "--store-dir", join(folder, "stream")];
    const nats = await Process.begin("nats", services, join(folder, "nats.log"));
    running.push(nats);
    const faults = (plant.faults ?? []).flatMap((fault) => ["--fault", fault]);
    const pulse = [...programOf(root, "pulse"), "--nats", nats.url, "--as", plant.manner ?? "contract", ...faults];
    const gateway = await Process.begin("gateway", pulse, join(folder, "gateway.log"));
    running.push(gateway);
    await createStream(nats.url, gateway.url, plant.manner);
    if (plant.brokerAway) {
      await nats.kill();
      await untilNotReading(gateway.url);
    }
    before = await standBefore(gateway.url, folder, plant.before);
    const run = new RowRun(root, folder, "none", gateway.url);
    const load = plant.http?.["RATE"] === undefined ? SHORT : OPEN;
    const trusting = before?.url.startsWith("https:") ? { K6_INSECURE_SKIP_TLS_VERIFY: "true" } : {};
    run.start("http", { ...load, HTTP_URL: before?.url ?? gateway.url, ...trusting, ...plant.http });
    return await run.end(disturb(run, gateway, plant));
  } finally {
    await before?.close();
    for (const each of running.reverse()) await each.stop();
  }
}

async function standBefore(url: string, folder: string, before: HttpPlant["before"]): Promise<Before | null> {
  if (before === undefined) return null;
  return "redirect" in before ? redirecting(url, before.redirect) : slowTls(url, before.tls, folder);
}

async function haltLater(gateway: Process, milliseconds: number): Promise<void> {
  await pause(MIDST_MS);
  await gateway.halt(milliseconds);
}
