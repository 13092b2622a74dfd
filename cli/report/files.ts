import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { compare } from "../baseline/comparison.ts";
import { defaultName, readBaseline } from "../baseline/store.ts";
import { addToFile, hrefBetween, writeFileWhole } from "../files.ts";
import type { RunRecord } from "../record.ts";
import type { Result } from "../result.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderReport } from "./report.tsx";
import type { BaselineComparison } from "./sections/comparison.tsx";
import type { Attachment } from "./sections/details.tsx";

/** Where the report is written. */
export interface ReportFiles {
  /** The HTML file; by default `report.html` beside the record. */
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
  /** Another baseline than that of the run's subject and profile. */
  readonly baseline?: string | undefined;
  /** A file that Markdown is appended to, such as GitHub's `GITHUB_STEP_SUMMARY`. */
  readonly stepSummary?: string | undefined;
}

/**
 * Writes the report of a run in all requested formats. The same record and baseline give the same files.
 *
 * @param root folder of the package.
 * @returns the written files, the HTML report first.
 * @throws an error when a file cannot be written, or a named baseline cannot be compared.
 */
export async function writeReport(root: string, { result, folder }: RunRecord, files: ReportFiles): Promise<string[]> {
  const compared = await comparedTo(root, result, files.baseline);
  const out = resolve(files.out ?? join(folder, "report.html"));
  const assets = {
    script: await readFile(join(root, "dist/report/charts.js"), "utf8"),
    style: await readFile(join(root, "dist/report/style.css"), "utf8"),
  };
  const attachments = await attachmentsOf(folder, out);
  await writeFileWhole(out, renderReport({ result, compared, attachments, assets }));
  const written = [out];
  if (files.junit !== undefined) {
    const { renderJunit } = await import("./junit.ts");
    written.push(await writeFileWhole(files.junit, renderJunit(result)));
  }
  if (files.markdown !== undefined)
    written.push(await writeFileWhole(files.markdown, renderMarkdown(result, compared)));
  if (files.stepSummary) await addToFile(files.stepSummary, `${renderMarkdown(result, compared)}\n`);
  return written;
}

async function comparedTo(root: string, result: Result, named: string | undefined): Promise<BaselineComparison> {
  const name = named ?? defaultName(result);
  try {
    const baseline = await readBaseline(root, name);
    if (baseline !== null) return { comparison: compare(result, baseline) };
    if (named !== undefined) throw new Error(`baseline "${name}" is not known`);
    const isSound = result.verdict === "PASS" && result.complete;
    const how = isSound ? ` To make one: throughline baseline save ${result.run}` : "";
    return { without: `There is no baseline ${name}.${how}` };
  } catch (problem) {
    if (named !== undefined) throw problem;
    return { without: `Not compared with baseline ${name}: ${(problem as Error).message}` };
  }
}

/** Pages and logs of k6 and the services beside the record, such as k6's web dashboard. */
async function attachmentsOf(folder: string, out: string): Promise<Attachment[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.(html|json|log)$/.test(name) && resolve(folder, name) !== out)
    .sort()
    .map((name) => ({ name, href: hrefBetween(out, resolve(folder, name)) }));
}
