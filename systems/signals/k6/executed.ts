import { sleep } from "k6";
import http from "k6/http";
import type { Account } from "../../../core/account.ts";
import { DamageTally } from "../../../core/damage.ts";
import { readTime } from "../../../core/moment.ts";
import { isLeftOver } from "../../../core/plausible.ts";
import { safeMessageOf } from "../../../core/redaction.ts";
import type { DamageReport, PathReport } from "../../../core/report.ts";
import { findEventId, readEventId } from "../../../core/trace.ts";
import type { Access } from "../../../k6/support/access.ts";
import type { Measure } from "../../../k6/support/metrics.ts";
import { clockCorrection, fetchAccount, type Run, reportArrivals, settleRun } from "../../../k6/support/run.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { type ClockOfTarget, damageOf, readExecuted } from "../wire.ts";

const EVERYTHING = {};

const POLL_SECONDS = 0.25;

type ListSettings = Pick<Settings<"webhook">, "SIGNALS_EXECUTED_URL" | "SIGNALS_URL" | "SEED">;

/** The number of signals that a target has executed, where its list keeps nothing to identify them. */
export class ExecutedCount {
  private readonly pages: ExecutedPages;
  private counted = 0;

  constructor(config: ListSettings, access: Access) {
    this.pages = new ExecutedPages(config, access);
  }

  /** The length of the list. @throws when the list cannot be read. */
  now(): number {
    this.counted += this.pages.fresh().length;
    return this.counted;
  }
}

/**
 * Waits until the list stops growing. For `teardown()`.
 *
 * @returns the number of signals executed since the list had length `before`.
 */
export function settleCount(config: Settings<"webhook">, access: Access, before: number): number {
  const { DRAIN_TIMEOUT, DRAIN_QUIET } = config;
  const count = new ExecutedCount(config, access);
  const started = Date.now();
  let counted = count.now();
  let grewAt = started;
  while (Date.now() - grewAt < DRAIN_QUIET * 1000 && Date.now() - started < DRAIN_TIMEOUT * 1000) {
    sleep(POLL_SECONDS);
    const more = count.now();
    if (more > counted) grewAt = Date.now();
    counted = more;
  }
  return counted - before;
}

/** The target's list of executed signals, as reports for the receiver. */
export class ExecutedList {
  /** Whether anything was listed at all, with or without a trace. */
  listsSomething = false;
  /** Signals of the run without a time in executed_at. */
  untimed = 0;
  private readonly pages: ExecutedPages;
  private readonly run: Run;
  private readonly openedAt: number;
  private readonly correction: number;
  private readonly seed: number;
  /** Damage in the signals of the last reading. */
  private readonly damages = new DamageTally();

  /**
   * @param openedAt Unix ms by the receiver's clock, before the first signal was sent.
   * @param correction ms to add to the target's time to get the receiver's.
   */
  constructor(config: ListSettings, access: Access, run: Run, openedAt: number, correction: number) {
    this.pages = new ExecutedPages(config, access);
    this.run = run;
    this.openedAt = openedAt;
    this.correction = correction;
    this.seed = config.SEED;
  }

  /** The signals executed since the last reading, as a report. @throws when the list cannot be read. */
  arrivals(): { readonly paths: [PathReport]; readonly damages: DamageReport[] } {
    const from = this.openedAt - 1_000;
    const path = { path: "executed", filter: EVERYTHING, from, closed: false, lost: false } as const;
    const ids: string[] = [];
    const times: (number | null)[] = [];
    for (const signal of this.pages.fresh()) {
      this.listsSomething = true;
      const text = JSON.stringify(signal);
      const id = findEventId(text);
      const trace = id === null ? null : readEventId(id);
      if (id === null || trace?.run !== this.run.number || isLeftOver(trace.publishedAt, this.openedAt)) continue;
      const time = readTime(String((signal as { executed_at?: unknown }).executed_at ?? ""));
      ids.push(id);
      if (time === null) this.untimed++;
      const damage = damageOf(signal, this.seed, trace);
      if (damage !== null) this.damages.enter(damage);
      // The latest time that a truncated one may mean, because it must not lie before the send.
      const at = time === null ? null : time.at + time.resolution + this.correction;
      times.push(at === null ? null : Math.round((at - path.from) * 1000));
    }
    const through = Date.now() + clockCorrection(this.run);
    return { paths: [{ ...path, through, ids: ids.join(""), times }], damages: this.damages.take() };
  }
}

