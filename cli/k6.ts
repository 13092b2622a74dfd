import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import * as v from "valibot";
import { plainReason, type Reason } from "../core/reason.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { shortageReason } from "../core/shortage.ts";
import { isDead, type Summary } from "../core/summary.ts";
import type { Verdict } from "../core/verdict.ts";
import type { RunnableTest } from "../systems/variables.ts";
import { adopt } from "./children.ts";
import { writeFileWhole } from "./files.ts";
import { k6Environment } from "./k6-environment.ts";
import { offCommandLine } from "./k6-flags.ts";
import { remedyOf, saysRemedy } from "./remedy.ts";
import { SummarySchema } from "./result.ts";

/** One k6 process that runs one test. */
interface K6Run {
  readonly test: RunnableTest;
  readonly variables: Readonly<Record<string, string>>;
  /** The bundle, if it is not the suite's own of that name. */
  readonly script?: string | undefined;
  /** Folder for the summary and the log. */
  readonly results: string;
  /** Stops the test in order: the load ends, and what was measured is still reported. */
  readonly signal: AbortSignal;
  /** Which of several processes that share the test's load, from 1; by default the only one. */
  readonly instance?: number;
  readonly instances?: number;
  /** How many connections it will hold open; few by default. */
  readonly connections?: number;
  /** More flags of `k6 run`. */
  readonly flags?: readonly string[];
  /** Milliseconds after which k6 is stopped because it hangs; no limit by default. */
  readonly deadline?: number;
  /** The command that checks what the test needs, without a load; null where nothing would be found. */
  readonly check?: string | null;
  /** Called with the process id once k6 runs. */
  readonly started?: (pid: number) => void;
}

/** The result of one k6 process. */
export interface K6Result {
  readonly test: RunnableTest;
  readonly instance: number;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  /** Null when k6 ended before it could write one. */
  readonly summary: Summary | null;
  readonly exitCode: number | null;
  /** Whether it ran to its end, so that its numbers cover the whole test. */
  readonly complete: boolean;
}

/** k6's exit code for crossed thresholds; ours stand for FAIL and INVALID alike. */
const THRESHOLDS_CROSSED = 99;
/** k6's exit code after a script error; the summary names the error. */
const MARKED_AS_FAILED = 110;

/** k6's exit code after `exec.test.abort`. */
const ABORTED = 108;

/** What a k6 that came to the end of its load exits with. */
const ENDED = [0, THRESHOLDS_CROSSED, MARKED_AS_FAILED];

/** Bytes that a summary may need. */
const LARGE_SUMMARY = 100_000;

/** An interrupted k6 still settles the run, which waits for a quiet time. */
const ENDING_DEADLINE_MS = 12_000;

const HUNG = "k6 did not end when its load was over: it waits for the goodbye of a connection that fell silent";

/** The k6 to use: bin/k6 if it was built, else the one on the PATH. */
export function k6Program(root: string): string {
  const built = join(root, "bin/k6");
  return existsSync(built) ? built : "k6";
}

