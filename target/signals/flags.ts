import { Command, InvalidArgumentError } from "commander";
import { describeFaults, parseFaults, SIGNALS_FAULTS } from "../faults.ts";
import type { SignalsOptions } from "./service.ts";

export type Flags = SignalsOptions & { readonly workers: number; readonly exitWithStdin: boolean };

const USAGE_ERROR = 2;

/** Reads the command line; ends the process with a line of help when it is wrong. */
export function readFlags(): Flags {
  const command = new Command("signals")
    .description("Reference signal webhook: logins, webhooks, a limit of 10 requests a second, idempotency.")
    .option("--port <number>", "port to listen on, 0 for a free one", number(0, 65_535), 0)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--redis <url>", "Redis server", url("redis", "rediss"), "redis://127.0.0.1:6379")
    .option("--workers <number>", "processes that serve the port together", number(1, 64), 2)
    .option("--user <name>", "the only user", "trader")
    .option("--password <text>", "password of the user", "throughline")
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(SIGNALS_FAULTS)}`)
    .configureOutput({
      outputError: (text, write) => write(`${text.trimEnd().replace(/^error/, "signals")}; see signals --help\n`),
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
  const { redis, fault = [], exitWithStdin = false, ...rest } = command.parse().opts();
  return { ...rest, redisUrl: redis, exitWithStdin, faults: parseFaults(fault, SIGNALS_FAULTS) } as Flags;
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
    parseFaults(all, SIGNALS_FAULTS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return all;
}
