/** One run of a history: the fields of its record that compare with other runs, whichever version wrote it. */

import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { whyUnread } from "../../core/problem.ts";
import { parseJson } from "../record.ts";

const Amount = v.pipe(v.number(), v.finite());
const Latency = v.looseObject({ samples: Amount, p50: Amount, p95: Amount, p99: Amount });

/** Fewer fields than a report needs: records of older versions lack counts, and have texts as reasons. */
const EntrySchema = v.looseObject({
  version: v.literal(1),
  run: v.string(),
  subject: v.string(),
  verdict: v.picklist(["PASS", "FAIL", "INVALID"]),
  reasons: v.optional(v.array(v.union([v.string(), v.looseObject({ text: v.string() })])), []),
  startedAt: v.pipe(Amount, v.minValue(0), v.maxValue(8.64e15)),
  parameters: v.optional(v.record(v.string(), v.string()), {}),
  versions: v.optional(v.record(v.string(), v.string()), {}),
  cut: v.nullish(v.string()),
  account: v.nullish(
    v.looseObject({ published: v.optional(Amount), expected: Amount, lost: Amount, latency: Latency }),
  ),
  tests: v.array(
    v.looseObject({
      summary: v.nullish(
        v.looseObject({
          scenario: v.string(),
          /** Older records lack it. */
          started: v.optional(v.boolean(), true),
          rate: v.nullish(v.looseObject({ requested: v.nullish(Amount), achieved: Amount })),
          metrics: v.optional(v.record(v.string(), v.record(v.string(), Amount)), {}),
        }),
      ),
    }),
  ),
});

type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A run of the history. */
export interface Entry {
  readonly run: string;
  readonly subject: string;
  /** The profile, or several; empty when no test got that far. */
  readonly scenario: string;
  readonly verdict: "PASS" | "FAIL" | "INVALID";
  /** Unix ms. */
  readonly startedAt: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Why it is not PASS, by its first reason; null where it is. */
  readonly reason: string | null;
  /** Whether any load was put on the target; without one nothing below was measured. */
  readonly loaded: boolean;
  /** Null where the run has no account, or expected nothing. */
  readonly lost: number | null;
  readonly expected: number | null;
  /** In ms: of deliveries, else of HTTP responses. Null where neither was measured. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** What that is the latency of; null without any. */
  readonly measures: "deliveries" | "answers" | null;
  /** Events per second over all tests; null without publishers. */
  readonly rate: number | null;
  /** What the load asked for, in events per second; null where acknowledgements set the pace, or no load was. */
  readonly requestedRate: number | null;
  /** The run's HTML report; null where there is none. */
  readonly report: string | null;
}

/** A record that cannot be shown, with the reason in one line that names the file. */
interface SkippedRecord {
  readonly reason: string;
}

const FILE = "result.json";
const REPORT = "report.html";
/** Artifacts of CI are in folders of their own: `runs/<artifact>/results/<run>/result.json`. */
const DEEPEST = 5;

/** Reads all records below a folder, oldest first. @throws RangeError when the folder cannot be read. */
export async function readEntries(folder: string): Promise<{ entries: Entry[]; skipped: SkippedRecord[] }> {
  const entries: Entry[] = [];
  const skipped: SkippedRecord[] = [];
  for (const file of await recordsBelow(folder)) {
    try {
      const report = join(dirname(file), REPORT);
      const hasReport = await access(report).then(
        () => true,
        () => false,
      );
      entries.push(parseEntry(await readFile(file, "utf8"), file, hasReport ? report : null));
    } catch (problem) {
      skipped.push({ reason: (problem as Error).message });
    }
  }
  entries.sort((one, other) => one.startedAt - other.startedAt);
  return { entries, skipped };
}

async function recordsBelow(folder: string, depth = 0): Promise<string[]> {
  let names: Awaited<ReturnType<typeof list>>;
  try {
    names = await list(folder);
  } catch (problem) {
    // Subfolders without permission are skipped.
    if (depth > 0) return [];
    const { code } = problem as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such folder; throughline run makes it" : whyUnread(problem);
    throw new RangeError(`history ${folder}: ${why}`);
  }
  const files = names.filter((name) => name.isFile() && name.name === FILE).map(({ name }) => join(folder, name));
  if (depth >= DEEPEST) return files;
  for (const name of names.filter((one) => one.isDirectory() && one.name !== "node_modules")) {
    files.push(...(await recordsBelow(join(folder, name.name), depth + 1)));
  }
  return files;
}

function list(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

/**
 * Parses a record.
 *
 * @param file name for error messages.
 * @throws an error that names the file and the first invalid field.
 */
export function parseEntry(text: string, file: string, report: string | null): Entry {
  const { account, tests, ...record } = parseJson(EntrySchema, text, file, "a record of a run");
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  const loaded = isLoaded(record.cut, account ?? null, summaries);
  const rates = loaded ? summaries.flatMap(({ rate }) => rate ?? []) : [];
  const expected = loaded ? (account?.expected ?? null) : null;
  return {
    run: record.run,
    subject: record.subject,
    scenario: [...new Set(summaries.map(({ scenario }) => scenario))].join(" and "),
    verdict: record.verdict,
    startedAt: record.startedAt,
    parameters: record.parameters,
    versions: record.versions,
    reason: firstOf(record.reasons),
    loaded,
    // Of nothing that was expected nothing can be lost.
    lost: expected === null || expected === 0 ? null : (account?.lost ?? null),
    expected,
    ...(loaded ? latencyOf(account ?? null, summaries) : { latency: null, measures: null }),
    rate: rates.length === 0 ? null : rates.reduce((sum, { achieved }) => sum + achieved, 0),
    // Instances of one test share what was asked for; see rateOf in core/rendering.ts.
    requestedRate: rates[0]?.requested ?? null,
    report,
  };
}

/** Refused runs, and those that ended before their load, measured only that. */
function isLoaded(
  cut: string | null | undefined,
  account: { readonly published?: number | undefined; readonly expected: number } | null,
  summaries: readonly { readonly started: boolean }[],
): boolean {
  if ((account?.published ?? account?.expected ?? 0) > 0) return true;
  return cut !== "never started" && summaries.some(({ started }) => started);
}

/** Where deliveries are accounted for and none came, requests are the tool's own, to its receiver among others. */
function latencyOf(
  account: { readonly latency: NonNullable<Entry["latency"]> & { readonly samples: number } } | null,
  summaries: readonly { metrics: Metrics }[],
): Pick<Entry, "latency" | "measures"> {
  if (account !== null)
    return account.latency.samples > 0
      ? { latency: account.latency, measures: "deliveries" }
      : { latency: null, measures: null };
  const latency = answerTimes(summaries);
  return { latency, measures: latency === null ? null : "answers" };
}

/** The first reason; of a missed objective what was observed and what had to be are enough. */
function firstOf([first]: readonly (string | { text: string })[]): string | null {
  return first === undefined ? null : typeof first === "string" ? first : first.text;
}

/** Response times of k6's HTTP requests, for runs that account for no deliveries. */
function answerTimes(summaries: readonly { metrics: Metrics }[]): Entry["latency"] {
  const times = summaries.map(({ metrics }) => metrics["http_req_duration"]).filter((values) => values !== undefined);
  const { med: p50, "p(95)": p95, "p(99)": p99 } = times[0] ?? {};
  // Percentiles of several tests cannot be merged.
  if (times.length !== 1 || p50 === undefined || p95 === undefined || p99 === undefined) return null;
  return { p50, p95, p99 };
}
