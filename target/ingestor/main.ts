/** The reference ingestor as a program: `ingestor --redis redis://127.0.0.1:6379 --database postgres://…`. */
import { readFlags } from "./flags.ts";
import { startIngestor } from "./service.ts";

async function main(): Promise<void> {
  const { exitWithStdin, ...options } = readFlags();
  const ingestor = await startIngestor({ ...options, log: process.stderr });

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    ingestor.close().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();

  process.stdout.write(`${JSON.stringify({ service: "ingestor", url: ingestor.url })}\n`);
}

function fail(error: Error): never {
  process.stderr.write(`ingestor: ${error.message}\n`);
  process.exit(1);
}

main().catch(fail);
