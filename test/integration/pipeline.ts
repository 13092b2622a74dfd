import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Service, startService } from "../../cli/service.ts";
import { type K6Outcome, root, runBundle } from "./k6.ts";

/** A whole pipeline on free ports: NATS JetStream, gateway and receiver, each a process of its own. */
export interface Pipeline {
  readonly nats: Service;
  readonly gateway: Service;
  readonly receiver: Service;
  close(): Promise<void>;
}

/** Starts a pipeline. @param faults planted in the gateway, as in `drop=1000`. */
export async function startPipeline(...faults: string[]): Promise<Pipeline> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-pipeline-"));
  const started: Service[] = [];
  const close = async () => {
    for (const service of started.reverse()) await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (name: string, ...command: string[]) => {
    const service = await startService(name, command, join(folder, `${name}.log`));
    started.push(service);
    return service;
  };
  const node = (program: string) => [process.execPath, join(root, `dist/node/${program}.js`), "--port", "0"];
  try {
    const nats = await start("nats", join(root, "bin/services"), "nats", "--port", "0", "--store-dir", folder);
    const receiver = await start("receiver", ...node("receiver"));
    const planted = faults.flatMap((fault) => ["--fault", fault]);
    const gateway = await start("gateway", ...node("pulse"), "--nats", nats.url, ...planted);
    return { nats, gateway, receiver, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}

/** Variables of a short run: a few seconds, few enough events for a test, enough for every sample floor. */
const SHORT = {
  nats: { RATE: "500", DURATION: "6s", CREATE_STREAM: "1", DRAIN_QUIET: "2s" },
  websocket: { VUS: "10", DURATION: "90s", PING_EVERY: "500ms", END_WHEN_SETTLED: "1", DRAIN_QUIET: "2s" },
};

let runs = 0;

/** The id that the next run will have. */
export function nextRunId(): string {
  return `test-${process.pid}-${runs + 1}`;
}

/** Publishes and subscribes at the same time, as one run that the pipeline's receiver settles. */
export async function runPipeline(
  { nats, gateway, receiver }: Pipeline,
  variables: { nats?: Record<string, string>; websocket?: Record<string, string> } = {},
): Promise<{ run: string; nats: K6Outcome; websocket: K6Outcome }> {
  const run = nextRunId();
  runs++;
  const shared = { RUN_ID: run, RECEIVER_URL: receiver.url };
  const [websocket, published] = await Promise.all([
    runBundle("websocket", { ...SHORT.websocket, ...shared, WS_URL: gateway.wsUrl as string, ...variables.websocket }),
    runBundle("nats", { ...SHORT.nats, ...shared, NATS_URL: nats.url, ...variables.nats }),
  ]);
  return { run, nats: published, websocket };
}
