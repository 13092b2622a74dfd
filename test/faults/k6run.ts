import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type K6Result, runK6 } from "../../cli/k6.ts";
import type { Account } from "../../core/account.ts";
import { evidenceOf } from "../../core/evidence.ts";
import { linesOf } from "../../core/reason.ts";
import { together } from "../../core/together.ts";
import { worst } from "../../core/verdict.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { heirsOf } from "./process.ts";
import type { Evidence } from "./row.ts";

/** Stops all processes when the command is interrupted. */
export const interrupted = new AbortController();

/** A row that takes longer hangs. */
const DEADLINE_MS = 120_000;
const POLL_MS = 50;

/** One run of a row: its k6 processes and its account. */
export class RowRun {
  readonly id: string;
  private readonly root: string;
  private readonly folder: string;
  private readonly receiver: string;
  private readonly results: Promise<K6Result>[] = [];
  private readonly deadline = AbortSignal.timeout(DEADLINE_MS);
  private readonly over = AbortSignal.any([this.deadline, interrupted.signal]);

  /** @param receiver URL of the receiver that settles the run. */
  constructor(root: string, folder: string, id: string, receiver: string) {
    this.root = root;
    this.folder = folder;
    this.id = id;
    this.receiver = receiver;
  }

  /**
   * Starts a k6 test.
   *
   * @param bundle the bundle of a test with another name.
   * @param results folder, if another process of the same test uses the default one.
   */
  start(
    test: RunnableTest,
    variables: Readonly<Record<string, string>>,
    { bundle = test, results = this.folder }: { readonly bundle?: string | undefined; readonly results?: string } = {},
  ): void {
    const script = join(this.root, `dist/${bundle}.js`);
    this.results.push(runK6(this.root, { test, script, variables, results, signal: this.over }));
  }

  /** The k6 processes of a test. */
  k6(test: RunnableTest): Promise<number[]> {
    return heirsOf(`SUMMARY=${this.folder}/${test}.json`);
  }

  /** The current account, or null. */
  async account(): Promise<Account | null> {
    const answer = await fetch(`${this.receiver}/runs/${this.id}`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => null,
    );
    return answer?.ok === true ? ((await answer.json()) as Account) : null;
  }

  /** Waits for a state of the account. @throws when the row's time is up. */
  async until(holds: (account: Account) => boolean): Promise<Account> {
    while (!this.over.aborted) {
      const now = await this.account();
      if (now !== null && holds(now)) return now;
      await pause(POLL_MS);
    }
    throw new Error("what was waited for did not come");
  }

  /** Waits for all tests. @param doing what is done to the pipeline meanwhile. */
  async end(doing: Promise<unknown>): Promise<Omit<Evidence, "left">> {
    // If a disturbance fails after the run has ended, it was not needed any more.
    const disturbed = doing.then(
      () => null,
      (problem: Error) => `the disturbance failed: ${problem.message}`,
    );
    const results = await Promise.all(this.results);
    const problem = await disturbed;
    const judged = together(
      results.map(({ verdict, reasons, summary }) => ({ verdict, reasons, rows: summary?.rows ?? [] })),
    );
    const tests = results
      .map((result, place) => ({ ...result, ...judged[place] }))
      .map(({ test, verdict, reasons, exitCode, summary }) => ({
        test,
        verdict,
        reasons: [...reasons.flatMap(linesOf), ...(problem === null ? [] : [problem])],
        exitCode,
        rows: summary?.rows ?? [],
        ...(summary?.rate == null ? {} : { achieved: summary.rate.achieved }),
        ...(summary == null ? {} : { attribution: evidenceOf(summary.metrics) }),
      }));
    return {
      verdict: worst(tests.map(({ verdict }) => verdict)),
      tests,
      account: await this.account(),
      hung: this.deadline.aborted,
    };
  }
}
