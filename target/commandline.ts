/** What the services have in common as programs: their command lines, and how they start and stop. */
import { Command, InvalidArgumentError } from "commander";
import { complaint } from "../core/complaint.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { describeFaults, type FaultTable, parseFaults } from "./faults.ts";

const USAGE_ERROR = 2;

/**
 * The command line of a service, to which it adds its own options. A mistake in it, or a call for help, ends
 * the process: a mistake with one line that names the flag, its value and what is allowed, and exit code 2.
 */
export function serviceCommand(name: string, description: string, faults: FaultTable, port = 0): Command {
  /** Faults are read one by one, so that the message is about the one that is wrong. */
  const collectFault = (setting: string, before: readonly string[] = []): readonly string[] => {
    const all = [...before, setting];
    try {
      parseFaults(all, faults);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
    return all;
  };
  return new Command(name)
    .description(description)
    .option("--port <number>", "port to listen on, 0 for a free one", number(0, 65_535), port)
    .option("--host <address>", "address to listen on", readHost, "127.0.0.1")
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(faults)}`)
    .configureOutput({
      // In one line that shows no secret.
      outputError: (text, write) => write(`${complaint(text, name)}\n`),
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
}

/** Reads a whole number. */
export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed is a whole number from ${least} to ${most}`);
  };
}

/** Reads an address of one of the given schemes. */
export function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
    throw new InvalidArgumentError(`allowed is a URL that starts with ${schemes[0]}://`);
  };
}

/** Node would take an empty address for all interfaces. */
function readHost(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is the name or the address of a network interface");
}

/** A service that runs. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Runs a service until it is told to stop: says where it is on one line, and ends in order.
 *
 * @param announce what the line holds beside the name.
 */
export async function serve<Service extends Closable>(
  name: string,
  exitWithStdin: boolean,
  start: () => Promise<Service>,
  announce: (service: Service) => object,
): Promise<void> {
  let service: Service | null = null;
  let stopping = false;
  const stop = () => {
    // What it waits for may never come, and nothing of it serves anybody yet.
    if (service === null) process.exit(0);
    if (stopping) return;
    stopping = true;
    service.close().then(
      () => process.exit(0),
      (error: Error) => fail(name, error),
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();
  try {
    service = await start();
    process.stdout.write(`${JSON.stringify({ service: name, ...announce(service) })}\n`);
  } catch (error) {
    fail(name, error as Error);
  }
}

/** Ends the process with what went wrong. */
export function fail(name: string, error: Error): never {
  process.stderr.write(`${name}: ${withoutCredentials(error.message)}\n`);
  process.exit(1);
}
