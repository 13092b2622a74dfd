/** One run of a history: what its record says that can be compared with other runs, whatever version wrote it. */
import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { parseJson } from "../record.ts";

const Amount = v.pipe(v.number(), v.finite());
const Latency = v.looseObject({ samples: Amount, p50: Amount, p95: Amount, p99: Amount });

/** Less than a report needs: records of older versions lack counts, and their reasons are texts. */
const EntrySchema = v.looseObject({
  version: v.literal(1),
  run: v.string(),
  subject: v.string(),
  verdict: v.picklist(["PASS", "FAIL", "INVALID"]),
  startedAt: v.pipe(Amount, v.minValue(0), v.maxValue(8.64e15)),
  parameters: v.optional(v.record(v.string(), v.string()), {}),
  versions: v.optional(v.record(v.string(), v.string()), {}),
  account: v.nullish(v.looseObject({ expected: Amount, lost: Amount, latency: Latency })),
  tests: v.array(
    v.looseObject({
      summary: v.nullish(
        v.looseObject({
          scenario: v.string(),
          rate: v.nullish(v.looseObject({ achieved: Amount })),
          metrics: v.optional(v.record(v.string(), v.record(v.string(), Amount)), {}),
        }),
      ),
    }),
  ),
});

type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A run among others. */
export interface Entry {
  readonly run: string;
  readonly subject: string;
  /** The profile, or several of them; empty when no test came so far. */
  readonly scenario: string;
  readonly verdict: "PASS" | "FAIL" | "INVALID";
  /** Unix ms. */
  readonly startedAt: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Null where nothing was accounted. */
  readonly lost: number | null;
  readonly expected: number | null;
  /** In ms: of deliveries, or else of answers to HTTP requests. Null where neither was measured. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Events per second, of all tests together; null where none published. */
  readonly rate: number | null;
  /** The run's report; null where there is none. */
  readonly report: string | null;
}

/** A record that cannot be shown, and why, in one line that names the file. */
export interface SkippedRecord {
  readonly reason: string;
}

const FILE = "result.json";
const REPORT = "report.html";
/** Artifacts of CI lie in folders of their own: `runs/<artifact>/results/<run>/result.json`. */
const DEEPEST = 5;

/**
 * Reads all records below a folder, the oldest first.
 *
 * @throws RangeError when the folder cannot be read.
 */
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
    // A subfolder that may not be read is skipped.
    if (depth > 0) return [];
    const { code } = problem as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such folder; throughline run makes it" : `cannot be read (${code})`;
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
 * Parses the text of a record.
 *
 * @param file what the text is called in errors.
 * @throws an error that names the file and the first place that is not as it should be.
 */
export function parseEntry(text: string, file: string, report: string | null): Entry {
  const { account, tests, ...record } = parseJson(EntrySchema, text, file, "a record of a run");
  const summaries = tests.flatMap(({ summary }) => summary ?? []);
  const rates = summaries.flatMap(({ rate }) => rate ?? []);
  return {
    run: record.run,
    subject: record.subject,
    scenario: [...new Set(summaries.map(({ scenario }) => scenario))].join(" and "),
    verdict: record.verdict,
    startedAt: record.startedAt,
    parameters: record.parameters,
    versions: record.versions,
    lost: account?.lost ?? null,
    expected: account?.expected ?? null,
    latency: account != null && account.latency.samples > 0 ? account.latency : answerTimes(summaries),
    rate: rates.length === 0 ? null : rates.reduce((sum, { achieved }) => sum + achieved, 0),
    report,
  };
}

/** Of a run that delivers nothing: k6's own times of HTTP requests. */
function answerTimes(summaries: readonly { metrics: Metrics }[]): Entry["latency"] {
  const times = summaries.map(({ metrics }) => metrics["http_req_duration"]).filter((values) => values !== undefined);
  const { med: p50, "p(95)": p95, "p(99)": p99 } = times[0] ?? {};
  // Percentiles of several tests cannot be made into one.
  if (times.length !== 1 || p50 === undefined || p95 === undefined || p99 === undefined) return null;
  return { p50, p95, p99 };
}
