/** The reference signal webhook as a program: `signals --redis redis://127.0.0.1:6379 --workers 2`. */
import cluster from "node:cluster";
import { readFlags } from "./flags.ts";
import { startSignals } from "./service.ts";
import { supervise } from "./supervisor.ts";

const { exitWithStdin, workers, ...options } = readFlags();

async function main(): Promise<void> {
  if (cluster.isWorker) {
    // The supervisor decides when a worker ends; Ctrl-C in a terminal reaches both.
    process.on("SIGINT", () => {});
    const service = await startSignals(options);
    process.on("SIGTERM", () => service.close().then(() => process.exit(0), fail));
    return;
  }
  const { port, stop } = await supervise(workers);
  const end = () => stop().then(() => process.exit(0), fail);
  process.on("SIGTERM", end).on("SIGINT", end);
  if (exitWithStdin) process.stdin.on("end", end).on("error", end).resume();
  const url = `http://${options.host}:${port}`;
  process.stdout.write(`${JSON.stringify({ service: "signals", url, pid: process.pid })}\n`);
}

function fail(error: Error): never {
  process.stderr.write(`signals: ${error.message}\n`);
  process.exit(1);
}

main().catch(fail);
