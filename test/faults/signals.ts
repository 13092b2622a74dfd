/** Rows of the signal webhook: the reference target, and a health monitor. */
import { join } from "node:path";
import { type Service, startService } from "../../cli/service.ts";
import { type SignalsPipeline, startSignalsPipeline } from "../../systems/signals/cli/start.ts";
import type { Manner } from "../../target/manner.ts";
import { RowRun } from "./k6run.ts";
import type { Subject } from "./row.ts";

/** What a row plants. */
export interface SignalsPlant {
  /** Faults of the target, as in `no-limit`. */
  readonly faults?: readonly string[];
  /** How the target behaves; by the contract by default. */
  readonly manner?: Manner;
  readonly webhook: Readonly<Record<string, string>>;
  /** There is no list of executed signals. */
  readonly unlisted?: true;
  /** A monitor watches the processes of the target. */
  readonly watched?: boolean;
}

/** Enough samples for each objective of the load. */
const SHORT = { RATE: "20", DURATION: "6s", DRAIN_QUIET: "1s" };

let runs = 0;

export const signals: Subject<SignalsPlant> = {
  name: "signals",
  needs: "redis-server",
  open: async (root, folder) => {
    const pipeline = await startSignalsPipeline(root, folder);
    return {
      run: (plant, results) => runSignals(root, results, pipeline, plant),
      close: () => pipeline.close(),
    };
  },
};

async function runSignals(root: string, folder: string, pipeline: SignalsPipeline, plant: SignalsPlant) {
  const started: Service[] = [];
  const keep = async (service: Promise<Service>) => {
    started.push(await service);
    return service;
  };
  try {
    const { faults = [], manner = "contract" } = plant;
    const flags = ["--as", manner, ...faults.flatMap((fault) => ["--fault", fault])];
    const target = await keep(pipeline.startTarget(...flags));
    const watch = ["monitor", "--port", new URL(target.url).port, "--every", "200ms", "--serve", "0", "--out", folder];
    const command = [process.execPath, join(root, "dist/node/throughline.js"), ...watch];
    const monitor =
      plant.watched === true ? await keep(startService("monitor", command, join(folder, "monitor.log"))) : null;
    const run = new RowRun(root, folder, `row-${process.pid}-s${++runs}`, pipeline.receiver.url);
    const { SIGNALS_EXECUTED_URL: listed = "", ...known } = pipeline.variables(target);
    const joining = plant.unlisted ? { RECEIVER_URL: "none" } : { SIGNALS_EXECUTED_URL: listed };
    run.start("webhook", {
      ...SHORT,
      ...known,
      ...joining,
      RUN_ID: run.id,
      ...(monitor === null ? {} : { HEALTH_URL: monitor.url }),
      ...plant.webhook,
    });
    return await run.end(Promise.resolve());
  } finally {
    for (const service of started.reverse()) await service.stop();
  }
}
