import { Option } from "commander";
import { number, serviceCommand, url } from "../../../target/commandline.ts";
import { parseFaults } from "../../../target/faults.ts";
import { INGESTOR_FAULTS } from "./faults.ts";
import { type IngestorOptions, PARTS } from "./service.ts";

export type Flags = Omit<IngestorOptions, "log"> & { readonly exitWithStdin: boolean };

/** Reads the command line; ends the process with a line of help when it is wrong. */
export function readFlags(): Flags {
  const command = serviceCommand(
    "ingestor",
    "Reference ingestor: messages from HTTP through a Redis list into PostgreSQL.",
    INGESTOR_FAULTS,
    8000,
  )
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .requiredOption("--database <url>", "PostgreSQL database for the messages", url("postgres", "postgresql"))
    .addOption(new Option("--part <name>", "what this process runs").choices(PARTS).default("all"))
    .option("--batch-size <number>", "messages stored together", number(1, 10_000), 50)
    .option("--batch-timeout <ms>", "after so long a batch is stored however small it is", number(1, 60_000), 1_000);
  const { redis, database, fault = [], exitWithStdin = false, ...rest } = command.parse().opts();
  const faults = parseFaults(fault, INGESTOR_FAULTS);
  return { ...rest, redisUrl: redis, databaseUrl: database, exitWithStdin, faults } as Flags;
}
