import type { Account, Ending, Offender } from "../workload/account.ts";
import { Bitset } from "../workload/bitset.ts";
import type { Workload } from "../workload/event.ts";
import { Histogram } from "../workload/histogram.ts";
import { Publication } from "../workload/publication.ts";
import type { Arrivals, Opening, Published, Settling } from "../workload/report.ts";
import { Path } from "./path.ts";

/** How often the wait for the last deliveries looks again. */
const DRAIN_POLL_MS = 100;

/** How many paths that broke a rule an account names. */
const OFFENDERS = 10;

/** One run: what its publishers and subscribers reported, and the account of it. */
export class Run {
  readonly id: string;
  readonly workload: Workload;
  private readonly publication = new Publication();
  private readonly paths = new Map<string, Path>();
  private readonly latencies = new Histogram();
  private readonly publishers = new Map<string, "publishing" | "done">();
  private readonly now: () => number;
  private lateArrivals = 0;
  private lastArrivalAt = 0;
  private draining: Promise<void> | null = null;
  private closed: Account | null = null;

  /** @param now Unix ms; a parameter so that the rules of time can be tested without waiting. */
  constructor(id: string, opening: Opening, now: () => number) {
    this.id = id;
    this.workload = { seed: opening.seed, chains: opening.chains };
    this.now = now;
  }

  get settled(): boolean {
    return this.closed !== null;
  }

  /** Lets a publisher or subscriber join. @returns false when it means another workload than the others. */
  join({ seed, chains, publisher }: Opening): boolean {
    if (seed !== this.workload.seed || chains.join() !== this.workload.chains.join()) return false;
    if (publisher !== undefined) this.publishers.set(publisher, "publishing");
    return true;
  }

  /** Enters a published batch. */
  published(batch: Published): void {
    this.publication.record(batch);
  }

  /** Enters what subscribers saw. */
  arrivals({ paths }: Arrivals): void {
    const now = this.now();
    for (const report of paths) {
      let path = this.paths.get(report.path);
      if (path === undefined) {
        path = new Path(report, this.workload);
        this.paths.set(report.path, path);
      }
      const arrived = path.enter(report, this.latencies, now);
      if (this.settled) this.lateArrivals += arrived;
      if (arrived > 0) this.lastArrivalAt = now;
    }
  }

  /** Waits until everything has arrived or waiting makes no sense, and closes the account. */
  async settle({ publisher, timeout, quiet }: Settling): Promise<Account> {
    if (publisher !== undefined) this.publishers.set(publisher, "done");
    this.draining ??= this.waitForDeliveries(timeout, quiet);
    await this.draining;
    return this.account();
  }

  private async waitForDeliveries(timeout: number, quiet: number): Promise<void> {
    const deadline = this.now() + timeout;
    while (!this.publishersDone() && this.now() < deadline) await pause(DRAIN_POLL_MS);
    const started = this.now();
    const backlog = this.account().lost;
    this.lastArrivalAt = Math.max(this.lastArrivalAt, started);
    let ending = this.endingAt(deadline, quiet);
    while (ending === null) {
      await pause(DRAIN_POLL_MS);
      ending = this.endingAt(deadline, quiet);
    }
    this.closed = { ...this.account(), ending, backlog, drain: this.now() - started };
  }

  private endingAt(deadline: number, quiet: number): Ending | null {
    const now = this.now();
    if (!this.publishersDone()) return "publisher missing";
    const through = this.publication.span?.through ?? 0;
    const caughtUp = [...this.paths.values()].every((path) => path.hasCaughtUp(through, now));
    if (caughtUp && this.account().lost === 0) return "complete";
    if (now >= deadline) return "timeout";
    return caughtUp && now - this.lastArrivalAt >= quiet ? "quiet" : null;
  }

  private publishersDone(): boolean {
    return [...this.publishers.values()].every((state) => state === "done");
  }

  /** The account as it stands; once closed it changes no more, but for what comes too late. */
  account(): Account {
    if (this.closed !== null) return { ...this.closed, late: this.lateArrivals };
    const now = this.now();
    const expectedWhole = this.rememberedExpectations();
    const sum = { expected: 0, delivered: 0, lost: 0, duplicated: 0, reordered: 0, misrouted: 0, unjudged: 0 };
    const offenders: Offender[] = [];
    for (const path of this.paths.values()) {
      const settled = path.settle(this.publication, expectedWhole, now);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += settled[key];
      const broken = settled.lost + settled.duplicated + settled.reordered + settled.misrouted > 0;
      if (broken && offenders.length < OFFENDERS) {
        const [firstLost] = settled.lostSeqs;
        const firstLostAt = firstLost === undefined ? null : this.publication.sentAt(firstLost);
        offenders.push({ path: path.name, filter: path.filter, ...settled, firstLostAt });
      }
    }
    const paths = [...this.paths.values()];
    const { published, acknowledged, refused, unknown, span } = this.publication;
    return {
      version: 1,
      run: this.id,
      ending: null,
      published,
      acknowledged,
      refused,
      unknown,
      span,
      paths: paths.length,
      ready: paths.filter((path) => path.ready).length,
      silent: paths.filter((path) => path.isSilent(now)).length,
      ...sum,
      late: 0,
      unreported: this.unreported(),
      backlog: 0,
      drain: 0,
      latency: this.latencies.percentiles(),
      offenders,
    };
  }

  /** Paths with the same filter expect the same events: worked out once for all of them. */
  private rememberedExpectations(): (path: Path) => Bitset {
    const remembered = new Map<string, Bitset>();
    return (path) => {
      const key = JSON.stringify(path.filter);
      let expected = remembered.get(key);
      if (expected === undefined) {
        expected = this.publication.expected(path.selected);
        remembered.set(key, expected);
      }
      return expected;
    };
  }

  private unreported(): number {
    const unreported = new Bitset();
    for (const path of this.paths.values()) {
      for (const seq of this.publication.unreported(path.seen)) unreported.add(seq);
    }
    return unreported.size;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
