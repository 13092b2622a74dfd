/** The reference gateway as a program: `pulse --nats nats://127.0.0.1:4222`. */
import { withoutCredentials } from "../../workload/redaction.ts";
import { readFlags } from "./flags.ts";
import { startGateway } from "./gateway.ts";

async function main(): Promise<void> {
  const { nats, stream, host, port, chainIds, faults, exitWithStdin } = readFlags();
  const log = process.stderr;
  const gateway = await startGateway({ natsUrl: nats, stream, host, port, chainNumbers: chainIds, faults, log });

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    gateway.close().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();

  process.stdout.write(`${JSON.stringify({ service: "pulse", url: gateway.url, wsUrl: gateway.wsUrl })}\n`);
}

function fail(error: Error): never {
  process.stderr.write(`pulse: ${withoutCredentials(error.message)}\n`);
  process.exit(1);
}

main().catch(fail);
