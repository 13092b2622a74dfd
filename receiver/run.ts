import type { Account, Ending } from "../core/account.ts";
import type { ReadArrivals } from "../core/arrivals.ts";
import { backlogGrowth } from "../core/backlog.ts";
import { Bursts } from "../core/bursts.ts";
import { type ClockAccount, type ClockReport, Clocks } from "../core/clocks.ts";
import type { Histogram } from "../core/histogram.ts";
import { type HopsReport, leftPending, mergeHops } from "../core/hops.ts";
import { type Batch, Publication, tellContest } from "../core/publication.ts";
import type { DamageReport, Opening, Settling } from "../core/report.ts";
import { type Drain, endingOf } from "../core/settling.ts";
import type { Standstills } from "../core/standstill.ts";
import type { Second } from "../core/timeline.ts";
import { runNumber } from "../core/trace.ts";
import { accountOf } from "./accounting.ts";
import { Deliveries, type PathLatencies } from "./deliveries.ts";
import { Expectations } from "./expected.ts";
import { Latecomers } from "./latecomers.ts";
import type { Observer, ObserverContext, Observers } from "./observer.ts";
import { differenceOf } from "./opening.ts";
import type { Path } from "./path.ts";
import { Subscriptions } from "./subscriptions.ts";

/** How often the wait for the last deliveries looks again. */
const DRAIN_POLL_MS = 100;

/** So long a worker may keep what it has taken, unless told. */
const HOLD_MS = 30_000;

type Waits = Pick<Settling, "timeout" | "quiet" | "hold" | "linger">;

/** What subscribers tell: ids that were read, and what arrived beside them. */
type SubscriberReport = Pick<ReadArrivals, "paths"> &
  Partial<ReadArrivals> & { readonly damages?: readonly DamageReport[] };

/** One run: what its publishers and subscribers reported, and the account of it. */
export class Run {
  readonly id: string;
  /** What stands for the id in traces. */
  readonly number: number;
  /** Unix ms. */
  readonly openedAt: number;
  private readonly opening: Opening;
  private readonly subscriptions: Subscriptions;
  private readonly observers: readonly Observer[];
  private readonly clocks = new Clocks();
  private readonly publication = new Publication();
  private readonly expected = new Expectations(this.publication);
  private readonly deliveries = new Deliveries();
  private readonly publishers = new Map<string, "publishing" | "done">();
  private readonly now: () => number;
  private readonly stoodStill: Standstills["longestSince"];
  private readonly strays = { damaged: 0, foreign: 0 };
  private lastArrivalAt = 0;
  private wait: Promise<void> | null = null;
  private interrupted = false;
  private closed: Account | null = null;
  private latecomers: Latecomers | null = null;
  private expectedAtClose: ReadonlyMap<number, number> | null = null;
  private hopsReport: HopsReport | null = null;

  /**
   * @param now Unix ms; a parameter so that the rules of time can be tested without waiting.
   * @param observers the far ends of the run beside subscriptions, which every run may have.
   * @param stoodStill the longest standstill of this process since a moment, in Unix ms.
   */
  constructor(
    id: string,
    opening: Opening,
    now: () => number,
    observers: Observers = () => [],
    stoodStill: Standstills["longestSince"] = () => null,
  ) {
    this.id = id;
    this.number = runNumber(id);
    this.opening = opening;
    this.now = now;
    this.stoodStill = stoodStill;
    this.openedAt = now();
    const observed = this.observed();
    this.subscriptions = new Subscriptions(opening, observed);
    this.observers = [this.subscriptions, ...observers(observed)];
  }

  private observed(): ObserverContext {
    return {
      now: this.now,
      acknowledged: () => this.publication.acknowledged,
      acknowledgements: this.publication,
      acknowledgedSeqs: () => this.publication.expected(() => true),
      underLoad: () => !this.publishersDone(),
      deliveries: this.deliveries,
      clock: (report) => this.clocks.enter(report),
      arrived: (count, first, times) => {
        // Repetitions and strays too: the account is closed, and this is where they show.
        this.latecomers?.arrived(count, first, times);
        if (first > 0) this.lastArrivalAt = this.now();
      },
    };
  }

