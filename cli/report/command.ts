import { relative } from "node:path";
import type { Command } from "commander";
import { openRecord } from "../record.ts";
import { type ReportFiles, writeReport } from "./files.ts";

const EXAMPLES = `
Examples:
  throughline report latest
  throughline report results/release-42 --junit junit.xml --markdown report.md`;

/** Adds `report` to the command. */
export function addReportCommand(program: Command, root: string): void {
  program
    .command("report")
    .description("make the report of a recorded run; in GitHub Actions also the summary of the job")
    .argument("<run>", "the run's id, latest, its folder or its result.json")
    .option("--out <file>", "where to write the HTML report, instead of report.html beside the record")
    .option("--junit <file>", "also write JUnit XML, a test case for each objective")
    .option("--markdown <file>", "also write Markdown, for a pull request")
    .option("--baseline <name>", "compare with this baseline, instead of <subject>-<scenario>")
    .addHelpText("after", EXAMPLES)
    .action(async (run: string, options: Omit<ReportFiles, "stepSummary">) => {
      const record = await openRecord(root, run);
      const stepSummary = process.env["GITHUB_STEP_SUMMARY"];
      const written = await writeReport(root, record, { ...options, stepSummary });
      for (const file of written) console.log(relative(process.cwd(), file));
    });
}
