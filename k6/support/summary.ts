import { type Account, problemOf } from "../../core/account.ts";
import { describeSteps, stepsOf } from "../../core/breakpoint.ts";
import { describeDetours, describeElsewhere, NO_DETOURS } from "../../core/detours.ts";
import type { Metric } from "../../core/metric.ts";
import { number } from "../../core/numbers.ts";
import { BREAKPOINT, type Plan } from "../../core/plan.ts";
import { describeQuotes, exceptionsIn, quotesIn } from "../../core/quotes.ts";
import { renderSummary } from "../../core/rendering.ts";
import type { Slo } from "../../core/slo.ts";
import { isComplete, type K6Data, summarize } from "../../core/summary.ts";
import { describeUnanswered } from "../../core/unanswered.ts";
import { describeWords, type Word } from "../../core/words.ts";
import { METRICS } from "../../systems/metrics.ts";
import { CANARIES, silentPaths } from "./canary.ts";
import { requireFolder } from "./files.ts";
import { REFUSED, UNANSWERED } from "./quotes.ts";
import { fetchAccount, fetchTimeline, type Run } from "./run.ts";
import { requestedRate } from "./settings.ts";
import { fetchWords } from "./words.ts";

interface SummarySettings {
  readonly test: string;
  readonly SCENARIO: string;
  readonly SUMMARY: string | undefined;
  readonly RECEIVER_URL?: string | undefined;
  readonly END_WHEN_SETTLED?: boolean;
  readonly TRIALS?: readonly string[];
  readonly INSTANCES: number;
  readonly load: Plan;
  readonly slos: readonly Slo[];
  readonly changes: readonly string[];
}

/**
 * k6's `handleSummary` of a test: the verdict as text, and as JSON where SUMMARY names a file.
 *
 * @param notes says what has to be known to read it.
 * @param evidence what the target said, by the metric whose objective it spoils.
 */
export function summaryOf(
  config: SummarySettings,
  notes: (data: K6Data, account: Account | null) => readonly string[] = () => [],
  evidence: (data: K6Data, account: Account | null) => Said = () => ({}),
): (data: K6Data & { setup_data?: unknown }) => Record<string, string> {
  if (config.SUMMARY !== undefined) requireFolder(config.SUMMARY, "SUMMARY");
  return (data) => {
    const run = isRun(data.setup_data) ? data.setup_data : null;
    const account =
      run !== null && config.RECEIVER_URL !== undefined ? fetchAccount(config.RECEIVER_URL, run.id) : null;
    const words = wordsOf(config, run);
    const summary = summarize({
      test: config.test,
      scenario: config.SCENARIO,
      slos: config.slos,
      data,
      run,
      account,
      changes: config.changes,
      notes: [...notes(data, account), ...limitOf(config, account), ...describeWords(words)],
      evidence: joined(
        silenceOf(data),
        faultsOf(data),
        unsettled(account),
        strayed(account),
        saidOf(words, data),
        unanswered(account),
        evidence(data, account),
      ),
      seeksLimit: config.SCENARIO === BREAKPOINT,
      requestedRate: requestedRate(config.load),
      complete: isComplete(config.load, data, {
        trials: config.TRIALS?.length ?? 0,
        instances: config.INSTANCES,
        settled: config.END_WHEN_SETTLED === true && account?.ending != null,
      }),
    });
    const outputs: Record<string, string> = { stdout: `\n${renderSummary(summary)}` };
    if (config.SUMMARY !== undefined) outputs[config.SUMMARY] = `${JSON.stringify(summary, null, 2)}\n`;
    return outputs;
  };
}

/** Why the account is not settled, where the far end could not be looked at in the end. */
function unsettled(account: Account | null): Said {
  const problem = account === null ? null : problemOf(account);
  return problem === null ? {} : { account_settled: problem };
}

/** Whether events arrived that were neither acknowledged nor refused. */
function unanswered(account: Account | null): Said {
  const told = describeUnanswered(account?.unanswered ?? []);
  return told === null ? {} : { events_unknown: told };
}

/** Where lost deliveries arrived instead. */
function strayed(account: Account | null): Said {
  const detours = account?.detours ?? NO_DETOURS;
  const told = describeDetours(detours);
  if (account === null || told === null) return {};
  const isAll = detours.count >= account.lost;
  const part = describeElsewhere(account);
  if (account.misrouted > 0) return { account_misrouted: told, ...(isAll ? {} : { account_lost: part }) };
  // Each came to a path that selects it: only the losses show what happened.
  return { account_lost: isAll ? told : `${part}: ${told}` };
}

/** Evidence by metric, where several have some to give. */
type Said = Readonly<Record<string, string>>;

function joined(...parts: readonly Said[]): Said {
  const all: Record<string, string> = {};
  for (const [metric, text] of parts.flatMap((part) => Object.entries(part))) {
    all[metric] = all[metric] === undefined ? text : `${all[metric]}; ${text}`;
  }
  return all;
}

/** Why no canary came out, or not everywhere, as setup() saw it. */
function silenceOf({ root_group }: K6Data): Said {
  const causes = quotesIn(root_group).filter(({ about }) => about === CANARIES);
  const silent = silentPaths(root_group);
  return {
    ...(causes.length === 0 ? {} : { canaries_swallowed: causes.map(({ text }) => text).join("; ") }),
    ...(silent === null ? {} : { account_lost: silent }),
  };
}

/** What went wrong in the script itself. */
function faultsOf({ root_group }: K6Data): Said {
  const exceptions = describeQuotes(exceptionsIn(root_group));
  return exceptions === null ? {} : { script_errors: exceptions };
}

/** In what words the target refused and ended things. */
function wordsOf({ test, RECEIVER_URL }: SummarySettings, run: Run | null): readonly Word[] {
  return run === null || RECEIVER_URL === undefined ? [] : fetchWords(RECEIVER_URL, run.id, test);
}

/** Why events and connections were refused and connections ended, in the words of whoever did it. */
function saidOf(words: readonly Word[], { root_group }: K6Data): Said {
  const quoted = quotesIn(root_group).flatMap(({ about, text, times: count }): Word[] => {
    if (about === REFUSED) return [{ kind: "refused", text, count }];
    return about === UNANSWERED ? [{ kind: "unknown", text, count }] : [];
  });
  const all = [...words, ...quoted];
  return Object.fromEntries(
    Object.entries<Metric>(METRICS).flatMap(([name, metric]) => {
      const said = all
        .filter(({ kind }) => kind === metric.words)
        .map(({ text, count }) => `${text} (${count === 1 ? "once" : `${number(count)} times`})`);
      return said.length === 0 ? [] : [[name, said.join("; ")]];
    }),
  );
}

/** Which rate a load that rises held, as far as the receiver can tell. */
function limitOf({ SCENARIO, RECEIVER_URL, load }: SummarySettings, account: Account | null): string[] {
  if (SCENARIO !== BREAKPOINT || load.kind !== "paced") return [];
  if (RECEIVER_URL === undefined) return ["no receiver: nobody knows which rate was delivered"];
  if (account === null || account.span === null) return [];
  return [describeSteps(stepsOf(load.shape, fetchTimeline(RECEIVER_URL, account.run), account.span.from))];
}

function isRun(data: unknown): data is Run {
  return typeof data === "object" && data !== null && "instance" in data;
}
