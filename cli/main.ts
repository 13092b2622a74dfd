/** The `throughline` command. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { complaint } from "../core/complaint.ts";
import { safeMessageOf } from "../core/redaction.ts";
import { cannotWrite, outOfRoom } from "./files.ts";
import { ownVersion } from "./version.ts";

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

const program = new Command("throughline")
  .description("Load tests for event pipelines that account for every event.")
  .version(
    await ownVersion(root).catch(() => "unknown"),
    "-V, --version",
    "the version of Throughline; doctor tells those of k6, Node and Go",
  )
  .showSuggestionAfterError()
  .configureOutput({
    outputError: (text, write) => write(`${complaint(text, commandLine())}\n`),
  })
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : USAGE_ERROR));

const stop = interrupted.signal;

/** What adds each command. It is loaded for that command alone: all of them take longer than many a command does. */
const COMMANDS: Readonly<Record<string, () => Promise<unknown>>> = {
  run: async () => (await import("./run/command.ts")).addRunCommand(program, root, stop),
  doctor: async () => (await import("./doctor/command.ts")).addDoctorCommand(program, root, stop),
  init: async () => (await import("./init.ts")).addInitCommand(program, root),
  build: async () => (await import("./own/command.ts")).addBuildCommand(program, root),
  demo: async () => (await import("./run/demo.ts")).addDemoCommand(program, root, stop),
  receiver: async () => addReceiverCommand(),
  report: async () => (await import("./report/command.ts")).addReportCommand(program, root),
  history: async () => (await import("./history/command.ts")).addHistoryCommand(program, root),
  baseline: async () => (await import("./baseline/command.ts")).addBaselineCommand(program, root),
  compare: async () => (await import("./baseline/command.ts")).addCompareCommand(program, root),
  monitor: async () => (await import("./health/command.ts")).addMonitorCommand(program, stop),
};

const [word = ""] = process.argv.slice(2);
if (Object.hasOwn(COMMANDS, word)) await COMMANDS[word]?.();
else if (word !== "--version" && word !== "-V") await addAll();

/** Adds every command: for help, for a word that is none of ours, and for those of a system. */
async function addAll(): Promise<void> {
  for (const add of Object.values(COMMANDS)) await add();
  const { PIPELINES } = await import("../systems/kinds.ts");
  for (const { name, commands } of Object.values(PIPELINES)) {
    program.commandsGroup(`Only for ${name}:`);
    commands?.(program, stop);
  }
  const { describePipelines } = await import("./run/subject.ts");
  program.addHelpText(
    "after",
    `
Systems that it knows, with their tests:
${describePipelines()}

Any other system: describe it in a file of your own, which throughline init <name> --from http --to webhook begins.`,
  );
}

function addReceiverCommand(): void {
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
