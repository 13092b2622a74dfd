import { Command, InvalidArgumentError } from "commander";
import { CHAIN_NUMBERS, type ChainNumbers, STREAM } from "../../workload/wire/pulse.ts";
import { complaining, readHost } from "../commandline.ts";
import { describeFaults, PULSE_FAULTS, type PulseFaults, parseFaults } from "../faults.ts";

/** What the command line says. */
export interface Flags {
  readonly port: number;
  readonly host: string;
  readonly nats: string;
  readonly stream: string;
  readonly chainIds: ChainNumbers;
  readonly faults: PulseFaults;
  readonly exitWithStdin: boolean;
}

const USAGE_ERROR = 2;

/**
 * Reads the command line. A mistake in it, or a call for help, ends the process: a mistake with one
 * line that names the flag, its value and what is allowed, and exit code 2.
 */
export function readFlags(): Flags {
  const pairs = Object.entries(CHAIN_NUMBERS).map(([chain, number]) => `${chain}=${number}`);
  const command = new Command("pulse")
    .description("Reference gateway: canonical events from NATS JetStream to WebSocket subscribers.")
    .option("--port <number>", "port to listen on, 0 for a free one", readPort, 0)
    .option("--host <address>", "address to listen on", readHost, "127.0.0.1")
    .option("--nats <url>", "NATS server", readNatsUrl, "nats://127.0.0.1:4222")
    .option("--stream <name>", "JetStream stream with the events", readStream, STREAM)
    .option("--chain-ids <pairs>", `the chains and their numbers, instead of ${pairs.join(",")}`, readChainIds)
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(PULSE_FAULTS)}`)
    .configureOutput(complaining("pulse"))
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
  const { fault = [], chainIds = CHAIN_NUMBERS, exitWithStdin = false, ...rest } = command.parse().opts();
  return { ...rest, chainIds, exitWithStdin, faults: parseFaults(fault, PULSE_FAULTS) } as Flags;
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError("allowed is a whole number from 0 (any free port) to 65535");
}

function readNatsUrl(text: string): string {
  if (/^(nats|tls):\/\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is a URL such as nats://127.0.0.1:4222");
}

function readStream(text: string): string {
  if (/^[^\s.*>/\\]+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is a name without spaces and without any of . * > / \\");
}

function readChainIds(text: string): ChainNumbers {
  const numbers = new Map<string, number>();
  for (const pair of text.split(",")) {
    const [, name, digits] = /^([a-z0-9-]+)=(\d{1,15})$/.exec(pair) ?? [];
    if (name === undefined) throw new InvalidArgumentError("allowed are pairs such as ethereum=1,solana=2");
    const number = Number(digits);
    if (numbers.has(name) || [...numbers.values()].includes(number)) {
      throw new InvalidArgumentError("allowed is each chain and each number once");
    }
    numbers.set(name, number);
  }
  return Object.fromEntries(numbers);
}

/** Faults are read one by one, so that the message is about the one that is wrong. */
function collectFault(setting: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, setting];
  try {
    parseFaults(all, PULSE_FAULTS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return all;
}
