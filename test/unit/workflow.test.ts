import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { addBaselineCommand, addCompareCommand } from "../../cli/baseline/command.ts";
import { addDoctorCommand } from "../../cli/doctor/command.ts";
import { addHistoryCommand } from "../../cli/history/command.ts";
import { addInitCommand } from "../../cli/init.ts";
import { addReportCommand } from "../../cli/report/command.ts";
import { addRunCommand } from "../../cli/run/command.ts";

const root = join(import.meta.dirname, "../..");
const FILE = ".github/workflows/load-test.yml";
const workflow = readFileSync(join(root, FILE), "utf8");
const PAGES = ["docs/ci.md", "docs/baselines.md", "docs/report.md", "docs/run.md"];

function problems(content: string): string[] {
  const { context } = parseWorkflow({ name: FILE, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

interface Step {
  readonly run?: string;
  readonly uses?: string;
}
const { jobs } = parse(workflow) as { jobs: Record<string, { steps: Step[] }> };
const steps = Object.values(jobs).flatMap((job) => job.steps);

/** What stands behind `throughline` on each line of a text that is a command. */
function commandsIn(text: string): string[] {
  const lines = [...text.matchAll(/^\s*(?:\$ )?(?:run: )?npx throughline (.+)$/gm)];
  return lines.map(([, command]) => (command as string).replace(/\s+#.*$/, ""));
}

/** The commands of this part of the tool; others are left to the tests of theirs. */
function program(): Command {
  const whole = new Command("throughline").exitOverride().configureOutput({ writeErr: () => undefined });
  addReportCommand(whole, root);
  addHistoryCommand(whole, root);
  addBaselineCommand(whole, root);
  addCompareCommand(whole, root);
  const { signal } = new AbortController();
  addRunCommand(whole, root, signal);
  addDoctorCommand(whole, root, signal);
  addInitCommand(whole, root);
  for (const command of [...whole.commands, ...whole.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().action(() => undefined);
  }
  return whole;
}

const FOLDER = join(root, ".github/workflows");

test.each(readdirSync(FOLDER))("%s is valid as GitHub reads it", (name) => {
  expect(problems(readFileSync(join(FOLDER, name), "utf8"))).toEqual([]);
});

describe("the workflow", () => {
  test("would not be with a key that GitHub does not know", () => {
    expect(problems(workflow.replace("runs-on:", "run-on:"))).not.toEqual([]);
  });

  test("names a version of every action", () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(2);
    for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@v\d+$/);
  });

  test("runs npm scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const used = steps.flatMap(({ run }) => run?.match(/^npm run (\S+)$/)?.[1] ?? []);
    expect(used).toEqual(["build"]);
    for (const script of used) expect(Object.keys(scripts)).toContain(script);
  });
});

describe.each([FILE, ...PAGES])("the commands in %s", (file) => {
  const commands = commandsIn(readFileSync(join(root, file), "utf8"));

  test("are some", () => {
    expect(commands.length).toBeGreaterThan(0);
  });

  test.each(commands)("%s", async (command) => {
    await expect(program().parseAsync(command.split(/\s+/), { from: "user" })).resolves.toBeDefined();
  });
});

test("a command that is not there would be noticed", async () => {
  for (const wrong of ["compaire latest", "compare latest --fromat json", "report", "run pipeline --secnario smoke"]) {
    await expect(program().parseAsync(wrong.split(" "), { from: "user" })).rejects.toThrow();
  }
});
