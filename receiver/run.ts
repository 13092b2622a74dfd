import type { Account } from "../core/account.ts";
import type { ReadArrivals } from "../core/arrivals.ts";
import { Bursts } from "../core/bursts.ts";
import { type ClockAccount, type ClockReport, Clocks } from "../core/clocks.ts";
import type { Histogram } from "../core/histogram.ts";
import { type Batch, describeContest, Publication } from "../core/publication.ts";
import type { DamageReport, Opening, Settling } from "../core/report.ts";
import type { Standstills } from "../core/standstill.ts";
import type { Second } from "../core/timeline.ts";
import { runNumber } from "../core/trace.ts";
import { UnansweredEvents } from "../core/unanswered.ts";
import { accountOf } from "./accounting.ts";
import { Deliveries, type PathLatencies } from "./deliveries.ts";
import { Drain, type Waits } from "./drain.ts";
import { Expectations } from "./expected.ts";
import { Latecomers } from "./latecomers.ts";
import type { Observer, ObserverContext, Observers } from "./observer.ts";
import { differenceOf, type WorkloadOf } from "./opening.ts";
import type { Path } from "./path.ts";
import { Subscriptions } from "./subscriptions.ts";

/** A subscriber's report: decoded ids, and other arrivals. */
type SubscriberReport = Pick<ReadArrivals, "paths"> &
  Partial<ReadArrivals> & { readonly damages?: readonly DamageReport[] };

/** What a run gets from its receiver. */
interface RunPlace {
  /** Its far ends besides subscriptions, which every run may have. */
  readonly observers?: Observers | undefined;
  readonly workloadOf?: WorkloadOf | undefined;
  /** The longest standstill of this process since a time, in Unix ms. */
  readonly stoodStill?: Standstills["longestSince"] | undefined;
  /** When this process last had no free file descriptor since a time, in Unix ms. */
  readonly ranOut?: Standstills["ranOutSince"] | undefined;
}

/** One run: the reports of its publishers and subscribers, and its account. */
export class Run {
  readonly id: string;
  /** The number of its id in traces. */
  readonly number: number;
  /** Unix ms. */
  readonly openedAt: number;
  private readonly opening: Opening;
  private readonly subscriptions: Subscriptions;
  private readonly observers: readonly Observer[];
  private readonly clocks = new Clocks();
  private readonly publication = new Publication();
  private readonly expected = new Expectations(this.publication);
  private readonly unanswered = new UnansweredEvents();
  private readonly deliveries = new Deliveries();
  private readonly publishers = new Map<string, "publishing" | "done">();
  private readonly now: () => number;
  private readonly workloadOf: WorkloadOf;
  private readonly stoodStill: Standstills["longestSince"];
  private readonly ranOut: Standstills["ranOutSince"];
  private readonly strays = { damaged: 0, foreign: 0 };
  private lastArrivalAt = 0;
  private wait: Promise<void> | null = null;
  private closed: Account | null = null;
  private latecomers: Latecomers | null = null;
  private expectedAtClose: ReadonlyMap<number, number> | null = null;
  private readonly drain: Drain;

  /** @param now Unix ms; a parameter so that tests need not wait. */
  constructor(
    id: string,
    opening: Opening,
    now: () => number,
    { observers = () => [], workloadOf = () => ({}), stoodStill = () => null, ranOut = () => null }: RunPlace = {},
  ) {
    this.id = id;
    this.number = runNumber(id);
    this.opening = opening;
    this.now = now;
    this.workloadOf = workloadOf;
    this.stoodStill = stoodStill;
    this.ranOut = ranOut;
    this.openedAt = now();
    const observed = this.observed();
    this.subscriptions = new Subscriptions(opening, observed, opening.order);
    this.observers = [this.subscriptions, ...observers(observed)];
    this.drain = new Drain({
      now,
      publishersDone: () => this.publishersDone(),
      sentThrough: () => this.publication.span?.through ?? 0,
      lastArrivalAt: () => this.lastArrivalAt,
      paths: () => this.paths(),
      missing: () => this.account(),
      balance: () => this.observers.find(({ balance }) => balance !== undefined)?.balance ?? null,
      finish: async (ms) => void (await Promise.all(this.observers.map((observer) => observer.finish?.(ms)))),
    });
  }

  private observed(): ObserverContext {
    return {
      now: this.now,
      openedAt: this.openedAt,
      acknowledged: () => this.publication.acknowledged,
      acknowledgements: this.publication,
      acknowledgedSeqs: () => this.publication.expected(() => true),
      underLoad: () => !this.publishersDone(),
      deliveries: this.deliveries,
      clock: (report) => this.clocks.enter(report),
      arrived: (count, first, times) => {
        // Includes duplicates and strays: once the account is closed, only this shows them.
        this.latecomers?.arrived(count, first, times);
        if (first > 0) this.lastArrivalAt = this.now();
      },
    };
  }

  /** The observer of a class; undefined where the run has none. */
  observer<Kind extends Observer>(kind: abstract new (...made: never) => Kind): Kind | undefined {
    return this.observers.find((observer) => observer instanceof kind) as Kind | undefined;
  }

