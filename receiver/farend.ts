import type { Account, ObservedPathAccount } from "../core/account.ts";
import { eventsIn } from "../core/echoes.ts";
import { selector } from "../core/event.ts";
import { Histogram } from "../core/histogram.ts";
import type { Identity } from "../core/identity.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Arrival } from "../core/observe.ts";
import type { PromisedOrder } from "../core/order.ts";
import { isPlausible } from "../core/plausible.ts";
import type { FarEndOpening, ObservedArrival } from "../core/report.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { CountPath } from "./countpath.ts";
import { type FarEndRun, FarEndTexts, placeOf, shown } from "./farendtexts.ts";
import { Findings, placesIn, seqIn } from "./findings.ts";
import { type Follower, follow } from "./followers.ts";
import { ObservedPath } from "./observedpath.ts";
import type { AccountPart, Observer, ObserverContext } from "./observer.ts";
import type { Path } from "./path.ts";
import type { Reading } from "./poll.ts";
import { Reads } from "./reads.ts";
import { describeStrays, Strays } from "./strays.ts";

/** Clocks that were compared over a network agree to less than this. */
const AHEAD_MS = 100;

/** A user's far end: every arrival is a text, in which identities are found. */
export class FarEnd implements Observer {
  readonly order: PromisedOrder;
  readonly run: FarEndRun;
  private readonly byName: ReadonlyMap<string, ObservedPath>;
  private readonly count: CountPath | null;
  private readonly observed: ObserverContext;
  private readonly found = new Findings();
  /** What arrived on paths that the pipeline does not have. */
  private readonly strays = new Strays();
  /** What came beside all places of the far end, by the paths of its URLs. */
  private readonly beside = new Strays();
  private readonly texts: FarEndTexts;
  private readonly reads = new Reads();
  private thrown: string | null = null;
  private readingRefused: NonNullable<Reading["refused"]> | null = null;
  private canaryRefused: string | null = null;
  private readonly follower: Follower | null;
  private since: number | null = null;

  constructor(run: FarEndRun, observed: ObserverContext) {
    const { kind, paths, order } = run.opening;
    this.run = run;
    this.observed = observed;
    this.texts = new FarEndTexts(run, observed);
    this.order = order;
    const named = Object.entries(paths);
    const [first] = named;
    const isCount = kind === "count" && first !== undefined;
    this.count = isCount ? new CountPath(first[0], first[1], selector(run, first[1])) : null;
    this.byName = new Map(
      isCount ? [] : named.map(([name, filter]) => [name, new ObservedPath(name, filter, run, order)]),
    );
    this.follower = run.pipeline === null ? null : follow(run.pipeline, this);
  }

  /** How it is observed. */
  get kind(): FarEndOpening["kind"] {
    return this.run.opening.kind;
  }

  /** Polling has found new arrivals only; now everything is read again. @param ms it must not take longer. */
  async finish(ms: number): Promise<void> {
    await this.follower?.finish(ms);
  }

  async close(): Promise<void> {
    await this.follower?.stop();
  }

  get paths(): Iterable<Path> {
    if (this.count === null) return this.byName.values();
    return this.count.isCounted ? [this.count] : [];
  }

  /** Enters the total of a far end that can only be counted. */
  counted(count: number): void {
    const more = this.count?.counted(count) ?? 0;
    if (more > 0) this.observed.arrived(more, more);
  }

  /**
   * Enters every identity of this run in an arrived text.
   *
   * @param at Unix ms; null where the arrival time is unknown.
   * @param isInOrder whether it came after all that were entered before.
   * @returns number of identities that are of this run, or damaged.
   */
  arrived({ path, text }: Arrival, at: number | null, isInOrder = at !== null): number {
    const { kind } = this;
    const { identities, damaged } = eventsIn(text, { runs: [this.run.number], at: at ?? this.now() });
    const own = identities.filter((one) => this.texts.isOwn(one) && isPlausible(one));
    // A table or a list may also contain others' texts.
    const isOurs = kind !== "rows" && kind !== "list";
    if (isOurs) this.found.foreign += identities.filter((one) => !this.texts.isOwn(one)).length;
    this.found.spoil(damaged, `a damaged identity arrived in ${shown(text)}`);
    if (isOurs && identities.length === 0 && damaged === 0) {
      this.found.unread++;
      this.found.misread(`a text without an identity arrived: ${shown(text)}`);
    }
    for (const identity of own) this.enter(path ?? this.onlyPath(), identity, text, at, isInOrder);
    return own.length + damaged;
  }

