import { type Account, type Ending, isOrdered, type Offender } from "../core/account.ts";
import type { PathArrivals } from "../core/arrivals.ts";
import { Bitset } from "../core/bitset.ts";
import type { Workload } from "../core/event.ts";
import type { Histogram } from "../core/histogram.ts";
import { explain, type HopsReport } from "../core/hops.ts";
import type { PathAccount } from "../core/ledger.ts";
import { Publication } from "../core/publication.ts";
import type { Opening, Published, Settling } from "../core/report.ts";
import type { Second } from "../core/timeline.ts";
import { CANARY_PUBLISHER, runNumber, type Trace } from "../core/trace.ts";
import type { Webhook } from "../systems/ethhook/wire.ts";
import { explainStorage } from "../systems/ingestor/storage.ts";
import { Deliveries, type PathLatencies } from "./deliveries.ts";
import type { Delivery } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";
import { Expected } from "./expected.ts";
import type { Refusal } from "./failures.ts";
import { differenceOf } from "./opening.ts";
import type { Path } from "./path.ts";
import { SubscriptionPath } from "./subscription.ts";
import type { Stored, Watched } from "./watch.ts";

/** How often the wait for the last deliveries looks again. */
const DRAIN_POLL_MS = 100;

/** How many paths that broke a rule an account names. */
const OFFENDERS = 10;

/** One run: what its publishers and subscribers reported, and the account of it. */
export class Run {
  readonly id: string;
  /** What stands for the id in traces. */
  readonly number: number;
  readonly workload: Workload;
  /** Unix ms. */
  readonly openedAt: number;
  private readonly opening: Opening;
  private readonly endpoints: Endpoints | null;
  private readonly stored: Stored | null;
  private readonly publication = new Publication();
  private readonly expected = new Expected(this.publication);
  private readonly subscriptions = new Map<string, SubscriptionPath>();
  private readonly deliveries = new Deliveries();
  private readonly publishers = new Map<string, "publishing" | "done">();
  private readonly now: () => number;
  private lateArrivals = 0;
  private lastArrivalAt = 0;
  private wait: Promise<void> | null = null;
  private closed: Account | null = null;
  private closedAt: number | null = null;
  private expectedAtClose: ReadonlyMap<number, number> | null = null;
  private hopsReport: HopsReport | null = null;

  /**
   * @param now Unix ms; a parameter so that the rules of time can be tested without waiting.
   * @param watch follows the table that the events end up in, where they do.
   */
  constructor(id: string, opening: Opening, now: () => number, watch?: (watched: Watched) => Stored) {
    this.id = id;
    this.number = runNumber(id);
    this.opening = opening;
    this.endpoints = opening.webhooks === undefined ? null : new Endpoints(opening.seed, opening.webhooks);
    this.workload = { seed: opening.seed, chains: opening.chains };
    this.now = now;
    this.openedAt = now();
    this.stored = watch?.(this.watched()) ?? null;
  }

  /** What the watch of a table may know. */
  private watched(): Watched {
    return {
      acknowledged: () => this.publication.acknowledged,
      underLoad: () => !this.publishersDone(),
      deliveries: this.deliveries,
      arrived: () => {
        this.lastArrivalAt = this.now();
      },
    };
  }

  /** Lets go of what the run holds open. */
  async close(): Promise<void> {
    await this.stored?.watch.stop();
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
    return this.closedAt;
  }

  /**
   * Lets a publisher or subscriber join.
   *
   * @returns why it may not: it would be told the account of others, or means another workload; null when it has joined.
   */
  join(opening: Opening): string | null {
    if (this.settled) return `run ${this.id} is settled; take another RUN_ID`;
    const difference = differenceOf(opening, this.opening);
    if (difference !== null) return `run ${this.id} is open with another ${difference}`;
    if (opening.publisher !== undefined) this.publishers.set(opening.publisher, "publishing");
    return null;
  }

  /** Enters a published batch. */
  published(batch: Published): void {
    this.publication.record(batch);
    this.deliveries.timeline.published(batch.sentFrom, batch.count);
  }

  /** Enters what subscribers saw. */
  arrivals({ paths }: { readonly paths: readonly PathArrivals[] }): void {
    const now = this.now();
    for (const report of paths) {
      let path = this.subscriptions.get(report.path);
      if (path === undefined) {
        path = new SubscriptionPath(report, this.workload);
        this.subscriptions.set(report.path, path);
      }
      const arrived = path.enter(report, this.deliveries, now);
      if (this.settled) this.lateArrivals += report.seqs.length;
      if (arrived > 0) this.lastArrivalAt = now;
    }
  }

  /** Enters a webhook that was taken. */
  delivered(endpoint: string, delivery: Delivery, body: Webhook): void {
    if (this.endpoints === null) return;
    const isNew = this.endpoints.delivered(endpoint, delivery, body, this.deliveries);
    // Whatever it is, a repetition or a stray too: the account is closed, and this is where it shows.
    if (this.settled && delivery.trace.publisher !== CANARY_PUBLISHER) this.lateArrivals++;
    if (isNew) this.lastArrivalAt = this.now();
  }

  /** Counts a webhook that was not taken. */
  refused(endpoint: string, trace: Trace, at: number, why: Refusal): void {
    this.endpoints?.refused(endpoint, trace, at, why);
  }

  /** Enters what the stream and the queues say of the events between publishing and delivery. */
  hops(report: HopsReport): void {
    this.hopsReport = report;
  }

