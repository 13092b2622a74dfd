import { basename, relative } from "node:path";
import { type Command, Option } from "commander";
import { several } from "../../core/numbers.ts";
import { EXIT_CODES } from "../../core/verdict.ts";
import { openRecord } from "../record.ts";
import type { Result } from "../result.ts";
import { type Baseline, refuseFailed, refuseInvalid, withRun } from "./baseline.ts";
import { compare } from "./comparison.ts";
import { FORMATS, type Format, renderComparison } from "./rendering.ts";
import { defaultName, listBaselines, readBaseline, saveBaseline } from "./store.ts";

const COMPARISONS = `
Examples:
  throughline compare latest
  throughline compare latest main --format markdown
  throughline compare latest orders-20261120-101500     with that run alone
A baseline is made by: throughline baseline save latest

Exit codes: 0 no worse, 1 worse, 2 wrong usage, 3 they cannot be compared.`;

/** Adds `baseline save` and `baseline list` to the command. */
export function addBaselineCommand(program: Command, root: string): void {
  const baseline = program.command("baseline").description("keep runs that later ones are compared with");

  baseline
    .command("save")
    .description("add a run to its baseline; several runs of the same give it a range")
    .argument("<run>", "the run's id, latest, its folder or its result.json")
    .option("--name <name>", "what the baseline is called, instead of <subject>-<scenario>")
    .option("--replace", "forget the runs it has", false)
    .option("--failed", "take a run that is FAIL", false)
    .action(async (run: string, options: { name?: string; replace: boolean; failed: boolean }) => {
      const { result } = await openRecord(root, run);
      if (!options.failed) refuseFailed(result);
      const name = options.name ?? defaultName(result);
      const earlier = options.replace ? null : await readBaseline(root, name);
      const renewed = withRun(result, earlier);
      const file = await saveBaseline(root, name, renewed);
      const failed = result.verdict === "FAIL" ? `, the last of which is FAIL` : "";
      const runs = several(Object.keys(renewed.runs).length, "run");
      console.log(`${relative(process.cwd(), file)} now holds ${runs}${failed}; commit it`);
    });

  baseline
    .command("list")
    .description("the baselines there are, with their runs and parameters")
    .action(async () => {
      const all = await listBaselines(root);
      if (all.length === 0) console.log("no baseline yet; throughline baseline save latest makes one");
      for (const { name, baseline: one } of all) {
        // The whole load, as JSON, follows from the others.
        const given = Object.entries(one.parameters).filter(([key]) => key !== "subject" && !key.endsWith(".load"));
        const parameters = given.map(([key, value]) => `${key}=${value}`).join(" ");
        console.log(`${name}  ${one.subject}, ${several(Object.keys(one.runs).length, "run")}  ${parameters}`);
        for (const [run, { startedAt, machine, failed }] of Object.entries(one.runs)) {
          console.log(`  ${startedAt}  ${run}  ${machine}${failed === true ? "  FAIL" : ""}`);
        }
      }
    });
}

/** Adds `compare` to the command. */
export function addCompareCommand(program: Command, root: string): void {
  program
    .command("compare")
    .description("compare a run with its baseline, or with another run")
    .argument("<run>", "the run's id, latest, its folder or its result.json")
    .argument("[earlier]", "a name in baselines/ or a file, instead of <subject>-<scenario>; or an earlier run")
    .addOption(new Option("--format <format>", "how to write it").choices(FORMATS).default("table"))
    .addHelpText("after", COMPARISONS)
    .action(async (run: string, name: string | undefined, { format }: { format: Format }) => {
      const { result } = await openRecord(root, run);
      refuseInvalid(result);
      const comparison = compare(result, await earlierOf(root, result, name));
      process.stdout.write(renderComparison(comparison, format));
      process.exitCode = EXIT_CODES[comparison.verdict];
    });
}

/**
 * What a run is compared with: a baseline, or another run.
 *
 * @param name of the one or the other; without one it is the run's own baseline.
 * @throws an error when there is none of that name.
 */
async function earlierOf(root: string, result: Result, name: string | undefined): Promise<Baseline> {
  const wanted = name ?? defaultName(result);
  const isRecord = basename(wanted) === "result.json";
  const stored = isRecord ? null : await readBaseline(root, wanted);
  if (stored !== null) return stored;
  if (name !== undefined) {
    const { result: earlier } = await openRecord(root, name).catch((problem: Error) => {
      throw isRecord ? problem : new Error(`no baseline is called "${name}", and ${problem.message}`);
    });
    return withRun(earlier);
  }
  const which = result.verdict === "PASS" ? result.run : "<a run that is PASS>";
  throw new Error(
    `baseline "${wanted}" is not known; make one with: throughline baseline save ${which}; or name the run to compare with`,
  );
}
