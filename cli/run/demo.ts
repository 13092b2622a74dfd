/** `throughline demo`. */
import { join } from "node:path";
import type { Command } from "commander";
import { homeOf } from "../home.ts";
import { repeatable } from "../options.ts";
import { run } from "./run.ts";
import { subjectOf } from "./subject.ts";

/** Adds the command. @param interrupted stops a run in order. */
export function addDemoCommand(program: Command, root: string, interrupted: AbortSignal): void {
  program
    .command("demo")
    .description("the same as run pipeline, in half a minute")
    .addOption(repeatable("--fault <name=value>", "plant a fault in the reference target, as in drop=1000"))
    .addHelpText("after", "\nExample:\n  throughline demo --fault drop=1000")
    .action(async ({ fault }: { fault: string[] }) => {
      const subject = subjectOf(["pipeline"]);
      const request = { urls: {}, instances: 1, faults: fault, set: [] };
      const order = { subject, request, out: join(homeOf(root), "results"), preset: subject.kind.demo, prefix: "demo" };
      process.exitCode = await run(root, order, interrupted);
    });
}