  /** Waits until everything has arrived or waiting makes no sense, and closes the account. */
  async settle({ publisher, subscriber, timeout, quiet, linger = 0 }: Settling): Promise<Account> {
    if (publisher !== undefined) this.publishers.set(publisher, "done");
    for (const path of this.subscriptions.values()) {
      if (subscriber !== undefined && path.name.startsWith(`${subscriber}/`)) path.abandon();
    }
    this.wait ??= this.waitForDeliveries(timeout, quiet, linger);
    await this.wait;
    return this.account();
  }

  private async waitForDeliveries(timeout: number, quiet: number, linger: number): Promise<void> {
    const deadline = this.now() + timeout;
    while (!this.publishersDone() && this.now() < deadline) await pause(DRAIN_POLL_MS);
    const started = this.now();
    const backlog = this.account().lost;
    let ending = this.endingAt(started, deadline, quiet);
    while (ending === null) {
      await pause(DRAIN_POLL_MS);
      ending = this.endingAt(started, deadline, quiet);
    }
    const drain = this.now() - started;
    // What comes again after the account is closed, nobody sees.
    if (ending === "complete" && linger > 0) await pause(linger);
    if (this.stored !== null) {
      // What was seen so far is what was new; now every row of the run is looked at once more.
      await this.stored.watch.finish();
      if (ending === "quiet" && this.account().lost === 0) ending = "complete";
    }
    this.closedAt = this.now();
    this.expectedAtClose = this.expected.bySecond(this.paths(), this.now());
    this.closed = { ...this.account(), ending, backlog, drain };
  }

  private endingAt(started: number, deadline: number, quiet: number): Ending | null {
    const now = this.now();
    if (!this.publishersDone()) return "publisher missing";
    const through = this.publication.span?.through ?? 0;
    const caughtUp = this.paths().every((path) => path.hasCaughtUp(through, now));
    if (caughtUp && this.account().lost === 0) return "complete";
    if (now >= deadline) return "timeout";
    return caughtUp && now - Math.max(this.lastArrivalAt, started) >= quiet ? "quiet" : null;
  }

  private publishersDone(): boolean {
    return [...this.publishers.values()].every((state) => state === "done");
  }

  /** The account as it stands; once closed it changes no more, but for what comes too late. */
  account(): Account {
    if (this.closed !== null) {
      return { ...this.closed, late: this.lateArrivals, causes: this.causes(this.closed) };
    }
    const now = this.now();
    const accounts = new Map<Path, PathAccount>();
    const sum = { expected: 0, delivered: 0, lost: 0, duplicated: 0, reordered: 0, misrouted: 0, unjudged: 0 };
    const offenders: Offender[] = [];
    for (const path of this.paths()) {
      const settled = path.settle(this.publication, this.expected.whole, now);
      accounts.set(path, settled);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += settled[key];
      const inversions = isOrdered({ webhooks: this.endpoints, storage: this.stored }) ? settled.reordered : 0;
      const broken = settled.lost + settled.duplicated + settled.misrouted + inversions > 0;
      if (broken && offenders.length < OFFENDERS) {
        const [firstLost] = settled.lostSeqs;
        const firstLostAt = firstLost === undefined ? null : this.publication.sentAt(firstLost);
        offenders.push({ path: path.name, filter: path.filter, ...settled, firstLostAt });
      }
    }
    const webhooks = this.endpoints?.account((path) => accounts.get(path) as PathAccount) ?? null;
    sum.misrouted += webhooks?.strays ?? 0;
    const paths = this.paths();
    const { published, acknowledged, refused, unknown, span } = this.publication;
    const account: Account = {
      version: 1,
      run: this.id,
      ending: null,
      published,
      acknowledged,
      refused,
      unknown,
      span,
      publishers: this.publishers.size,
      paths: paths.length,
      ready: paths.filter((path) => path.ready).length,
      silent: paths.filter((path) => path.isSilent(now)).length,
      ...sum,
      late: 0,
      unreported: this.arrivedOf((seen) => this.publication.unreported(seen)),
      contradicted: this.arrivedOf((seen) => this.publication.contradicted(seen)),
      backlog: 0,
      drain: 0,
      lastArrivalAt: this.lastArrivalAt === 0 ? null : this.lastArrivalAt,
      latency: this.latency().percentiles(),
      growth: this.deliveries.growth.over(span),
      offenders,
      webhooks,
      storage: this.stored?.watch.account() ?? null,
      causes: [],
    };
    return { ...account, causes: this.causes(account) };
  }

  private causes(account: Account): string[] {
    if (account.storage === null) return [...explain(account, this.hopsReport), ...(this.endpoints?.damages ?? [])];
    const [offender] = account.offenders;
    const described = offender === undefined ? [] : (this.stored?.path.describeLost(offender) ?? []);
    return [...explainStorage(account, account.storage), ...described, ...(this.stored?.path.damages ?? [])];
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
    const table = this.stored === null ? [] : [this.stored.path];
    return [...this.subscriptions.values(), ...(this.endpoints?.paths.values() ?? []), ...table];
  }

  /** How many events of a kind arrived, on however many paths. */
  private arrivedOf(kind: (seen: Bitset) => Iterable<number>): number {
    const arrived = new Bitset();
    for (const path of this.paths()) for (const seq of kind(path.seen)) arrived.add(seq);
    return arrived.size;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