  /** The far end of a kind; undefined where the run has none. */
  observer<Kind extends Observer>(kind: abstract new (...made: never) => Kind): Kind | undefined {
    return this.observers.find((observer) => observer instanceof kind) as Kind | undefined;
  }

  /** Lets go of what the run holds open. */
  async close(): Promise<void> {
    await Promise.all(this.observers.map((observer) => observer.close?.()));
  }

  /** Whether all is published and the last deliveries are waited for. */
  get draining(): boolean {
    return this.wait !== null && this.closed === null && this.publishersDone();
  }

  get settled(): boolean {
    return this.closed !== null;
  }

  /** Unix ms; null until then. */
  get settledAt(): number | null {
    return this.latecomers?.closedAt ?? null;
  }

  /**
   * Lets a publisher or subscriber join.
   *
   * @returns why it may not: it would be told the account of others, or means another workload; null when it has joined.
   */
  join(opening: Opening): string | null {
    const difference = differenceOf(opening, this.opening);
    if (difference !== null) return `run ${this.id} was opened with another ${difference}`;
    if (this.settled) return `run ${this.id} is settled; take another RUN_ID`;
    if (opening.bursts !== undefined) this.deliveries.bursts ??= new Bursts(opening.bursts);
    if (opening.publisher !== undefined) this.publishers.set(opening.publisher, "publishing");
    return null;
  }

  /** Enters a published batch. */
  published(batch: Batch): void {
    this.publication.record(batch);
    this.deliveries.tail.published(batch.sentThrough);
    this.deliveries.timeline.published(batch.sentFrom, batch.count - (batch.unsent?.length ?? 0));
    for (const observer of this.observers) observer.published?.(batch);
  }

  /** Enters what subscribers saw. */
  arrivals({ paths, damages = [], damaged = 0, foreign = 0 }: SubscriberReport): void {
    this.strays.damaged += damages.reduce((sum, { count }) => sum + count, damaged);
    this.strays.foreign += foreign;
    const { latecomers } = this;
    latecomers?.inTimeOnUnknownPaths(this.subscriptions.untold(paths, latecomers.closedAt));
    this.subscriptions.enter(paths, damages);
  }

  /** Enters how a clock that takes part stands to the receiver's. @returns what is known of all clocks. */
  clock(report: ClockReport): ClockAccount[] {
    this.clocks.enter(report);
    return this.clocks.account();
  }

  /** Counts an arrival that is no event of the run. */
  stray(what: "damaged" | "foreign"): void {
    this.strays[what]++;
  }

  /** Enters what the stream and the queues say of the events between publishing and delivery. */
  hops(report: HopsReport): void {
    this.hopsReport = this.hopsReport === null ? report : mergeHops(this.hopsReport, report);
  }

  /** Waits until everything has arrived or waiting makes no sense, and closes the account. */
  async settle({ publisher, subscriber, ...waits }: Settling): Promise<Account> {
    if (publisher !== undefined) this.publishers.set(publisher, "done");
    if (subscriber !== undefined) this.subscriptions.abandon(subscriber);
    this.wait ??= this.waitForDeliveries(waits);
    await this.wait;
    return this.account();
  }

  /** Ends the wait for deliveries, now or once it begins: whoever ran it goes. What is missing stays open. */
  interrupt(): void {
    this.interrupted = true;
  }

