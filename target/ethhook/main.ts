/** The reference pipeline as a program: `ethhook --redis redis://127.0.0.1:6379 --database postgres://…`. */
import { withoutCredentials } from "../../workload/redaction.ts";
import { readFlags } from "./flags.ts";
import { startEthhook } from "./service.ts";

async function main(): Promise<void> {
  const { exitWithStdin, ...options } = readFlags();
  const ethhook = await startEthhook({ ...options, log: process.stderr });

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    ethhook.close().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();

  process.stdout.write(`${JSON.stringify({ service: "ethhook", url: ethhook.url })}\n`);
}

function fail(error: Error): never {
  process.stderr.write(`ethhook: ${withoutCredentials(error.message)}\n`);
  process.exit(1);
}

main().catch(fail);
