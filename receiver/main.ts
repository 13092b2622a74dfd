/** The receiver as a program: `node dist/node/receiver.js --port 4800`. */
import { Command, InvalidArgumentError } from "commander";
import * as v from "valibot";
import { withoutArguments } from "../workload/redaction.ts";
import { type Database, readDatabase } from "./influxdb.ts";
import { MisbehaviourSchema, type MisbehaviourSettings } from "./misbehaviour.ts";
import { type ReceiverOptions, startReceiver } from "./server.ts";

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("Allowed: a whole number from 0 to 65535; 0 chooses a free port.");
}

/** Node would take an empty address for all of them. */
function address(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: the name or the address of a network interface.");
}

function receiverUrl(text: string): string {
  if (/^https?:\/\/[^\s/?#@]+\/*$/.test(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("Allowed: a URL such as http://127.0.0.1:4800.");
}

function script(text: string): MisbehaviourSettings {
  try {
    return v.parse(MisbehaviourSchema, JSON.parse(text));
  } catch (problem) {
    throw new InvalidArgumentError(problem instanceof Error ? problem.message : String(problem));
  }
}

function database(text: string): Database {
  const read = readDatabase(text);
  if (read !== null) return read;
  throw new InvalidArgumentError("Allowed: http:// or https://, host, port and the database's name as the path.");
}

const program = new Command("receiver")
  .description("Settles runs: takes what publishers and subscribers report and answers with the account.")
  .option("--host <address>", "address to listen on", address, "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 chooses a free one", portNumber, 4800)
  .option("--secret <text>", "what webhooks must be signed with; without it signatures are not looked at")
  .option(
    "--settle-at <url>",
    "another receiver that settles the runs; this one only takes webhooks for it",
    receiverUrl,
  )
  .option("--misbehave <json>", 'answer badly, e.g. {"unavailable":0.1,"notFound":0,"dropped":0,"delay":0}', script)
  .option("--influxdb <url>", "write the accounts there each second, e.g. http://localhost:8086/k6", database)
  .option("--exit-with-stdin", "stop when standard input closes, so that nothing outlives the parent")
  .allowExcessArguments(false)
  .configureOutput({ outputError: (text, write) => write(`${withoutArguments(text)}\n`) })
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : 2))
  .parse();

interface Flags extends ReceiverOptions {
  readonly misbehave?: MisbehaviourSettings;
  readonly exitWithStdin?: boolean;
}

const { host, port, secret, settleAt, misbehave, influxdb, exitWithStdin } = program.opts<Flags>();

try {
  const receiver = await startReceiver({ host, port, secret, settleAt, misbehaviour: misbehave, influxdb });
  const stop = () => void receiver.close().then(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  if (exitWithStdin) process.stdin.once("close", stop).resume();
  console.log(JSON.stringify({ service: "receiver", url: receiver.url }));
} catch (problem) {
  console.error(`receiver: cannot listen on ${host}:${port}: ${problem instanceof Error ? problem.message : problem}`);
  process.exit(1);
}
