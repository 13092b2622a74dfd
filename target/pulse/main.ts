/** The reference gateway as a program: `pulse --nats nats://127.0.0.1:4222`. */
import { Command, InvalidArgumentError } from "commander";
import { CHAIN_NUMBERS, type ChainNumbers, STREAM } from "../../workload/wire/pulse.ts";
import { describeFaults, PULSE_FAULTS, parseFaults } from "../faults.ts";
import { startGateway } from "./gateway.ts";

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly nats: string;
  readonly stream: string;
  readonly chainIds?: ChainNumbers;
  readonly fault?: readonly string[];
  readonly exitWithStdin?: true;
}

const USAGE_ERROR = 2;

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
  const given = text.split(",").map((pair) => /^([\w-]+)=(\d{1,15})$/.exec(pair));
  if (given.some((pair) => pair === null)) {
    throw new InvalidArgumentError("allowed are chain=number pairs such as ethereum=1,solana=2");
  }
  const numbers: Record<string, number> = { ...CHAIN_NUMBERS };
  for (const pair of given) if (pair !== null) numbers[pair[1] as string] = Number(pair[2]);
  const owners = new Map<number, string>();
  for (const [chain, number] of Object.entries(numbers)) {
    const owner = owners.get(number);
    if (owner !== undefined)
      throw new InvalidArgumentError(`two chains, ${owner} and ${chain}, would be number ${number}`);
    owners.set(number, chain);
  }
  return numbers;
}

function collectFault(setting: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, setting];
  try {
    parseFaults(all, PULSE_FAULTS);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return all;
}

function readFlags(): Flags {
  const pairs = Object.entries(CHAIN_NUMBERS).map(([chain, number]) => `${chain}=${number}`);
  const command = new Command("pulse")
    .description("Reference gateway: canonical events from NATS JetStream to WebSocket subscribers.")
    .option("--port <number>", "port to listen on, 0 for a free one", readPort, 0)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--nats <url>", "NATS server", readNatsUrl, "nats://127.0.0.1:4222")
    .option("--stream <name>", "JetStream stream with the events", readStream, STREAM)
    .option("--chain-ids <pairs>", `other numbers of chains than ${pairs.join(",")}`, readChainIds)
    .option("--fault <name[=value]>", "plant a fault; may be given several times", collectFault)
    .option("--exit-with-stdin", "stop when standard input closes")
    .allowExcessArguments(false)
    .addHelpText("after", `\nFaults:\n${describeFaults(PULSE_FAULTS)}`)
    .configureOutput({
      outputError: (text, write) => write(`${text.trimEnd().replace(/^error/, "pulse")}; see pulse --help\n`),
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
  return command.parse().opts<Flags>();
}

async function main(): Promise<void> {
  const flags = readFlags();
  const gateway = await startGateway({
    natsUrl: flags.nats,
    stream: flags.stream,
    host: flags.host,
    port: flags.port,
    chainNumbers: flags.chainIds ?? CHAIN_NUMBERS,
    faults: parseFaults(flags.fault ?? [], PULSE_FAULTS),
    log: process.stderr,
  });

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    gateway.close().then(
      () => process.exit(0),
      (error: Error) => fail(error),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (flags.exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();

  process.stdout.write(`${JSON.stringify({ service: "pulse", url: gateway.url, wsUrl: gateway.wsUrl })}\n`);
}

function fail(error: Error): never {
  process.stderr.write(`pulse: ${error.message}\n`);
  process.exit(1);
}

main().catch(fail);
