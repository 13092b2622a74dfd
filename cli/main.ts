/** The `throughline` command. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { complaint } from "../core/complaint.ts";
import { safeMessageOf } from "../core/redaction.ts";
import { PIPELINES } from "../systems/kinds.ts";
import { addBaselineCommands } from "./baseline/command.ts";
import { addDoctorCommand } from "./doctor/command.ts";
import { cannotWrite, outOfRoom } from "./files.ts";
import { addMonitorCommand } from "./health/command.ts";
import { addHistoryCommand } from "./history/command.ts";
import { homeOf } from "./home.ts";
import { addInitCommand } from "./init.ts";
import { repeatable } from "./options.ts";
import { addBuildCommand } from "./own/command.ts";
import { addReportCommand } from "./report/command.ts";
import { addRunCommand } from "./run/command.ts";
import { ownVersion } from "./run/machine.ts";
import { run } from "./run/run.ts";
import { describePipelines, subjectOf } from "./run/subject.ts";

/** The package's folder, from dist/node/. */
const root = join(import.meta.dirname, "../..");

const USAGE_ERROR = 2;
const INVALID = 3;

/** Under npm one Ctrl-C arrives twice: from the terminal and from npm, which passes it on. */
const SAME_INTERRUPT_MS = 1_000;

let unprinted = false;
const interrupted = new AbortController();
let interruptedAt = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  process.on(signal, () => {
    // The first signal stops everything in order; the second one exits at once.
    if (interrupted.signal.aborted && performance.now() - interruptedAt > SAME_INTERRUPT_MS) process.exit(INVALID);
    if (!interrupted.signal.aborted) interruptedAt = performance.now();
    interrupted.abort();
  });
}

process.on("uncaughtException", (problem) => {
  complain(problem);
  process.exit(INVALID);
});

// A reader such as head may close the pipe early, and a terminal may be closed; the exit code must still be the
// verdict's. Output that goes to a full disk is missed by whoever reads it later.
process.stderr.on("error", () => undefined);
process.stdout.on("error", (problem: NodeJS.ErrnoException) => {
  if (!outOfRoom(problem) || unprinted) return;
  unprinted = true;
  complain(cannotWrite("standard output", problem));
});
process.on("exit", (code) => {
  if (unprinted && code === 0) process.exitCode = INVALID;
});

const HELP = `
Systems that it knows, with their tests:
${describePipelines()}

Any other system: describe it in a file of your own, which throughline init <name> --from http --to webhook begins.`;

const program = new Command("throughline")
  .description("Load tests for event pipelines that account for every event.")
  .version(
    await ownVersion(root).catch(() => "unknown"),
    "-V, --version",
    "the version of Throughline; doctor tells those of k6, Node and Go",
  )
  .addHelpText("after", HELP)
  .showSuggestionAfterError()
  .configureOutput({
    outputError: (text, write) => write(`${complaint(text, commandLine())}\n`),
  })
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : USAGE_ERROR));

addRunCommand(program, root, interrupted.signal);
addDoctorCommand(program, root, interrupted.signal);
addInitCommand(program, root);
addBuildCommand(program, root);

program
  .command("demo")
  .description("the same as run pipeline, in half a minute")
  .addOption(repeatable("--fault <name=value>", "plant a fault in the reference target, as in drop=1000"))
  .addHelpText("after", "\nExample:\n  throughline demo --fault drop=1000")
  .action(async ({ fault }: { fault: string[] }) => {
    const subject = subjectOf(["pipeline"]);
    const request = { urls: {}, instances: 1, faults: fault, set: [] };
    const order = { subject, request, out: join(homeOf(root), "results"), preset: subject.kind.demo, prefix: "demo" };
    process.exitCode = await run(root, order, interrupted.signal);
  });

program
  .command("receiver")
  .description("start the receiver alone, for tests that are started one by one")
  .allowUnknownOption()
  .allowExcessArguments()
  .helpOption(false)
  .action(async () => {
    // The command parses its own flags, those behind its name.
    process.argv.splice(2, 1);
    await import(pathToFileURL(join(root, "dist/node/receiver.js")).href);
  });

addReportCommand(program, root);
addHistoryCommand(program, root);
addBaselineCommands(program, root);

addMonitorCommand(program, interrupted.signal);
for (const { name, commands } of Object.values(PIPELINES)) {
  program.commandsGroup(`Only for ${name}:`);
  commands?.(program, interrupted.signal);
}

try {
  await program.parseAsync();
} catch (problem) {
  complain(problem);
  // A RangeError means wrong usage; anything else means that the run could not be measured.
  process.exitCode = problem instanceof RangeError ? USAGE_ERROR : INVALID;
}

/** The command that was called, for a hint at its help. */
function commandLine(): string {
  const names = ["throughline"];
  let command: Command | undefined = program;
  for (const word of process.argv.slice(2)) {
    command = command.commands.find((one) => one.name() === word);
    if (command === undefined) break;
    names.push(word);
  }
  return names.join(" ");
}

function complain(problem: unknown): void {
  console.error(`throughline: ${safeMessageOf(problem)}`);
}
