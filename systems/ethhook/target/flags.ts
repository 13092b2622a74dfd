import { Option } from "commander";
import { number, serviceCommand, url } from "../../../target/commandline.ts";
import { parseFaults } from "../../../target/faults.ts";
import { mannerOption } from "../../../target/manner.ts";
import { EVENT_STREAM } from "../wire.ts";
import { ETHHOOK_FAULTS } from "./faults.ts";
import { type EthhookOptions, PARTS } from "./service.ts";

export type Flags = Omit<EthhookOptions, "log"> & { readonly exitWithStdin: boolean };

/** Parses the command line; for a mistake ends the process with one line. */
export function readFlags(): Flags {
  const command = serviceCommand(
    "ethhook",
    "Reference pipeline: log entries from a Redis stream to webhooks.",
    ETHHOOK_FAULTS,
  )
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .requiredOption("--database <url>", "PostgreSQL database with the endpoints", url("postgres", "postgresql"))
    .option("--stream <key>", "stream with the events", EVENT_STREAM)
    .addOption(new Option("--part <name>", "what this process runs").choices(PARTS).default("all"))
    .option("--name <name>", "name among processes of the same part", "1")
    .addOption(mannerOption())
    .option("--concurrency <number>", "deliveries at the same time", number(1, 10_000), 50);
  const { redis, database, fault = [], exitWithStdin = false, as, ...rest } = command.parse().opts();
  const faults = parseFaults(fault, ETHHOOK_FAULTS);
  return { ...rest, manner: as, redisUrl: redis, databaseUrl: database, exitWithStdin, faults } as Flags;
}
