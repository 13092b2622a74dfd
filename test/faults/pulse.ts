/** Rows of the Pulse gateway and its surroundings: from NATS JetStream to WebSocket subscribers. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type JetStreamClient, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { programOf } from "../../cli/services.ts";
import { runNumber, type Trace } from "../../core/trace.ts";
import { pulseEvents } from "../../systems/pulse/pipeline.ts";
import { STREAM, SUBJECT, subjectsBelow } from "../../systems/pulse/wire.ts";
import type { Manner } from "../../target/manner.ts";
import { Clock } from "./faketime.ts";
import { RowRun } from "./k6run.ts";
import { type Conditions, Network } from "./network.ts";
import { Process } from "./process.ts";
import type { Subject } from "./row.ts";

type Variables = Readonly<Record<string, string>>;

/** What a row plants. */
export interface PulsePlant {
  /** Faults of the gateway, as in `drop=1000`. */
  readonly faults?: readonly string[];
  /** How the gateway behaves; by the contract by default. */
  readonly manner?: Manner;
  readonly websocket?: Variables;
  /** The bundle of websocket's clients, if it is not the default one. */
  readonly bundle?: string;
  readonly nats?: Variables;
  /** False for a run without a receiver: websocket.js judges alone. */
  readonly accounted?: boolean;
  /** Number of gateways that read the stream; subscribers connect to the first one. */
  readonly gateways?: number;
  /** Number of publishing processes; each publishes all events of the run. */
  readonly publishers?: number;
  /** The receiver uses a clock that can be set. */
  readonly clock?: true;
  /** The stream exists before the gateway starts, with this retention. */
  readonly made?: "limits" | "workqueue";
  /** Networks to the gateway, to NATS, to the receiver, and to the receiver as only the publisher sees it. */
  readonly networks?: {
    readonly websocket?: Conditions;
    readonly nats?: Conditions;
    readonly receiver?: Conditions;
    readonly publisher?: Conditions;
  };
  /** Done while the load runs. */
  readonly during?: (stage: PulseStage) => Promise<unknown>;
}

/** What a disturbance can use. */
export interface PulseStage {
  readonly run: RowRun;
  readonly nats: Process;
  readonly receiver: Process;
  readonly gateway: Process;
  readonly networks: { readonly websocket: Network; readonly nats: Network; readonly receiver: Network };
  /** Publishes events that no publisher of the run reports. */
  forge(...traces: Partial<Trace>[]): Promise<void>;
  /** Publishes a message as it is. */
  publish(subject: string, message: string): Promise<void>;
  /** Sets the receiver's clock `seconds` away from the correct time. */
  setClock(seconds: number): Promise<void>;
}

const SHORT = {
  nats: { RATE: "300", BATCH: "5", DURATION: "4s", CREATE_STREAM: "1", CANARY_TIMEOUT: "10s" },
  websocket: { VUS: "6", DURATION: "60s", PING_EVERY: "400ms", END_WHEN_SETTLED: "1" },
  both: { DRAIN_QUIET: "1500ms", DRAIN_TIMEOUT: "20s" },
};

/** Publisher numbers count up from 1; none gets this far. */
const STRANGER = 60_000;

let runs = 0;

export const pulse: Subject<PulsePlant> = {
  name: "pulse",
  open: async (root) => ({ run: (plant, folder) => runPulse(root, folder, plant), close: async () => {} }),
};

/** The same with a receiver whose clock can be set. */
export const pulseByClock: Subject<PulsePlant> = { ...pulse, needs: "faketime" };