  /** A request came beside all places of the far end, and was refused there. @param path the path of its URL. */
  outside(path: string, text: string): void {
    for (const { publisher, seq } of this.texts.ownIn(text, this.now())) {
      this.beside.enter(path, seq, publisher !== CANARY_PUBLISHER);
    }
  }

  /**
   * Enters what an observer reports, in the order of its arrival. A clock that has once been ahead of this one is wrong:
   * its times are not believed any more, and those before, which a later report would have shown, are in doubt.
   */
  reported(arrivals: readonly ObservedArrival[]): number {
    const { found } = this;
    const now = this.now();
    const ahead = arrivals.reduce((most, { at = now }) => Math.max(most, at - now), AHEAD_MS);
    if (ahead > Math.max(AHEAD_MS, found.ahead)) {
      found.ahead = ahead;
      const clock = this.run.opening.pipeline;
      this.observed.clock({ clock, role: "observer", at: now, offset: -ahead, error: 0, correction: 0 });
    }
    return arrivals.reduce((sum, { path, text, at }) => {
      const time = at !== undefined && found.ahead > 0 ? null : (at ?? now);
      return sum + this.arrived(path === undefined ? { text } : { path, text }, time, true);
    }, 0);
  }

  /** This run's events in a text; empty without any. */
  carriedBy(text: string): string {
    return this.texts.ownIn(text, this.now()).map(placeOf).join(" ");
  }

  /**
   * Enters events that an item has gained.
   *
   * @param at Unix ms; null where the arrival time is unknown.
   * @param before its earlier events.
   * @returns its events now; the earlier ones where one of those is gone, which is a change and no gain.
   */
  gained({ path = this.onlyPath(), text }: Arrival, at: number | null, before: string): string {
    const own = this.texts.ownIn(text, at ?? this.now());
    const known = placesIn(before);
    const places = own.map(placeOf);
    if (known.some((place) => !places.includes(place))) return before;
    for (const identity of own) if (!known.includes(placeOf(identity))) this.enter(path, identity, text, at);
    return places.join(" ");
  }

  /** Compares a row or an item whose content has changed: its final content counts. @param before its earlier events. */
  changed({ path: name = this.onlyPath(), text }: Arrival, at: number, before: string): void {
    const path = this.byName.get(name);
    const own = this.texts.ownIn(text, at);
    const places = own.map(placeOf);
    const gone = placesIn(before).filter((place) => !places.includes(place));
    for (const identity of own) {
      const { publisher, seq, publishedAt } = identity;
      if (publisher === CANARY_PUBLISHER || this.found.isDamaged(seq)) continue;
      const moved = path?.selected(seq) === true ? null : `it is on ${name}, where it does not belong`;
      const other = gone.length > 0 ? `event ${gone.map(seqIn).join(", ")} stood there` : null;
      const damage = other ?? moved ?? this.texts.damageIn(text, identity, publishedAt ?? at);
      if (damage !== null) this.found.damage(seq, `event ${seq} has been changed since it arrived: ${damage}`);
    }
  }

  /** What is entered from now on was not there at this moment, in Unix ms; null where it is entered as it comes. */
  absentAt(since: number | null): void {
    this.since = since;
  }

  /** Counts a refused request, by reason. @param text what came, where it could be read. */
  refused(reason: string, text = ""): void {
    this.found.refuse(reason);
    const isCanary =
      text !== "" && this.texts.ownIn(text, this.now()).some(({ publisher }) => publisher === CANARY_PUBLISHER);
    if (isCanary) this.canaryRefused = reason;
  }

