import { Option } from "commander";
import { number, serviceCommand, url } from "../../../target/commandline.ts";
import { parseFaults } from "../../../target/faults.ts";
import { type Manner, mannerOption } from "../../../target/manner.ts";
import { INGESTOR_FAULTS } from "./faults.ts";
import { type IngestorOptions, PARTS } from "./service.ts";

export type Flags = Omit<IngestorOptions, "log"> & { readonly exitWithStdin: boolean };

/** How long a last partial batch waits. */
const BATCH_TIMEOUT_MS: Readonly<Record<Manner, number>> = { contract: 1_000, real: 30_000 };

/** Parses the command line; for a mistake ends the process with one line. */
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
    .addOption(mannerOption())
    .option(
      "--batch-timeout <ms>",
      "after so long a batch is stored however small it is; 1000 unless told, 30000 as in the field",
      number(1, 60_000),
    );
  const { redis, database, fault = [], exitWithStdin = false, as, ...rest } = command.parse().opts();
  const batchTimeout = rest["batchTimeout"] ?? BATCH_TIMEOUT_MS[as as Manner];
  const faults = parseFaults(fault, INGESTOR_FAULTS);
  return { ...rest, batchTimeout, redisUrl: redis, databaseUrl: database, exitWithStdin, faults } as Flags;
}