  private async waitForDeliveries({ timeout, quiet, hold = HOLD_MS, linger = 0 }: Waits): Promise<void> {
    const deadline = this.now() + timeout;
    while (!this.publishersDone() && this.now() < deadline && !this.interrupted) await pause(DRAIN_POLL_MS);
    const waits = { startedAt: this.now(), deadline, quiet, hold };
    let ending = this.endingAt(waits);
    while (ending === null) {
      await pause(DRAIN_POLL_MS);
      ending = this.endingAt(waits);
    }
    // What comes again after the account is closed, nobody sees.
    if (ending === "complete" && linger > 0) await pause(linger);
    await this.finish();
    if ((ending === "quiet" || ending === "held") && this.missing() === 0) {
      // Only this last look has found what was missing.
      ending = "complete";
      if (linger > 0) {
        await pause(linger);
        await this.finish();
      }
    }
    const closedAt = this.now();
    this.expectedAtClose = this.expected.bySecond(this.paths(), this.now());
    const account = this.account();
    const growth = backlogGrowth(this.timeline(), account.span);
    const webhooks = account.webhooks === null ? null : { ...account.webhooks, growth };
    const { tail } = this.deliveries;
    const backlog = Math.min(account.expected, tail.count + account.lost + account.open);
    this.closed = { ...account, webhooks, ending, backlog, drain: tail.length };
    this.latecomers = new Latecomers(closedAt, account.lost);
  }

  private async finish(): Promise<void> {
    await Promise.all(this.observers.map((observer) => observer.finish?.()));
  }

  /** Expected deliveries that have not happened. */
  private missing(): number {
    const { lost, open } = this.account();
    return lost + open;
  }

  private endingAt(waits: Pick<Drain, "startedAt" | "deadline" | "quiet" | "hold">): Ending | null {
    const now = this.now();
    if (this.interrupted) return this.publishersDone() && this.missing() === 0 ? "complete" : "interrupted";
    if (!this.publishersDone()) return "publisher missing";
    const through = this.publication.span?.through ?? 0;
    const paths = this.paths();
    const { lost, open } = this.account();
    return endingOf({
      ...waits,
      now,
      caughtUp: paths.every((path) => path.hasCaughtUp(through, now)),
      missing: lost + open,
      refused: open,
      lastArrivalAt: this.lastArrivalAt,
      openUntil: Math.max(...paths.map((path) => path.openUntil)),
      balance: this.observers.find(({ balance }) => balance !== undefined)?.balance ?? null,
    });
  }

  private publishersDone(): boolean {
    return [...this.publishers.values()].every((state) => state === "done");
  }

  /** The account as it stands; once closed it changes no more, but for what comes too late. */
  account(): Account {
    if (this.closed !== null) {
      const webhooks = this.withStream(this.closed.webhooks);
      const clocks = this.clocks.account();
      const added = this.latecomers?.addedTo(this.closed);
      return { ...this.closed, ...added, webhooks, clocks, causes: this.causes(this.closed) };
    }
    const account = accountOf({
      id: this.id,
      now: this.now(),
      observers: this.observers,
      publication: this.publication,
      expected: this.expected,
      deliveries: this.deliveries,
      clocks: this.clocks,
      publishers: this.publishers.size,
      strays: this.strays,
      lastArrivalAt: this.lastArrivalAt,
      isInterrupted: this.interrupted,
      standstill: this.stoodStill(this.publication.span?.from ?? this.openedAt),
    });
    return { ...account, causes: this.causes(account) };
  }

  /** What was read of the stream is known only when the account is closed. */
  private withStream(webhooks: Account["webhooks"]): Account["webhooks"] {
    if (webhooks === null || this.hopsReport === null) return webhooks;
    return { ...webhooks, leftPending: leftPending(this.hopsReport) };
  }

  private causes(account: Account): string[] {
    const contests = this.publication.contests.map((one) => tellContest(one, this.id));
    return [...contests, ...this.observers.flatMap((observer) => observer.causes(account, this.hopsReport))];
  }

  /** The run second by second; what was expected in each is fixed with the account. */
  timeline(): Second[] {
    return this.deliveries.timeline.seconds(this.expectedAtClose ?? this.expected.bySecond(this.paths(), this.now()));
  }

  /** The delivery latencies by path. */
  latencies(): PathLatencies[] {
    return this.deliveries.latencies();
  }

  /** From publishing to arrival, over all deliveries. */
  latency(): Histogram {
    return this.deliveries.total;
  }

  private paths(): readonly Path[] {
    return this.observers.flatMap(({ paths }) => [...paths]);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