async function runPulse(root: string, folder: string, plant: PulsePlant) {
  const running: { stop(): Promise<void> }[] = [];
  let logs = 0;
  const begin = async (name: string, command: readonly string[], environment = {}) => {
    const started = await Process.begin(name, command, join(folder, `${name}-${++logs}.log`), environment);
    running.push(started);
    return started;
  };
  const networkTo = async (url: string, conditions?: Conditions) => {
    const network = await Network.to(url, conditions);
    running.push({ stop: () => network.close() });
    return network;
  };
  try {
    const { faults = [], accounted = true, gateways = 1, networks = {}, manner = "contract" } = plant;
    await mkdir(join(folder, "stream"), { recursive: true });
    const clock = await Clock.in(folder);
    const [nats, receiver] = await Promise.all([
      begin("nats", [join(root, "bin/services"), "nats", "--store-dir", join(folder, "stream")]),
      begin("receiver", programOf(root, "receiver"), plant.clock === true ? clock.environment : {}),
    ]);
    if (plant.made !== undefined) await makeStream(nats.url, plant.made);
    const flags = ["--nats", nats.url, "--as", manner, ...faults.flatMap((fault) => ["--fault", fault])];
    const gateway = await begin("gateway", [...programOf(root, "pulse"), ...flags]);
    for (let more = 1; more < gateways; more++) await begin("gateway", [...programOf(root, "pulse"), ...flags]);
    const ways = {
      websocket: await networkTo(gateway.wsUrl, networks.websocket),
      nats: await networkTo(nats.url, networks.nats),
      receiver: await networkTo(receiver.url, networks.receiver),
    };

    const run = new RowRun(root, folder, `row-${process.pid}-${++runs}`, receiver.url);
    const receiverUrl = networks.receiver === undefined ? receiver.url : ways.receiver.url;
    const shared = { ...SHORT.both, RUN_ID: run.id, ...(accounted ? { RECEIVER_URL: receiverUrl } : {}) };
    const wsUrl = networks.websocket === undefined ? gateway.wsUrl : ways.websocket.url;
    const own = networks.publisher === undefined ? null : await networkTo(receiver.url, networks.publisher);
    const publishing = { ...shared, ...(own === null ? {} : { RECEIVER_URL: own.url }) };
    const natsUrl = networks.nats === undefined ? nats.url : ways.nats.url;
    const subscribing = { ...SHORT.websocket, ...shared, WS_URL: wsUrl, ...plant.websocket };
    run.start("websocket", subscribing, { bundle: plant.bundle });
    if (!accounted) await subscribed(gateway.url, Number(plant.websocket?.["VUS"] ?? SHORT.websocket.VUS));
    const ready = { READY_URL: `${gateway.url}/ready` };
    const { DURATION: _, ...timeless } = SHORT.nats;
    const short = plant.nats?.["BURST_CYCLES"] === undefined ? SHORT.nats : timeless;
    for (let place = 1; place <= (plant.publishers ?? 1); place++) {
      const results = place === 1 ? folder : join(folder, String(place));
      await mkdir(results, { recursive: true });
      run.start("nats", { ...short, ...publishing, ...ready, NATS_URL: natsUrl, ...plant.nats }, { results });
    }
    const stage: PulseStage = {
      ...{ run, nats, receiver, gateway, networks: ways, forge: forging(nats.url, run.id) },
      publish: (subject, message) => withStream(nats.url, (stream) => stream.publish(subject, message)),
      setClock: (seconds) => clock.set(seconds),
    };
    return await run.end(plant.during?.(stage) ?? Promise.resolve());
  } finally {
    await Promise.all(running.map((each) => each.stop()));
  }
}

/** Waits until a gateway has `count` subscriptions. */
async function subscribed(gateway: string, subscriptions: number): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(50)) {
    const answer = await fetch(`${gateway}/api/v1/correctness/status`);
    const { counts } = (await answer.json()) as { counts: { subscriptions: number } };
    if (counts.subscriptions >= subscriptions) return;
  }
  throw new Error(`there are not ${subscriptions} subscriptions`);
}

function forging(url: string, id: string): PulseStage["forge"] {
  const messages = pulseEvents({ seed: 1, chains: ["ethereum", "solana"] });
  return (...traces) =>
    withStream(url, async (stream) => {
      for (const changes of traces) {
        const trace = { run: runNumber(id), publisher: STRANGER, seq: 0, publishedAt: Date.now(), ...changes };
        const { subject, data } = messages.write(trace);
        await stream.publish(subject, data);
      }
    });
}

async function withStream(url: string, publish: (stream: JetStreamClient) => Promise<unknown>): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    await publish(jetstream(connection));
  } finally {
    await connection.close();
  }
}

async function makeStream(url: string, retention: NonNullable<PulsePlant["made"]>): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)], retention });
  } finally {
    await connection.close();
  }
}
