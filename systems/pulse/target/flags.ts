import { InvalidArgumentError } from "commander";
import { serviceCommand } from "../../../target/commandline.ts";
import { parseFaults } from "../../../target/faults.ts";
import { type Manner, mannerOption } from "../../../target/manner.ts";
import { CHAIN_NUMBERS, type ChainNumbers, STREAM, SUBJECT } from "../wire.ts";
import { PULSE_FAULTS, type PulseFaults } from "./faults.ts";

/** The command line. */
export interface Flags {
  readonly port: number;
  readonly host: string;
  readonly nats: string;
  readonly stream: string;
  readonly subject: string;
  readonly manner: Manner;
  readonly chainIds: ChainNumbers;
  readonly faults: PulseFaults;
  readonly exitWithStdin: boolean;
}

/** Parses the command line; for a mistake ends the process with one line. */
export function readFlags(): Flags {
  const pairs = Object.entries(CHAIN_NUMBERS).map(([chain, number]) => `${chain}=${number}`);
  const description = "Reference gateway: canonical events from NATS JetStream to WebSocket subscribers.";
  const command = serviceCommand("pulse", description, PULSE_FAULTS)
    .option("--nats <url>", "NATS server", readNatsUrl, "nats://127.0.0.1:4222")
    .option("--stream <name>", "JetStream stream with the events", readStream, STREAM)
    .option("--subject <prefix>", "what the subjects of events start with", readSubject, SUBJECT)
    .addOption(mannerOption())
    .option("--chain-ids <pairs>", `the chains and their numbers, instead of ${pairs.join(",")}`, readChainIds);
  const { fault = [], chainIds = CHAIN_NUMBERS, exitWithStdin = false, as, ...rest } = command.parse().opts();
  return { ...rest, manner: as, chainIds, exitWithStdin, faults: parseFaults(fault, PULSE_FAULTS) } as Flags;
}

function readNatsUrl(text: string): string {
  if (/^(nats|tls):\/\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is a URL such as nats://127.0.0.1:4222");
}

function readStream(text: string): string {
  if (/^[^\s.*>/\\]+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is a name without spaces and without any of . * > / \\");
}

function readSubject(text: string): string {
  if (/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(text)) return text;
  throw new InvalidArgumentError("allowed are names with dots between them, such as events.canonical");
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