  /** Releases the run's resources. */
  async close(): Promise<void> {
    await Promise.all(this.observers.map((observer) => observer.close?.()));
  }

  /** Whether all is published and the last deliveries are awaited. */
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
   * @returns why it may not, because the run is over or has another workload; null when it has joined.
   */
  join(opening: Opening): string | null {
    const difference = differenceOf(opening, this.opening, this.workloadOf);
    if (difference !== null) return `run ${this.id} was opened with another ${difference}`;
    if (this.settled) return `run ${this.id} is settled; take another RUN_ID`;
    if (opening.bursts !== undefined) this.deliveries.bursts ??= new Bursts(opening.bursts);
    if (opening.publisher !== undefined) this.publishers.set(opening.publisher, "publishing");
    return null;
  }

  /** Enters a published batch. */
  published(batch: Batch): void {
    this.publication.record(batch);
    this.unanswered.record(batch);
    this.deliveries.tail.published(batch.sentThrough);
    const sent = batch.count - (batch.unsent?.length ?? 0);
    this.deliveries.timeline.published(batch.sentFrom, sent, sent - batch.refused.length - batch.unknown.length);
    for (const observer of this.observers) observer.published?.(batch);
  }

  /** See {@link Subscriptions.unknownIn}. */
  unknownIn(reports: Parameters<Subscriptions["unknownIn"]>[0]): string | null {
    return this.subscriptions.unknownIn(reports);
  }

  /** Enters subscribers' reports. */
  arrivals({ paths, damages = [], damaged = 0, foreign = 0 }: SubscriberReport): void {
    this.strays.damaged += damages.reduce((sum, { count }) => sum + count, damaged);
    this.strays.foreign += foreign;
    const { latecomers } = this;
    latecomers?.inTimeOnUnknownPaths(this.subscriptions.untold(paths, latecomers.closedAt));
    this.subscriptions.enter(paths, damages);
  }

  /** Enters the comparison of a clock with the receiver's. @returns the state of all clocks. */
  clock(report: ClockReport): ClockAccount[] {
    this.clocks.enter(report);
    return this.clocks.account();
  }

  /** Counts an arrival that is no event of the run. */
  stray(what: "damaged" | "foreign"): void {
    this.strays[what]++;
  }

  /** Waits until everything has arrived or waiting longer is useless, and closes the account. */
  async settle({ publisher, subscriber, ...waits }: Settling): Promise<Account> {
    if (publisher !== undefined) this.publishers.set(publisher, "done");
    if (subscriber !== undefined) this.subscriptions.abandon(subscriber);
    this.wait ??= this.closeAccount(waits);
    await this.wait;
    return this.account();
  }

  /**
   * Ends the wait for deliveries, now or when it begins, because the user has stopped the run. Missing deliveries stay
   * open.
   */
  interrupt(): void {
    this.drain.isInterrupted = true;
  }

  private async closeAccount(waits: Waits): Promise<void> {
    const ending = await this.drain.over(waits);
    const closedAt = this.now();
    this.expectedAtClose = this.expected.bySecond(this.paths(), closedAt);
    const account = this.account();
    const seconds = this.timeline();
    const additions = this.observers.map((observer) => observer.atClose?.(account, seconds));
    const { tail } = this.deliveries;
    const backlog = Math.min(account.expected, tail.count + account.lost + account.open);
    this.closed = Object.assign({}, account, ...additions, { ending, backlog, drain: tail.length });
    this.latecomers = new Latecomers(closedAt, account.lost);
  }

  private publishersDone(): boolean {
    return [...this.publishers.values()].every((state) => state === "done");
  }

  /** The current account; once closed, only late arrivals change it. */
  account(): Account {
    const { closed } = this;
    if (closed !== null) {
      const since = this.observers.map((observer) => observer.sinceClose?.(closed));
      const added = { ...this.latecomers?.addedTo(closed), clocks: this.clocks.account(), ...this.told(closed) };
      return Object.assign({}, closed, ...since, added);
    }
    const account = accountOf({
      id: this.id,
      now: this.now(),
      observers: this.observers,
      publication: this.publication,
      expected: this.expected,
      unanswered: this.unanswered,
      deliveries: this.deliveries,
      clocks: this.clocks,
      publishers: this.publishers.size,
      strays: this.strays,
      lastArrivalAt: this.lastArrivalAt,
      isInterrupted: this.drain.isInterrupted,
      standstill: this.stoodStill(this.publication.span?.from ?? this.openedAt),
      ranOutAt: this.ranOut(this.publication.span?.from ?? this.openedAt),
    });
    return { ...account, ...this.told(account) };
  }

  private told(account: Account): Pick<Account, "causes" | "findings" | "examples"> {
    const examples = this.observers.flatMap((observer) => observer.examples?.() ?? []);
    const contests = this.publication.contests.map((one) => describeContest(one, this.id));
    return {
      causes: [...contests, ...this.observers.flatMap((observer) => observer.causes(account))],
      findings: this.observers.flatMap((observer) => observer.findings?.(account) ?? []),
      ...(examples.length > 0 ? { examples } : {}),
    };
  }

  /** The run second by second; expectations are fixed when the account is closed. */
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
