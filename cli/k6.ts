import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { readFile, rename } from "node:fs/promises";
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
import { k6Environment } from "./k6-environment.ts";
import { offCommandLine } from "./k6-flags.ts";
import { SummarySchema } from "./result.ts";

/** One k6 process that runs one test. */
export interface K6Run {
  readonly test: RunnableTest;
  readonly variables: Readonly<Record<string, string>>;
  /** The bundle, where it is not the suite's own of that name. */
  readonly script?: string | undefined;
  /** Folder for the summary and the log. */
  readonly results: string;
  /** Ends it in order: the load stops, what was measured is still told. */
  readonly signal: AbortSignal;
  /** Which of several processes that share the test's load, from 1; the only one unless told. */
  readonly instance?: number;
  readonly instances?: number;
  /** How many it will hold open; few unless told. */
  readonly connections?: number;
  /** More flags of `k6 run`. */
  readonly flags?: readonly string[];
  /** After so many whole milliseconds it is ended, because it will not end by itself; never unless told. */
  readonly deadline?: number;
  /** Told the process id once there is one. */
  readonly started?: (pid: number) => void;
}

/** What became of it. */
export interface K6Result {
  readonly test: RunnableTest;
  readonly instance: number;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  /** Null when k6 ended before it could write one. */
  readonly summary: Summary | null;
  readonly exitCode: number | null;
  /** Whether it ran to its end, so that its numbers are those of the whole test. */
  readonly complete: boolean;
}

/** k6's code for crossed thresholds; our thresholds stand for FAIL and INVALID alike. */
const THRESHOLDS_CROSSED = 99;
/** k6's code after a script error, which the summary names. */
const MARKED_AS_FAILED = 110;

/** k6's code after `exec.test.abort`. */
const ABORTED = 108;

/** An interrupted k6 still settles the run, which takes the quiet time of the drain. */
const ENDING_DEADLINE_MS = 12_000;

/** What looks at all that a test asks for before its load. */
const DOCTOR = "throughline doctor, with the same names and addresses, says what is missing";

const HUNG = "k6 did not end when its load was over: it waits for the goodbye of a connection that fell silent";

/** The k6 to use: the one built here, or else whatever is on the PATH. */
export function k6Program(root: string): string {
  const built = join(root, "bin/k6");
  return existsSync(built) ? built : "k6";
}

/** Runs one test to its end. Never rejects: a k6 that cannot run is INVALID, with the reason. */
export async function runK6(root: string, run: K6Run): Promise<K6Result> {
  const { test, variables, results, signal, instance = 1, instances = 1, flags = [] } = run;
  const name = instances === 1 ? test : `${test}-${instance}`;
  const summaryFile = join(results, `${name}.json`);
  // A k6 that is killed while it writes leaves a part behind, which must not pass for the whole.
  const writtenFile = `${summaryFile}.part`;
  const log = join(results, `${name}.log`);
  const told = { ...variables, SUMMARY: writtenFile, ...(instances > 1 ? { INSTANCES: String(instances) } : {}) };
  // Without an address k6 serves no control API, whose fixed port two processes cannot share.
  const { flags: others, environment } = offCommandLine(flags);
  const args = ["run", "--quiet", "--address", "", ...segment(instance, instances), ...others];
  // k6 writes to the file itself: on a full disk it then loses lines, and not its life.
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
    env: { ...k6Environment(run.test, process.env, told, run.connections ?? 0), ...environment },
  });
  adopt(child);
  if (child.pid !== undefined) run.started?.(child.pid);
  const ended = await child;
  output?.destroy();
  const exitCode = ended.exitCode ?? null;
  const summary = await readSummary(writtenFile);
  if (summary !== null) await rename(writtenFile, summaryFile);
  if (summary !== null && [0, THRESHOLDS_CROSSED, MARKED_AS_FAILED].includes(exitCode ?? -1)) {
    const { verdict, reasons } = summary;
    return { test, instance, verdict, reasons, summary, exitCode, complete: true };
  }
  // It gave the load up because of what the target did, not because of what it could not do itself.
  if (summary !== null && exitCode === ABORTED && isDead(summary)) {
    return { test, instance, verdict: "FAIL", reasons: summary.reasons, summary, exitCode, complete: false };
  }
  if (hanging?.aborted === true && !signal.aborted) {
    return { test, instance, verdict: "INVALID", reasons: [plainReason(HUNG)], summary, exitCode, complete: false };
  }
  const how = ended.signal === undefined ? `with ${exitCode ?? "no code"}` : `by ${ended.signal}`;
  // Not execa's own message, which repeats the command with every flag in it.
  const errors = await errorsIn(log);
  const reason = errors.at(-1) ?? (ended.signal === undefined ? (ended.originalMessage ?? null) : null);
  // k6 that has run out of something cannot write its summary either, and ends with a list of thresholds.
  const shortage = errors.map(shortageReason).find((one) => one !== null);
  const next = exitCode === ABORTED ? { next: DOCTOR } : {};
  const end = shortage ?? plainReason(`k6 ended ${how}${reason === null ? "" : `: ${reason}`}`, next);
  const reasons = signal.aborted ? [] : [end];
  return { test, instance, verdict: "INVALID", reasons, summary, exitCode, complete: false };
}

/** A log that a child process can be given; null where it cannot be written. */
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

async function readSummary(file: string): Promise<Summary | null> {
  try {
    const parsed = v.safeParse(SummarySchema, JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? (parsed.output as unknown as Summary) : null;
  } catch {
    return null;
  }
}

/** What k6 logged as errors, without its frame, the stack of an exception and who logs in. */
async function errorsIn(log: string): Promise<string[]> {
  const text = await readFile(log, "utf8").catch(() => "");
  // Some errors of k6 say in a field of their own what went wrong.
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