  /** Enters the result of a reading: its error, if any, and the events of the rows or items that are gone. */
  looked(problem: string | null, gone = this.found.gone): void {
    Object.assign(this.found, { problem, gone });
  }

  /** Notes when other events first stood where known ones had. */
  beganAnew(): void {
    this.found.anewAt ??= this.now();
  }

  /** Counts a reading. */
  read({ problem, thrown, refused = null }: Reading): void {
    this.reads.enter(problem, this.now());
    this.thrown = thrown;
    this.readingRefused = refused;
  }

  /** Unix ms since which it could not be read; null where it can, or never could. */
  get unreadSince(): number | null {
    return this.found.problem === null ? null : this.reads.stoppedAt;
  }

  /** What is wrong with reading it, and since when. */
  private get problem(): string | null {
    const why = this.found.problem ?? this.count?.problem ?? null;
    if (why === null || this.found.problem === null) return why;
    const address = this.follower?.address ?? null;
    return this.reads.explain(`the ${this.kind}${address === null ? "" : ` at ${address}`}`, why);
  }

  /** Unix ms. */
  now(): number {
    return this.observed.now();
  }

  /** The path of what is given without one; none of several can be meant. */
  private onlyPath(): string {
    const [only = "", ...others] = this.byName.keys();
    return others.length === 0 ? only : "";
  }

  private enter(name: string, identity: Identity, text: string, at: number | null, isInOrder = at !== null): void {
    const path = this.byName.get(name);
    const isOfLoad = identity.publisher !== CANARY_PUBLISHER;
    if (path === undefined) {
      this.strays.enter(name, identity.seq, isOfLoad);
      if (!isOfLoad) return;
      this.observed.arrived(1, 0);
      return;
    }
    const now = this.now();
    const entry = path.enter(identity, at, now, this.observed.deliveries, isInOrder, this.since);
    if (!isOfLoad) return;
    if (at === null && entry === "first") this.found.undated++;
    this.compare(text, identity, identity.publishedAt ?? at ?? now);
    this.observed.arrived(1, entry === "first" ? 1 : 0);
  }

  private compare(text: string, identity: Identity, publishedAt: number): void {
    const damage = this.texts.damageIn(text, identity, publishedAt);
    if (damage !== null) this.found.damage(identity.seq, `event ${identity.seq} is damaged: ${damage}`);
  }

  account(settle: (path: Path) => PathAccount): AccountPart {
    const { pipeline, kind } = this.run.opening;
    const { unread, damaged, refused, gone, undated, foreign } = this.found;
    const { count: strays, events: elsewhere, paths: strayPaths } = this.strays;
    const canariesAstray = [...this.strays.canaries, ...this.beside.canaries];
    const { problem, thrown, canaryRefused, readingRefused } = this;
    const paths = [...this.paths].map((path) => describe(path, settle(path)));
    const vanished = gone.length;
    const counted = this.count?.isCounted === true ? this.count : null;
    const surplus = counted === null ? null : counted.surplusOver(settle(counted));
    const compared = this.run.pipeline?.damage !== undefined;
    const farEnd = {
      pipeline,
      kind,
      paths,
      surplus,
      compared,
      unread,
      damaged,
      refused,
      vanished,
      undated,
      strays,
      strayPaths,
      canariesAstray,
      canaryRefused,
      problem,
      thrown,
      readingRefused,
    };
    return { farEnd, strays, elsewhere, foreign: foreign + unread };
  }

  causes(account: Account): readonly string[] {
    const { found, strays, beside, run } = this;
    return [...found.causes(account), ...describeStrays(strays, beside, run.opening.pipeline)];
  }

  examples(): readonly string[] {
    return this.found.examples();
  }

  findings(): readonly string[] {
    const failed = this.reads.describe();
    return [...this.found.others(), ...(failed === null ? [] : [failed])];
  }
}

function describe(path: Path, settled: PathAccount): ObservedPathAccount {
  const latency = path instanceof ObservedPath ? path.latencies : new Histogram();
  return { path: path.name, ...settled, latency: latency.percentiles() };
}
