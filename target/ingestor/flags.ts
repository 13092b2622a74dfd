import { Command, InvalidArgumentError, Option } from "commander";
import { describeFaults, INGESTOR_FAULTS, parseFaults } from "../faults.ts";
import { type IngestorOptions, PARTS } from "./service.ts";

export type Flags = Omit<IngestorOptions, "log"> & { readonly exitWithStdin: boolean };

const USAGE_ERROR = 2;

/** Reads the command line; ends the process with a line of help when it is wrong. */
export function readFlags(): Flags {
  const command = new Command("ingestor")
    .description("Reference ingestor: messages from HTTP through a Redis list into PostgreSQL.")
    .option("--port <number>", "port to listen on, 0 for a free one", number(0, 65_535), 8000)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .requiredOption("--database <url>", "PostgreSQL database for the messages", url("postgres", "postgresql"))
    .addOption(new Option("--part <name>", "what this process runs").choices(PARTS).default("all"))
    .option("--batch-size <number>", "messages stored together", number(1, 10_000), 50)
    .option("--batch-timeout <ms>", "after so long a batch is stored however small it is", number(1, 60_000), 1_000)
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(INGESTOR_FAULTS)}`)
    .configureOutput({
      outputError: (text, write) => write(`${text.trimEnd().replace(/^error/, "ingestor")}; see ingestor --help\n`),
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
  const { redis, database, fault = [], exitWithStdin = false, ...rest } = command.parse().opts();
  const faults = parseFaults(fault, INGESTOR_FAULTS);
  return { ...rest, redisUrl: redis, databaseUrl: database, exitWithStdin, faults } as Flags;
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed is a whole number from ${least} to ${most}`);
  };
}

function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
    throw new InvalidArgumentError(`allowed is a URL that starts with ${schemes[0]}://`);
  };
}

/** Faults are read one by one, so that the message is about the one that is wrong. */
function collectFault(setting: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, setting];
  try {
    parseFaults(all, INGESTOR_FAULTS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return all;
}