/** Runs one test to its end. Never rejects: a k6 that cannot run is INVALID, with the reason. */
export async function runK6(root: string, run: K6Run): Promise<K6Result> {
  const { test, variables, results, signal, instance = 1, instances = 1, flags = [] } = run;
  const name = instances === 1 ? test : `${test}-${instance}`;
  const summaryFile = join(results, `${name}.json`);
  // A k6 that is killed while it writes leaves a partial file, which must not pass for a whole one.
  const writtenFile = `${summaryFile}.part`;
  const log = join(results, `${name}.log`);
  const testVariables = {
    ...variables,
    SUMMARY: writtenFile,
    ...(instances > 1 ? { INSTANCES: String(instances) } : {}),
  };
  // Without an address k6 serves no control API. Its default port is fixed, so two processes would collide.
  const { flags: others, environment } = offCommandLine(flags);
  const args = ["run", "--quiet", "--address", "", ...segment(instance, instances), ...others];
  // k6 writes to the file itself, so that a full disk costs log lines and not the run.
  const output = await openLog(log);
  const hanging = run.deadline === undefined ? null : AbortSignal.timeout(run.deadline);
  const child = execa(k6Program(root), [...args, run.script ?? join(root, `dist/${test}.js`)], {
    reject: false,
    buffer: false,
    stdin: "ignore",
    stdout: output ?? "ignore",
    stderr: output ?? "ignore",
    detached: true,
    cleanup: false,
    cancelSignal: hanging === null ? signal : AbortSignal.any([signal, hanging]),
    forceKillAfterDelay: ENDING_DEADLINE_MS,
    extendEnv: false,
    env: { ...k6Environment(run.test, process.env, testVariables, run.connections ?? 0), ...environment },
  });
  adopt(child);
  if (child.pid !== undefined) run.started?.(child.pid);
  const ended = await child;
  output?.destroy();
  const exitCode = ended.exitCode ?? null;
  const summary = await readSummary(writtenFile);
  if (summary !== null) await rename(writtenFile, summaryFile);
  if (summary !== null && ENDED.includes(exitCode ?? -1)) {
    const { verdict, reasons } = summary;
    return { test, instance, verdict, reasons, summary, exitCode, complete: true };
  }
  // The load was aborted because the target failed, not because k6 did.
  if (summary !== null && exitCode === ABORTED && isDead(summary)) {
    return { test, instance, verdict: "FAIL", reasons: summary.reasons, summary, exitCode, complete: false };
  }
  if (hanging?.aborted === true && !signal.aborted) {
    return { test, instance, verdict: "INVALID", reasons: [plainReason(HUNG)], summary, exitCode, complete: false };
  }
  if (summary === null && ENDED.includes(exitCode ?? -1)) {
    const lost = await whyUnwritten(summaryFile);
    if (lost !== null)
      return { test, instance, verdict: "INVALID", reasons: [lost], summary, exitCode, complete: false };
  }
  const how = ended.signal === undefined ? `with ${exitCode ?? "no code"}` : `by ${ended.signal}`;
  // Not execa's own message, which repeats the command with all its flags.
  const errors = await errorsIn(log);
  const reason = errors.at(-1) ?? (ended.signal === undefined ? (ended.originalMessage ?? null) : null);
  // A k6 that has run out of a resource cannot write its summary and ends with a list of thresholds.
  const shortage = errors.map(shortageReason).find((one) => one !== null);
  const next = exitCode === ABORTED ? nextAfterAbort(reason, run.check) : null;
  const end = shortage ?? plainReason(`k6 ended ${how}${reason === null ? "" : `: ${reason}`}`, { next });
  const reasons = signal.aborted ? [] : [end];
  return { test, instance, verdict: "INVALID", reasons, summary, exitCode, complete: false };
}

/** What mends the cause of an abort; where that is not certain, what finds it; null where the reason says it. */
function nextAfterAbort(reason: string | null, check: string | null = null): string | null {
  if (reason !== null && saysRemedy(reason)) return null;
  const remedy = reason === null ? null : remedyOf(reason);
  return remedy ?? (check === null ? null : `find what is missing without a load: ${check}`);
}

/** A log file that a child process can write to; null when it cannot be created. */
async function openLog(file: string): Promise<WriteStream | null> {
  const stream = createWriteStream(file);
  const opened = await new Promise((resolve) => {
    stream.once("open", () => resolve(true)).once("error", () => resolve(false));
  });
  return opened ? stream.on("error", () => {}) : null;
}

/** The flags that give a process its share of the load. */
function segment(instance: number, instances: number): string[] {
  if (instances === 1) return [];
  const bounds = Array.from({ length: instances + 1 }, (_, place) => `${place}/${instances}`);
  const own = `${bounds[instance - 1]}:${bounds[instance]}`;
  return ["--execution-segment", own, "--execution-segment-sequence", bounds.join()];
}

/** Why the summary of a k6 that came to its end is not there; null where its folder can be written. */
async function whyUnwritten(file: string): Promise<Reason | null> {
  const problem = await writeFileWhole(file, " ".repeat(LARGE_SUMMARY)).then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  await rm(file, { force: true });
  return problem === null
    ? null
    : plainReason(`k6 came to its end, and its summary is lost: ${problem}`, {
        next: "then run again; --out takes another folder",
      });
}

async function readSummary(file: string): Promise<Summary | null> {
  try {
    const parsed = v.safeParse(SummarySchema, JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? (parsed.output as unknown as Summary) : null;
  } catch {
    return null;
  }
}

/** The errors in k6's log, without log format, stack traces and credentials. */
async function errorsIn(log: string): Promise<string[]> {
  const text = await readFile(log, "utf8").catch(() => "");
  // Some errors of k6 give their cause in a separate field.
  const lines = text.matchAll(/level=error msg="((?:[^"\\]|\\.)*)"(?: error="((?:[^"\\]|\\.)*)")?/g);
  return [...lines].map(([, message = "", cause]) => {
    const whole = cause === undefined ? message : `${message}: ${cause}`;
    const [words = ""] = whole.replaceAll('\\"', '"').split(/(?:\\n)?\\tat /);
    return withoutCredentials(
      words
        .replaceAll(/(?:\\[nt])+/g, " ")
        .replace(/^Error: /, "")
        .trim(),
    );
  });
}
