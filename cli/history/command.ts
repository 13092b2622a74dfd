import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { readConfig } from "../config.ts";
import { hrefBetween, writeFileWhole } from "../files.ts";
import { readEntries } from "./entry.ts";
import { renderHistoryPage } from "./page.tsx";
import { seriesOf } from "./series.ts";
import { renderHistory } from "./table.ts";

const EXAMPLES = `
Examples:
  throughline history
  throughline history runs --out public/history.html

All result.json below the folder are taken, five folders deep. What cannot be read is left out, with a line that names it.`;

/** Adds `history` to the command. @param root the folder of the repository. */
export function addHistoryCommand(program: Command, root: string): void {
  program
    .command("history")
    .description("show all recorded runs over time: a table here, and one HTML page")
    .argument("[folder]", "where the runs are (default: results)")
    .option("--out <file>", "where to write the page (default: history.html in that folder)")
    .option("--last <number>", "rows of each table", rows, 20)
    .addHelpText("after", EXAMPLES)
    .action(async (given: string | undefined, options: { out?: string; last: number }) => {
      const folder = given ?? (await readConfig(undefined))?.out ?? "results";
      const { entries, skipped } = await readEntries(folder);
      for (const { reason } of skipped) console.error(`throughline: left out: ${reason}`);
      if (entries.length === 0) throw new RangeError(`history ${folder}: holds no record of a run`);
      const series = seriesOf(entries);
      const out = resolve(options.out ?? join(folder, "history.html"));
      const page = renderHistoryPage({
        series,
        skipped: skipped.map(({ reason }) => reason),
        style: await readFile(join(root, "dist/report/history.css"), "utf8"),
        hrefOf: (report) => hrefBetween(out, resolve(report)),
      });
      console.log(renderHistory(series, options.last));
      console.log(`history    ${relative(process.cwd(), await writeFileWhole(out, page))}`);
    });
}

function rows(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1) return value;
  throw new InvalidArgumentError("allowed: a whole number from 1");
}
