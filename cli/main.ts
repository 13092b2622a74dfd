/** The `throughline` command. */
import { join } from "node:path";
import { Command } from "commander";
import { addBaselineCommands } from "./baseline/command.ts";
import { demo } from "./demo.ts";
import { addReportCommand } from "./report/command.ts";
import { type EthhookSetup, setupEthhook } from "./setup/ethhook.ts";

/** Where the repository is, seen from dist/node/. */
const root = join(import.meta.dirname, "../..");

const USAGE_ERROR = 2;
const INVALID = 3;

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The first signal lets everything end in order; with the second one nobody waits any longer.
  process.on(signal, () => (interrupted.signal.aborted ? process.exit(INVALID) : interrupted.abort()));
}

// Whoever reads the output may stop early, as head does; the exit code is still the verdict's.
process.stdout.on("error", () => undefined);

const program = new Command("throughline")
  .description("Load tests for event pipelines that account for every event.")
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : USAGE_ERROR));

program
  .command("demo")
  .description("start a pipeline of NATS, gateway and receiver, run http, nats and websocket on it, and judge it")
  .option("--fault <name=value>", "plant a fault in the gateway, e.g. drop=1000; may be repeated", collect, [])
  .action(async ({ fault }: { fault: string[] }) => {
    process.exitCode = await demo(root, fault, interrupted.signal);
  });

addReportCommand(program, root);
addBaselineCommands(program, root);

const setup = program.command("setup").description("prepare a pipeline for its load test");

setup
  .command("ethhook")
  .description("set up the load test's user, application and endpoints in EthHook's PostgreSQL; may be repeated")
  .requiredOption("--database <url>", "the database, e.g. postgres://user:password@localhost:5432/ethhook")
  .option("--receiver-url <url>", "the receiver that the webhooks go to", "http://127.0.0.1:4800")
  .option("--secret <text>", "what webhooks are signed with; the receiver needs the same", "throughline")
  .option("--never-matching", "also set up an endpoint that must never be told anything", false)
  .action(async (options: EthhookSetup) => {
    for (const name of await setupEthhook(options)) console.log(name);
  });

try {
  await program.parseAsync();
} catch (problem) {
  console.error(`throughline: ${problem instanceof Error ? problem.message : String(problem)}`);
  process.exitCode = INVALID;
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
