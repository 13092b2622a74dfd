import type { Account } from "../core/account.ts";
import type { PathArrivals } from "../core/arrivals.ts";
import { DamageTally } from "../core/damage.ts";
import { type Stream, selector, variantIndex } from "../core/event.ts";
import type { Attributes, Filter } from "../core/filter.ts";
import type { PathAccount } from "../core/ledger.ts";
import { describeMistake, mistakesIn, type PathSample } from "../core/mistakes.ts";
import type { PromisedOrder } from "../core/order.ts";
import { shownName } from "../core/pathname.ts";
import type { DamageReport } from "../core/report.ts";
import type { AccountPart, Observer, ObserverContext } from "./observer.ts";
import { SubscriptionPath } from "./subscription.ts";

/** The subscriptions of a run, as their subscribers report them. */
export class Subscriptions implements Observer {
  readonly order: PromisedOrder;
  /** By the names that subscribers report. */
  private readonly byReport = new Map<string, SubscriptionPath>();
  private readonly names = new Set<string>();
  private readonly damages = new DamageTally();
  private readonly stream: Stream;
  private readonly observed: ObserverContext;

  constructor(stream: Stream, observed: ObserverContext, order: PromisedOrder = "all") {
    this.stream = stream;
    this.order = order;
    this.observed = observed;
  }

  get paths(): Iterable<SubscriptionPath> {
    return this.byReport.values();
  }

  /** A path that is new although its report does not say what it selects; null where there is none. */
  unknownIn(reports: readonly Pick<PathArrivals, "path" | "filter">[]): string | null {
    const told = new Set<string>();
    for (const { path, filter } of reports) {
      if (filter !== undefined) told.add(path);
      else if (!told.has(path) && !this.byReport.has(path)) return path;
    }
    return null;
  }

  /** Enters subscribers' reports. */
  enter(reports: readonly PathArrivals[], damages: readonly DamageReport[]): void {
    const { deliveries, acknowledgements } = this.observed;
    const now = this.observed.now();
    for (const damage of damages) this.damages.enter(damage, damage.count);
    for (const report of reports) {
      let path = this.byReport.get(report.path);
      if (path === undefined) {
        path = new SubscriptionPath(report, this.stream, now, this.order, this.shown(report.path));
        this.byReport.set(report.path, path);
      }
      const first = path.enter(report, deliveries, now, acknowledgements);
      this.observed.arrived(report.seqs.length, first, report.arrivedAt);
    }
  }

  /** The name of a new subscription, for people. */
  private shown(reported: string): string {
    const name = shownName(reported, (one) => this.names.has(one));
    this.names.add(name);
    return name;
  }

  /**
   * Number of events that arrived in time on paths that were unknown when the account was closed. A subscriber that
   * reconnects just when the load ends may report its new path after all others have finished.
   *
   * @param reports that {@link enter} will get.
   * @param closedAt Unix ms.
   */
  untold(reports: readonly PathArrivals[], closedAt: number): number {
    let untold = 0;
    for (const report of reports) {
      const path = this.byReport.get(report.path);
      if (path !== undefined && path.knownSince <= closedAt) continue;
      const selected = path?.selected ?? selector(this.stream, report.filter ?? {});
      const inTime = report.seqs.filter((_, place) => (report.arrivedAt[place] as number) <= closedAt);
      for (const seq of new Set(inTime)) if (selected(seq) && path?.seen.has(seq) !== true) untold++;
    }
    return untold;
  }

  /** A subscriber is gone, and its subscriptions will report nothing more. */
  abandon(subscriber: string): void {
    for (const [name, path] of this.byReport) if (name.startsWith(`${subscriber}/`)) path.abandon();
  }

  account(settle: (path: SubscriptionPath) => PathAccount): AccountPart {
    const paths = [...this.byReport.values()];
    const astray = paths.some((path) => settle(path).misrouted > 0);
    return {
      probed: paths.filter(({ probed }) => probed).length,
      mistaken: astray ? mistakesIn(paths.map(seenOn), attributesIn(this.stream)) : [],
    };
  }

  causes(account: Account) {
    return account.mistaken.map(describeMistake);
  }

  findings() {
    return this.damages.described();
  }
}

function seenOn({ filter, seen }: SubscriptionPath): PathSample {
  return { filter: filter as Filter, seqs: seen };
}

/** The attributes of a stream's published events. */
function attributesIn({ seed, variants }: Stream): (seq: number) => Attributes {
  return (seq) => variants[variantIndex(seed, seq, variants.length)] ?? {};
}