/** Reads the list of executed signals on from the last reading. */
class ExecutedPages {
  private readonly url: string;
  private readonly access: Access | null;
  private read = 0;
  private next: number | string | undefined;

  constructor({ SIGNALS_EXECUTED_URL: url = "", SIGNALS_URL }: ListSettings, access: Access) {
    this.url = url;
    // Credentials go to the target's origin only.
    this.access = originOf(url) === originOf(SIGNALS_URL) ? access : null;
  }

  /** New entries; after an unreadable page the next reading starts there. @throws when a page cannot be read. */
  fresh(): unknown[] {
    const fresh: unknown[] = [];
    let next = this.next;
    for (;;) {
      const separator = this.url.includes("?") ? "&" : "?";
      const after = next === undefined ? "" : `${separator}after=${encodeURIComponent(next)}`;
      this.access?.readyNow();
      const headers = this.access?.headers() ?? {};
      const answer = http.get(`${this.url}${after}`, { headers, tags: { name: "executed" } });
      const page = answer.status === 200 ? readExecuted(answer.body) : answer.error || `status ${answer.status}`;
      if (typeof page === "string") throw new Error(`SIGNALS_EXECUTED_URL=${this.url}: ${page}`);
      if (page.next === undefined) {
        const added = page.signals.slice(this.read);
        this.read = page.signals.length;
        return added;
      }
      for (const signal of page.signals) fresh.push(signal);
      if (page.signals.length === 0) {
        this.next = next;
        return fresh;
      }
      next = page.next;
    }
  }
}

/**
 * Reports executed signals until all accepted ones are there and the lingering is over, or until nothing arrives any
 * more; then closes the account. For `teardown()`, where k6 has no finer clock than `Date.now()`.
 *
 * @param untimed gets the number of signals without a time.
 */
export async function settleExecuted(
  config: Settings<"webhook">,
  access: Access,
  run: Run & { readonly openedAt: number; readonly targetClock: ClockOfTarget },
  untimed: Measure,
): Promise<Account> {
  const { RECEIVER_URL: receiver = "", DRAIN_TIMEOUT, DRAIN_QUIET, LINGER = 0 } = config;
  const list = new ExecutedList(config, access, run, run.openedAt, run.targetClock.correction);
  const started = Date.now();
  let progressAt = started;
  // Duplicates may be executed later, so a lingering run reads on.
  let isComplete = false;
  let until = started + DRAIN_TIMEOUT * 1000;
  /** A report that the receiver did not take is sent again. */
  let untold: ReturnType<ExecutedList["arrivals"]> | null = null;
  for (;;) {
    try {
      untold ??= list.arrivals();
      if (untold.paths[0].times.length > 0) progressAt = Date.now();
      await reportArrivals(config, run, untold);
      untold = null;
      if (!isComplete && fetchAccount(receiver, run.id)?.lost === 0) {
        isComplete = true;
        until = Date.now() + LINGER * 1000;
      }
    } catch (problem) {
      // A restarting target answers soon and is not quiet; one that never does leaves no account.
      progressAt = Date.now();
      console.warn(safeMessageOf(problem));
    }
    const isQuiet = !isComplete && Date.now() - progressAt >= DRAIN_QUIET * 1000;
    if (isQuiet || Date.now() >= until) break;
    sleep(POLL_SECONDS);
  }
  untimed.add(list.untimed);
  return settleRun({ ...config, DRAIN_QUIET: 0, LINGER: 0 }, run, "publisher");
}

/** Scheme and host of a URL; k6 has no URL class. */
function originOf(url: string): string {
  return /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(url)?.[1]?.toLowerCase() ?? url;
}
