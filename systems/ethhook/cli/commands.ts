/** `throughline setup` prepares a pipeline for its load test, `throughline endpoints` reads its endpoints. */
import { type Command, Option } from "commander";
import { writeFileWhole } from "../../../cli/files.ts";
import { url } from "../../../cli/options.ts";
import { ruleProblem } from "../variants.ts";
import { type FoundEndpoint, readEndpoints } from "./endpoints.ts";
import { type EthhookSetup, setupEthhook } from "./setup.ts";
import { SECRET } from "./start.ts";
import { topicHash } from "./topics.ts";

const database = () =>
  new Option("--database <url>", "the database: postgres://user:password@host:port/name")
    .env("ETHHOOK_DATABASE")
    .argParser(url("postgres", "postgresql"))
    .makeOptionMandatory();

const EXAMPLES = `
Reads in a transaction that may not write. What it writes is for redis.js:
  throughline endpoints ethhook --out endpoints.json
  throughline run redis --redis-url redis://redis.example --receiver-url http://10.0.0.5:4800 \\
    --set ENDPOINTS_FILE=endpoints.json --set CHAIN_ID=8453

Exit codes: 0, or 1 where a rule can match nothing.`;

/** Adds both commands. */
export function addSetupCommands(program: Command): void {
  program
    .command("setup")
    .description("prepare the database of a system for its load test")
    .command("ethhook")
    .description("set up the load test's user, application and endpoints in EthHook's PostgreSQL; may be repeated")
    .addOption(database())
    .option(
      "--receiver-url <url>",
      "the receiver that the webhooks go to",
      url("http", "https"),
      "http://127.0.0.1:4800",
    )
    .addOption(
      new Option("--secret <text>", "what webhooks are signed with; the receiver needs the same")
        .env("RECEIVER_SECRET")
        .default(SECRET),
    )
    .option("--never-matching", "also set up an endpoint that must never be told anything", false)
    .action(async (options: EthhookSetup) => {
      for (const name of await setupEthhook(options)) console.log(name);
    });
  program
    .command("endpoints")
    .description("read the webhook endpoints that a system has in its database")
    .command("ethhook")
    .description("read EthHook's endpoints from its PostgreSQL, and say what is wrong with their rules")
    .addOption(database())
    .option("--application <id>", "only those of this application")
    .option("--out <file>", "where to write them as JSON; standard output by default")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { database: string; application?: string; out?: string }) => {
      const found = await readEndpoints(options.database, options.application);
      if (found.length === 0) throw new Error("the table endpoints has no such rows");
      const problems = problemsOf(found);
      const text = `${JSON.stringify(found.map(withoutUrl), null, 2)}\n`;
      if (options.out === undefined) process.stdout.write(text);
      else await writeFileWhole(options.out, text);
      for (const problem of problems) console.error(problem);
      process.exitCode = problems.length > 0 ? 1 : 0;
    });
}

function withoutUrl({ webhook_url: _, ...endpoint }: FoundEndpoint) {
  return endpoint;
}

/** What is wrong with rules, such as Solidity text in place of a hash. */
export function problemsOf(endpoints: readonly FoundEndpoint[]): string[] {
  return endpoints.flatMap((endpoint) => {
    const problem = ruleProblem(endpoint);
    if (problem === null) return [];
    const text = endpoint.event_signatures?.find((signature) => signature.includes("("));
    return [text === undefined ? problem : `${problem}; its hash is ${topicHash(text.replace(/\s+/g, ""))}`];
  });
}
