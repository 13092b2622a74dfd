/** The reference signal webhook as a program: `signals --redis redis://127.0.0.1:6379 --workers 2`. */
import cluster from "node:cluster";
import { fail, serve } from "../../../target/commandline.ts";
import { readFlags } from "./flags.ts";
import { startSignals } from "./service.ts";
import { supervise } from "./supervisor.ts";

const { exitWithStdin, workers, ...options } = readFlags();

async function main(): Promise<void> {
  if (cluster.isWorker) {
    // The supervisor decides when a worker ends; Ctrl-C in a terminal reaches both.
    process.on("SIGINT", () => {});
    const service = await startSignals(options);
    process.on("SIGTERM", () =>
      service.close().then(
        () => process.exit(0),
        (error: Error) => fail("signals", error),
      ),
    );
    return;
  }
  const started = async () => {
    const { port, stop } = await supervise(workers);
    return { url: `http://${options.host}:${port}`, close: stop };
  };
  await serve("signals", exitWithStdin, started, ({ url }) => ({ url, pid: process.pid }));
}

main().catch((error: Error) => fail("signals", error));
