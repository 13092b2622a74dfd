import { type Pipeline, startPipeline as start } from "../../systems/pulse/cli/start.ts";
import { type K6Outcome, root, runBundle } from "./k6.ts";
import { withLogs } from "./logs.ts";
import { untimed } from "./untimed.ts";

/** Starts a pipeline whose logs are deleted with it. @param faults of the gateway, as in `drop=1000`. */
export function startPipeline(...faults: string[]): Promise<Pipeline> {
  return startTold(faults, []);
}

/** The same with more flags for the receiver. */
export function startTold(faults: readonly string[], receiverFlags: readonly string[]): Promise<Pipeline> {
  const planted = faults.flatMap((fault) => ["--fault", fault]);
  return withLogs((logs) => start(root, logs, planted, receiverFlags));
}

/** Variables of a short run: few events, but enough for every sample floor. */
const SHORT = {
  nats: { RATE: "500", BATCH: "10", DURATION: "3s", CREATE_STREAM: "1", DRAIN_QUIET: "2s" },
  websocket: { VUS: "10", DURATION: "90s", PING_EVERY: "250ms", END_WHEN_SETTLED: "1", DRAIN_QUIET: "2s" },
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
  const id = nextRunId();
  runs++;
  const run = (test: "websocket" | "nats", all: Record<string, string>) => runBundle(test, untimed(test, all));
  const shared = { RUN_ID: id, RECEIVER_URL: receiver.url };
  const [websocket, published] = await Promise.all([
    run("websocket", { ...SHORT.websocket, ...shared, WS_URL: gateway.wsUrl as string, ...variables.websocket }),
    run("nats", { ...SHORT.nats, ...shared, NATS_URL: nats.url, ...variables.nats }),
  ]);
  return { run: id, nats: published, websocket };
}
