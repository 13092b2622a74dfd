import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Summary } from "../summary.ts";
import type { RunnableTest } from "../variables.ts";
import type { Verdict } from "../verdict.ts";

/** One k6 process that runs one test. */
export interface K6Run {
  readonly test: RunnableTest;
  readonly variables: Readonly<Record<string, string>>;
  /** Folder for the summary and the log. */
  readonly results: string;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface K6Result {
  readonly test: RunnableTest;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** Null when k6 ended before it could write one. */
  readonly summary: Summary | null;
  readonly exitCode: number | null;
}

/** k6's code for crossed thresholds; our thresholds stand for FAIL and INVALID alike. */
const THRESHOLDS_CROSSED = 99;
/** k6's code after a script error, which the summary names. */
const MARKED_AS_FAILED = 110;

/** The k6 to use: the one built here, or else whatever is on the PATH. */
export function k6Program(root: string): string {
  const built = join(root, "bin/k6");
  return existsSync(built) ? built : "k6";
}

/** Runs one test to its end. Never rejects: a k6 that cannot run is INVALID, with the reason. */
export async function runK6(root: string, { test, variables, results, signal }: K6Run): Promise<K6Result> {
  const summaryFile = join(results, `${test}.json`);
  const log = join(results, `${test}.log`);
  const settings = Object.entries({ ...variables, SUMMARY: summaryFile }).flatMap(([name, value]) => [
    "-e",
    `${name}=${value}`,
  ]);
  // Without an address k6 serves no control API, whose fixed port two processes cannot share.
  const args = ["run", "--quiet", "--address", "", ...settings, join(root, `dist/${test}.js`)];
  const child = await execa(k6Program(root), args, {
    all: true,
    reject: false,
    stdin: "ignore",
    stdout: { file: log },
    stderr: { file: log },
    cancelSignal: signal,
    gracefulCancel: false,
    // Our environment may hold variables of the same names that were meant for something else.
    extendEnv: false,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...memory(test) },
  });
  const exitCode = child.exitCode ?? null;
  const summary = await readSummary(summaryFile);
  if (summary !== null && [0, THRESHOLDS_CROSSED, MARKED_AS_FAILED].includes(exitCode ?? -1)) {
    return { test, verdict: summary.verdict, reasons: summary.reasons, summary, exitCode };
  }
  const reason = (await lastError(log)) ?? child.shortMessage ?? "no reason given";
  return {
    test,
    verdict: "INVALID",
    reasons: [`k6 ended with ${exitCode ?? child.signal}: ${reason}`],
    summary,
    exitCode,
  };
}

/**
 * Connections are long-lived memory, of which Go's collector by default keeps as much again in reserve.
 * Publishers make garbage instead, and would pay for a smaller reserve with their rate.
 */
function memory(test: RunnableTest): Record<string, string> {
  return test === "websocket" ? { GOGC: process.env["GOGC"] ?? "50" } : {};
}

async function readSummary(file: string): Promise<Summary | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Summary;
  } catch {
    return null;
  }
}

/** What k6 logged last as an error, without its frame and without the stack of an exception. */
async function lastError(log: string): Promise<string | null> {
  const text = await readFile(log, "utf8").catch(() => "");
  const messages = [...text.matchAll(/level=error msg="((?:[^"\\]|\\.)*)"/g)].map(([, message]) => message as string);
  const [message] =
    messages
      .at(-1)
      ?.replaceAll('\\"', '"')
      .split(/(?:\\n)?\\tat /) ?? [];
  return (
    message
      ?.replaceAll("\\n", " ")
      .replace(/^Error: /, "")
      .trim() ?? null
  );
}
