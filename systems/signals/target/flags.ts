import { number, serviceCommand, url } from "../../../target/commandline.ts";
import { parseFaults } from "../../../target/faults.ts";
import { mannerOption } from "../../../target/manner.ts";
import { SIGNALS_FAULTS } from "./faults.ts";
import type { SignalsOptions } from "./service.ts";

export type Flags = SignalsOptions & { readonly workers: number; readonly exitWithStdin: boolean };

/** Parses the command line; for a mistake ends the process with one line. */
export function readFlags(): Flags {
  const command = serviceCommand(
    "signals",
    "Reference signal webhook: logins, webhooks, a limit of 10 requests a second, idempotency.",
    SIGNALS_FAULTS,
  )
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .option("--workers <number>", "processes that serve the port together", number(1, 64), 2)
    .addOption(mannerOption())
    .option("--user <name>", "the only user", "trader")
    .option("--password <text>", "password of the user", "throughline");
  const { redis, fault = [], exitWithStdin = false, as, ...rest } = command.parse().opts();
  return { ...rest, manner: as, redisUrl: redis, exitWithStdin, faults: parseFaults(fault, SIGNALS_FAULTS) } as Flags;
}
