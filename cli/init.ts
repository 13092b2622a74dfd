/** `throughline init`: writes a config for a user's system. */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { suggestion } from "../core/nearest.ts";
import { PREFIX } from "../core/ownvariables.ts";
import { secretsInUrl } from "../core/secrets.ts";
import { URL_NAMES } from "../systems/kinds.ts";
import { CONFIG_FILE, type Config, present } from "./config.ts";
import { writeFileWhole } from "./files.ts";
import { ENTRANCES } from "./own/entrances.ts";
import { EXITS, exitsOfKind } from "./own/exits.ts";
import { compareSample } from "./own/sample.ts";
import { template } from "./own/templates.ts";
import { planRun } from "./run/plan.ts";
import { SUBJECTS, type Subject, subjectOf } from "./run/subject.ts";

const EXAMPLES = `
Examples:
  throughline init
  throughline init http --http-url https://gateway.example
  throughline init orders --from nats --to table
  throughline init orders --from http --to webhook --sent message.json --received webhook.json
  throughline init websocket nats --ws-url wss://gateway.example/ws --nats-url nats://nats.example:4222

throughline run then reads ${CONFIG_FILE} of the folder it is started in; flags come before it.`;

/** Packages that a pipeline file imports besides this one, by its far end. */
const PACKAGES: Readonly<Record<string, string>> = { table: "pg @types/pg", stream: "@nats-io/transport-node" };

interface Flags {
  readonly scenario?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly sent?: string;
  readonly received?: string;
  readonly [url: `${string}Url`]: string | undefined;
}

/** Adds the command. */
export function addInitCommand(program: Command, root: string): void {
  const command = program
    .command("init")
    .description(`write ${CONFIG_FILE} for a test of the suite, or with --from a pipeline file of your own`)
    .argument("[what...]", "what is to run (default: pipeline); with --from the new pipeline's name")
    .option(
      "--from <how>",
      `write a pipeline file instead, whose events are published by one of: ${Object.keys(ENTRANCES).join(", ")}`,
    )
    .option("--to <where>", `and observed at one of: ${Object.keys(EXITS).join(", ")}`)
    .option("--sent <file>", "one message of yours: the pipeline's events are made like it")
    .option("--received <file>", "and what came of it: a frame, a webhook's headers and body, or a row")
    .option("--scenario <profile>", "how the load moves over time", "smoke");
  for (const name of URL_NAMES) command.option(`--${name}-url <url>`, `address of ${name}`);
  command
    .option("--force", `replace a ${CONFIG_FILE} that is there`)
    .addHelpText("after", EXAMPLES)
    .action(async (given: string[], flags: Flags) => {
      const { from, to, sent, received } = flags;
      if ([from, to, sent, received].some((flag) => flag !== undefined)) return writePipeline(given, flags);
      const what = given.length > 0 ? given : ["pipeline"];
      refuseOwn(what);
      if (existsSync(CONFIG_FILE) && flags.force !== true) {
        throw new RangeError(`${CONFIG_FILE} exists; --force replaces it`);
      }
      const subject = subjectOf(what);
      const config = configOf(subject, what, flags, root);
      // Only write what `run` would accept.
      const request = { scenario: config.scenario, urls: present(config.urls), instances: 1, faults: [], set: [] };
      planRun(subject, { ...request, consent: true });
      await writeFileWhole(resolve(CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
      console.log(`${CONFIG_FILE} is written; now: npx throughline doctor, then npx throughline run`);
    });
}

/** Writes a pipeline file to be edited. @throws RangeError for a value that is not allowed, or an existing file. */
async function writePipeline(given: string[], flags: Flags): Promise<void> {
  const { from = "http", to = "webhook", force, sent, received } = flags;
  const name = nameOf(given, from, to);
  if (!Object.hasOwn(ENTRANCES, from))
    throw new RangeError(`--from ${from}: allowed: ${Object.keys(ENTRANCES).join(", ")}`);
  if (!Object.hasOwn(EXITS, to)) {
    const named = exitsOfKind(to);
    const known = named.length === 0 ? "" : `; of the kind ${to}: ${named.join(", ")}`;
    throw new RangeError(`--to ${to}: allowed: ${Object.keys(EXITS).join(", ")}${known}`);
  }
  const file = `${name}.pipeline.ts`;
  if (existsSync(file) && force !== true) throw new RangeError(`${file} exists; --force replaces it`);
  if ((sent === undefined) !== (received === undefined)) {
    throw new RangeError("--sent and --received: one message and what came of it; give both or none");
  }
  const compared = sent === undefined ? null : await compareSample(sent, received as string);
  for (const line of compared?.says ?? []) console.log(line);
  await writeFileWhole(resolve(file), template(name, from, to, compared?.sample));
  const isCounted = compared?.sample.spelled === null && to !== "table";
  const needed = PACKAGES[isCounted ? "count" : to];
  if (needed !== undefined) console.log(`it imports a package of its own: npm install --save-dev ${needed}`);
  console.log(
    `${file} is written, with events that go in by ${from} and ${isCounted ? "are counted where they come out" : `come out by ${to}`}: edit it, then npx throughline doctor ${name}, then npx throughline run ${name}`,
  );
}

/** The name of a new pipeline, by which `run` and `doctor` will find it. @throws RangeError for any other. */
function nameOf(given: readonly string[], from: string, to: string): string {
  const [name, ...others] = given;
  if (name === undefined) {
    throw new RangeError(`init: names no pipeline: throughline init orders --from ${from} --to ${to}`);
  }
  if (others.length > 0) throw new RangeError(`init ${given.join(" ")}: allowed: one name for one pipeline file`);
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    throw new RangeError(`init ${name}: allowed: a name of small letters, digits and dashes, at most 40`);
  }
  if (!SUBJECTS.includes(name)) return name;
  throw new RangeError(`init ${name}: the suite has a test of that name, which run ${name} starts; give it another`);
}

/** A config is for a test of the suite. @throws RangeError that says how a pipeline of one's own is begun. */
function refuseOwn(what: readonly string[]): void {
  const unknown = what.find((name) => !SUBJECTS.includes(name));
  if (unknown === undefined) return;
  throw new RangeError(
    `init ${unknown}: ${suggestion(unknown, SUBJECTS)}; a pipeline of your own: throughline init ${unknown} --from http --to webhook`,
  );
}

function configOf({ kind }: Subject, what: string[], flags: Flags, root: string): Config {
  const given = [...Object.keys(kind.urls), "receiver"].flatMap((name) => {
    const url = flags[`${name}Url`];
    if (url !== undefined && secretsInUrl(url).length > 0) {
      const variable = PREFIX + (kind.urls[name] ?? "RECEIVER_URL");
      throw new RangeError(`--${name}-url: holds a secret, which is not written to a file: set ${variable} instead`);
    }
    return url === undefined ? [] : [[name, url]];
  });
  return {
    $schema: join(relative(process.cwd(), root) || ".", "docs/config.schema.json"),
    run: what,
    scenario: flags.scenario as string,
    ...(given.length === 0 ? {} : { urls: Object.fromEntries(given) as Record<string, string> }),
    instances: 1,
    out: "results",
    set: {},
  };
}
