/** The receiver as a program: `node dist/node/receiver.js --port 4800`. */

import { Command, InvalidArgumentError, Option } from "commander";
import { complaint } from "../core/complaint.ts";
import { suggestion } from "../core/nearest.ts";
import { messageOf } from "../core/problem.ts";
import { isServiceLink } from "../core/servicelink.ts";
import { addFlags, readFlags } from "./farends.ts";
import { type Bucket, type Database, readInfluxdb } from "./influxdb-address.ts";
import { FarEndProblem } from "./kind.ts";
import { type ReceiverOptions, startReceiver } from "./server.ts";

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("Allowed: a whole number from 0 to 65535; 0 chooses a free port.");
}

/** Node would treat an empty address as all interfaces. */
function address(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: the name or the address of a network interface.");
}

function influxdbAddress(text: string): Database | Bucket {
  const read = readInfluxdb(text);
  if (read !== null) return read;
  throw new InvalidArgumentError(
    "Allowed: http:// or https://, host, port and the database's name as the path, or for InfluxDB 2 http://any:TOKEN@host:8086/?org=ORG&bucket=BUCKET; a % is written as %25.",
  );
}

const program = new Command("throughline receiver")
  .description("Settles runs: takes what publishers and subscribers report and answers with the account.")
  .option("--host <address>", "address to listen on", address, "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 chooses a free one", portNumber, 4800)
  .addOption(
    new Option("--influxdb <url>", "write the accounts there each second, e.g. http://localhost:8086/k6")
      .env("RECEIVER_INFLUXDB")
      .argParser(influxdbAddress),
  )
  .option("--exit-with-stdin", "stop when standard input closes, so that nothing outlives the parent")
  .allowExcessArguments(false)
  .configureOutput({
    outputError: (text, write) => write(`${complaint(text, "receiver")}\n`),
  })
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : 2));
addFlags(program);
program.parse();
refuseUnknown(program.options.flatMap(({ envVar }) => envVar ?? []));

interface Flags extends Pick<ReceiverOptions, "host" | "port" | "influxdb"> {
  readonly exitWithStdin?: boolean;
}

const { host, port, influxdb, exitWithStdin } = program.opts<Flags>();

try {
  const farEnds = await readFlags(program.opts());
  const receiver = await startReceiver({ host, port, influxdb, farEnds });
  const stop = () => void receiver.close().then(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  if (exitWithStdin) process.stdin.once("end", stop).once("error", stop).resume();
  console.log(JSON.stringify({ service: "receiver", url: receiver.url }));
} catch (problem) {
  if (problem instanceof InvalidArgumentError) program.error(`error: ${problem.message}`);
  console.error(`receiver: ${reasonOf(problem)}`);
  process.exit(1);
}

/** Rejects unknown variables with our prefix, except RECEIVER_URL, which publishers use, and those of Kubernetes. */
function refuseUnknown(known: readonly string[]): void {
  const isOthers = (name: string) =>
    name === "RECEIVER_URL" ||
    (isServiceLink(name) && (name !== "RECEIVER_PORT" || /^\w+:/.test(process.env[name] ?? "")));
  const unknown = Object.keys(process.env).find(
    (name) => name.startsWith("RECEIVER_") && !known.includes(name) && !isOthers(name),
  );
  if (unknown !== undefined) program.error(`error: ${unknown}: unknown variable; ${suggestion(unknown, known)}`);
}

/** A far end's own error explains itself; other errors are about the address. */
function reasonOf(problem: unknown): string {
  const message = messageOf(problem);
  return problem instanceof FarEndProblem ? message : `cannot listen on ${host}:${port}: ${message}`;
}
