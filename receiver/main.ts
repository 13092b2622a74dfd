/** The receiver as a program: `node dist/node/receiver.js --port 4800`. */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import * as v from "valibot";
import type { AnyPipeline } from "../core/pipeline.ts";
import { withoutArguments } from "../core/redaction.ts";
import { COLUMNS, type Columns, isTableName, RECEIVED, readColumns, StorageProblem } from "../systems/farends.ts";
import { FarEndAccess } from "./access.ts";
import { type Bucket, type Database, readInfluxdb } from "./influxdb-address.ts";
import { MisbehaviourSchema, type MisbehaviourSettings } from "./misbehaviour.ts";
import { type ReceiverOptions, startReceiver } from "./server.ts";
import { SCHEME_NAMES, type SchemeName } from "./signatures/schemes.ts";
import { describeUncaught } from "./uncaught.ts";

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

function headerName(text: string): string {
  if (/^[A-Za-z0-9-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: a header's name.");
}

function status(text: string): number {
  if (/^2\d\d$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Allowed: a status from 200 to 299; --misbehave has the others.");
}

function url(text: string, ...schemes: string[]): string {
  if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
  throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes[0]}://.`);
}

const postgresUrl = (text: string) => url(text, "postgres", "postgresql");
const redisUrl = (text: string) => url(text, "redis", "rediss");

function tableName(text: string): string {
  if (isTableName(text)) return text;
  throw new InvalidArgumentError("Allowed: a name or schema.name of letters, digits and underscores.");
}

function columns(text: string): Columns {
  const read = readColumns(text);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(
    `Allowed: pairs with commas such as id=uuid,content=body, out of ${Object.keys(COLUMNS).join(", ")}; all but id and content may be none.`,
  );
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function script(text: string): MisbehaviourSettings {
  try {
    return v.parse(MisbehaviourSchema, JSON.parse(text));
  } catch (problem) {
    throw new InvalidArgumentError(problem instanceof Error ? problem.message : String(problem));
  }
}

function influxdbAddress(text: string): Database | Bucket {
  const read = readInfluxdb(text);
  if (read !== null) return read;
  throw new InvalidArgumentError(
    "Allowed: http:// or https://, host, port and the database's name as the path, or for InfluxDB 2 http://any:TOKEN@host:8086/?org=ORG&bucket=BUCKET; a % is written as %25.",
  );
}

const program = new Command("receiver")
  .description("Settles runs: takes what publishers and subscribers report and answers with the account.")
  .option("--host <address>", "address to listen on", address, "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 chooses a free one", portNumber, 4800)
  .addOption(
    new Option("--secret <text>", "what webhooks must be signed with; without it none is looked at, nor judged").env(
      "RECEIVER_SECRET",
    ),
  )
  .addOption(
    new Option("--signature <scheme>", "how webhooks are signed")
      .choices(SCHEME_NAMES)
      .default("hex")
      .env("RECEIVER_SIGNATURE"),
  )
  .option("--signature-header <name>", "the header of hex, sha256 and base64", headerName)
  .option("--answer-status <number>", "status of the answer to a webhook that is taken", status, RECEIVED.status)
  .option("--answer-body <text>", "body of that answer; may be empty", RECEIVED.body)
  .option(
    "--settle-at <url>",
    "another receiver that settles the runs; this one only takes webhooks for it",
    receiverUrl,
  )
  .option("--misbehave <json>", 'answer badly, e.g. {"unavailable":0.1,"notFound":0,"dropped":0,"delay":0}', script)
  .addOption(
    new Option("--influxdb <url>", "write the accounts there each second, e.g. http://localhost:8086/k6")
      .env("RECEIVER_INFLUXDB")
      .argParser(influxdbAddress),
  )
  .addOption(
    new Option("--database <url>", "PostgreSQL in which events become rows; a role that may only select is enough")
      .env("RECEIVER_DATABASE")
      .argParser(postgresUrl),
  )
  .addOption(new Option("--table <name>", "its table").argParser(tableName).default("messages").env("RECEIVER_TABLE"))
  .addOption(
    new Option("--columns <pairs>", "what its columns are called, e.g. id=uuid,content=body,user_id=none")
      .argParser(columns)
      .env("RECEIVER_COLUMNS"),
  )
  .addOption(
    new Option("--redis <url>", "Redis before that table, to account for what is pending and buffered")
      .env("RECEIVER_REDIS")
      .argParser(redisUrl),
  )
  .option("--pipeline <file>", "a pipeline of your own, as throughline build makes it; may be repeated", collect, [])
  .option("--exit-with-stdin", "stop when standard input closes, so that nothing outlives the parent")
  .allowExcessArguments(false)
  .configureOutput({ outputError: (text, write) => write(`${withoutArguments(text)}\n`) })
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : 2))
  .parse();

interface Flags extends Omit<ReceiverOptions, "signature"> {
  readonly signature: SchemeName;
  readonly signatureHeader?: string;
  readonly answerStatus: number;
  readonly answerBody: string;
  readonly database?: string;
  readonly table: string;
  readonly columns?: Columns;
  readonly redis?: string;
  readonly misbehave?: MisbehaviourSettings;
  readonly exitWithStdin?: boolean;
  readonly pipeline: readonly string[];
}

const {
  host,
  port,
  secret,
  signature: scheme,
  signatureHeader,
  answerStatus,
  answerBody,
  settleAt,
  misbehave,
  influxdb,
  ...flags
} = program.opts<Flags>();
const { database, table, columns: names, redis, exitWithStdin, pipeline: files } = flags;
if (redis !== undefined && database === undefined) program.error("error: --redis needs --database");
const storage = database === undefined ? undefined : { database, table, columns: names, redis };

if (files.length > 0) {
  const bundles = files.map((file) => resolve(file));
  process.on("uncaughtException", (problem) => {
    console.error(`receiver: ${describeUncaught(problem, fileURLToPath(import.meta.url), bundles)}`);
    process.exit(1);
  });
}

try {
  const pipelines = await Promise.all(files.map(loadPipeline));
  const receiver = await startReceiver({
    ...{ host, port, secret, settleAt, storage, influxdb, pipelines },
    misbehaviour: misbehave,
    signature: { scheme, header: signatureHeader },
    answer: { status: answerStatus, body: answerStatus === 204 ? "" : answerBody },
  });
  const stop = () => void receiver.close().then(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  if (exitWithStdin) process.stdin.once("end", stop).once("error", stop).resume();
  console.log(JSON.stringify({ service: "receiver", url: receiver.url }));
} catch (problem) {
  console.error(`receiver: ${reasonOf(problem)}`);
  process.exit(1);
}

/** @throws StorageProblem when there is no such file, or its code does not run. */
async function loadPipeline(file: string): Promise<AnyPipeline> {
  try {
    const { default: pipeline } = (await import(pathToFileURL(resolve(file)).href)) as { default: AnyPipeline };
    refuseUnusable(pipeline);
    return pipeline;
  } catch (problem) {
    if (problem instanceof StorageProblem) throw problem;
    throw new StorageProblem(
      `--pipeline ${file}: ${problem instanceof Error ? (problem.stack ?? problem.message) : problem}`,
    );
  }
}

/** A way in that cannot be used is told before a run needs it. */
function refuseUnusable(pipeline: AnyPipeline): void {
  try {
    new FarEndAccess(pipeline, process.env);
  } catch (problem) {
    throw new StorageProblem((problem as Error).message);
  }
}

/** A database that cannot be had says so by itself; whatever else goes wrong has to do with the address. */
function reasonOf(problem: unknown): string {
  const said = problem instanceof Error ? problem.message : String(problem);
  return problem instanceof StorageProblem ? said : `cannot listen on ${host}:${port}: ${said}`;
}
