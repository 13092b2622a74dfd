/** `throughline run` and its flags. */
import { type Command, Option } from "commander";
import { RUN_ID } from "../../core/runid.ts";
import { URL_NAMES } from "../../systems/kinds.ts";
import { MANNERS, type Manner } from "../../target/manner.ts";
import { type Config, present, readConfig } from "../config.ts";
import { receiverPortOption, repeatable, whole } from "../options.ts";
import { findSubject, onlyOwn } from "../own/subject.ts";
import type { Request } from "./request.ts";
import { run } from "./run.ts";
import { addressed } from "./shell.ts";
import { describePipelines } from "./subject.ts";

/** The values of the flags. */
export interface Flags {
  readonly scenario?: string;
  readonly url: readonly string[];
  readonly rate?: string;
  readonly duration?: string;
  readonly events?: string;
  readonly instances?: number;
  readonly fault: readonly string[];
  readonly as?: Manner;
  readonly out?: string;
  readonly runId?: string;
  readonly set: readonly string[];
  readonly config?: string;
  readonly yes?: boolean;
  readonly verbose?: boolean;
  readonly receiverPort?: number;
  readonly [url: `${string}Url`]: string | undefined;
}

const EXAMPLES = `
What runs: a pipeline with all its tests, or some tests of one:
${describePipelines()}

Without an address the reference target is started. Flags after -- go to k6. Variables and addresses are also read from the
environment, as THROUGHLINE_NAME: secrets belong there.

Examples:
  throughline run orders --rate 50 --duration 30s    a pipeline of your own, declared in orders.pipeline.ts
  throughline run pipeline --scenario smoke
  throughline run pipeline --duration 10s --rate 500 --fault drop=1000
  throughline run pipeline --as real
  throughline run http --http-url https://gateway.example --scenario load --yes
  throughline run websocket nats --ws-url wss://gateway.example/ws --nats-url nats://nats.example:4222
  throughline run ethhook --events 1000 --instances 2 --set SLO_ACCOUNT_DELIVERY_MEAN_MS_VALUE=200
  throughline run ingest --events 500 --rate 200 --fault drop=100
  throughline run ingest --ingest-url https://ingest.example --receiver-url http://localhost:4800 --scenario load --yes
  throughline run webhook --set TRIALS=limit,headers
  throughline run http --http-url http://localhost:8080 -- --out json=samples.json

Exit codes: 0 PASS, 1 FAIL, 2 wrong usage, 3 INVALID.`;

/** Adds the command. @param interrupted stops a run in order. */
export function addRunCommand(program: Command, root: string, interrupted: AbortSignal): void {
  const command = program
    .command("run")
    .description("start what is missing, run tests together, and judge them")
    .argument(
      "[what...]",
      "a pipeline, or tests of one; without it what throughline.config.json says, or the one pipeline of this folder",
    )
    .option("--scenario <profile>", "how the load moves over time")
    .addOption(repeatable("--url <name=value>", `address of the target, by name: ${URL_NAMES.join(", ")}`));
  for (const name of URL_NAMES) command.option(`--${name}-url <url>`, `the same as --url ${name}=<url>`);
  command
    .option("--rate <number>", 'events per second, or "max"')
    .option("--duration <time>", "length of the load, as in 30s or 5m")
    .option("--events <number>", "exact number of events")
    .option("--instances <number>", "k6 processes that share the load of each test (default: 1)", whole(64))
    .addOption(
      repeatable(
        "--fault <name=value>",
        "plant a fault in the reference target, as in drop=1000; docs/faults.md has them all",
      ),
    )
    .addOption(
      new Option(
        "--as <manner>",
        "the reference target behaves as the contract has it, or as the system in the field",
      ).choices(MANNERS),
    )
    .addOption(receiverPortOption())
    .option("--out <folder>", "where results go (default: results)")
    .option("--run-id <id>", "name of the run; made up when absent")
    .addOption(repeatable("--set <NAME=VALUE>", "a variable, or test.NAME=VALUE for one test"))
    .option("--yes", "consent to more load than smoke on a target that is not on this machine (ALLOW_REMOTE=1)")
    .option("--verbose", "say every objective, not only those that are not met")
    .option(
      "--config <file>",
      "a file with the same settings as these flags (default: throughline.config.json, if there is one)",
    )
    .addHelpText("after", EXAMPLES)
    .action(async (given: string[], flags: Flags) => {
      const { names, k6 } = split(given);
      const config = await readConfig(flags.config);
      const what = names.length > 0 ? names : (config?.run ?? (await onlyOwn(root, config)));
      const subject = await findSubject(root, what, config);
      process.exitCode = await run(
        root,
        {
          subject,
          request: addressed(requestOf(flags, config), subject),
          out: flags.out ?? config?.out ?? "results",
          runId: runId(flags.runId),
          flags: k6,
          verbose: flags.verbose === true,
        },
        interrupted,
      );
    });
}

/** Splits off arguments behind `--`, which go to k6. */
function split(given: readonly string[]): { names: readonly string[]; k6: readonly string[] } {
  const end = process.argv.indexOf("--");
  const k6 = end < 0 ? [] : process.argv.slice(end + 1);
  return { names: given.slice(0, given.length - k6.length), k6 };
}

/** The request for a run: flags, with a config's values as defaults. */
export function requestOf(flags: Flags, config: Config | null): Request {
  const text = (value: string | number | undefined) => (value === undefined ? undefined : String(value));
  const rest = Object.entries(config?.set ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    scenario: flags.scenario ?? config?.scenario,
    urls: { ...present(config?.urls), ...urlsOf(flags) },
    rate: flags.rate ?? text(config?.rate),
    duration: flags.duration ?? config?.duration,
    events: flags.events ?? text(config?.events),
    instances: flags.instances ?? config?.instances ?? 1,
    receiverPort: flags.receiverPort ?? config?.receiverPort,
    faults: flags.fault,
    manner: flags.as,
    // Later settings of the same name win.
    set: [...rest, ...flags.set],
    environment: process.env,
    consent: flags.yes === true,
  };
}

function urlsOf(flags: Flags): Record<string, string> {
  const urls: Record<string, string> = {};
  for (const setting of flags.url) {
    const [, name, value] = /^([a-z]+)=(.+)$/.exec(setting) ?? [];
    if (name === undefined || value === undefined) throw new RangeError(`--url ${setting}: allowed: name=value`);
    urls[name] = value;
  }
  for (const name of URL_NAMES) {
    const value = flags[`${name}Url`];
    if (value !== undefined) urls[name] = value;
  }
  return urls;
}

function runId(given: string | undefined): string | undefined {
  if (given === undefined || RUN_ID.test(given)) return given;
  throw new RangeError(`--run-id ${given}: allowed: letters, digits, dots, dashes and underscores, at most 64`);
}
