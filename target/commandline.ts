/** Common parts of the services as programs: command lines, start and stop. */
import { Command, InvalidArgumentError } from "commander";
import { complaint } from "../core/complaint.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { describeFaults, type FaultTable, parseFaults } from "./faults.ts";

const USAGE_ERROR = 2;

/**
 * The command line of a service, to which it adds options. A mistake ends the process with exit code 2 and one line
 * that names the flag, its value and what is allowed.
 */
export function serviceCommand(name: string, description: string, faults: FaultTable, port = 0): Command {
  /** Faults are parsed one by one, so that the message names the invalid one. */
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
      // One line without secrets.
      outputError: (text, write) => write(`${complaint(text, name)}\n`),
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
}

/** Parses a whole number. */
export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed is a whole number from ${least} to ${most}`);
  };
}

/** Parses a URL with one of the schemes. */
export function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
    throw new InvalidArgumentError(`allowed is a URL that starts with ${schemes[0]}://`);
  };
}

/** Node would treat an empty address as all interfaces. */
function readHost(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is the name or the address of a network interface");
}

/** A running service. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Runs a service until it is stopped: prints its address as one line of JSON, and stops in order.
 *
 * @param announce further fields of that line.
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
    // What it waits for may never come, and it serves nobody yet.
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

/** Ends the process with an error. */
export function fail(name: string, error: Error): never {
  process.stderr.write(`${name}: ${withoutCredentials(error.message)}\n`);
  process.exit(1);
}
