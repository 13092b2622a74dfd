import type { Account, ObservedPathAccount } from "../core/account.ts";
import { type Stream, selector } from "../core/event.ts";
import { Histogram } from "../core/histogram.ts";
import { type Identity, identitiesIn } from "../core/identity.ts";
import type { PathAccount } from "../core/ledger.ts";
import { milliseconds } from "../core/numbers.ts";
import type { Arrival } from "../core/observe.ts";
import { type AnyPipeline, damageIn } from "../core/pipeline.ts";
import { isLeftOver, isPlausible } from "../core/plausible.ts";
import { withoutCredentials } from "../core/redaction.ts";
import type { FarEndOpening } from "../core/report.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { CountPath } from "./countpath.ts";
import { type Follower, follow } from "./followers.ts";
import { ObservedPath } from "./observedpath.ts";
import type { Aside, Observer, ObserverContext } from "./observer.ts";
import type { Path } from "./path.ts";

/** How many things that went wrong an account describes. */
const EVIDENCE = 5;
const SHOWN_LENGTH = 80;
/** How many events that are gone are named. */
const NAMED = 10;
/** Clocks that were compared over a network agree to less than this. */
const AHEAD_MS = 100;

/** The run that a far end belongs to. */
export interface FarEndRun extends Stream {
  /** What stands for its id in identities. */
  readonly number: number;
  readonly opening: FarEndOpening;
  /** Its code, where this receiver was given it. */
  readonly pipeline: AnyPipeline | null;
}

/** The far end of a run that names its paths: whatever arrives there is a text, and identities are found in it. */
export class FarEnd implements Observer {
  readonly isOrdered: boolean;
  readonly run: FarEndRun;
  private readonly byName: ReadonlyMap<string, ObservedPath>;
  private readonly count: CountPath | null;
  private readonly observed: ObserverContext;
  private readonly evidence: string[] = [];
  private readonly refusals: Record<string, number> = {};
  private unread = 0;
  /** Identities of other runs. */
  private foreign = 0;
  private damaged = 0;
  private readonly damagedSeqs = new Set<number>();
  private strays = 0;
  /** Which events the rows or items carried that are not there any more. */
  private gone: readonly string[] = [];
  private undated = 0;
  /** How far ahead of this clock somebody else dated an arrival, in ms. */
  private ahead = 0;
  private problem: string | null = null;
  private readonly follower: Follower | null;

  constructor(run: FarEndRun, observed: ObserverContext) {
    const { kind, paths, order } = run.opening;
    this.run = run;
    this.observed = observed;
    this.isOrdered = order !== "none";
    const named = Object.entries(paths);
    const [first] = named;
    const isCount = kind === "count" && first !== undefined;
    this.count = isCount ? new CountPath(first[0], first[1], selector(run, first[1])) : null;
    this.byName = new Map(
      isCount ? [] : named.map(([name, filter]) => [name, new ObservedPath(name, filter, run, order)]),
    );
    this.follower = run.pipeline === null ? null : follow(run.pipeline, this);
  }

  /** How it is looked at. */
  get kind(): FarEndOpening["kind"] {
    return this.run.opening.kind;
  }

  /** What was seen so far is what was new; now everything is looked at once more. */
  async finish(): Promise<void> {
    await this.follower?.finish();
  }

  async close(): Promise<void> {
    await this.follower?.stop();
  }

  get paths(): Iterable<Path> {
    if (this.count === null) return this.byName.values();
    return this.count.isCounted ? [this.count] : [];
  }

  /** Enters how many events there are, where they can only be counted. */
  counted(count: number): void {
    const more = this.count?.counted(count) ?? 0;
    if (more > 0) this.observed.arrived(more, more);
  }

  /**
   * Enters a text that arrived: every identity of this run in it.
   *
   * @param at Unix ms; null where nobody can say.
   * @returns how many identities were of this run, or damaged.
   */
  arrived({ path, text }: Arrival, at: number | null): number {
    const { kind } = this;
    const { identities, damaged } = identitiesIn(text, { runs: [this.run.number], at: at ?? this.now() });
    const own = identities.filter((one) => this.isOwn(one) && isPlausible(one));
    // A table or a list holds what others wrote too.
    const isOurs = kind !== "rows" && kind !== "list";
    if (isOurs) this.foreign += identities.filter((one) => !this.isOwn(one)).length;
    this.damaged += damaged;
    if (damaged > 0) this.tell(`an identity came damaged in ${shown(text)}`);
    if (isOurs && identities.length === 0 && damaged === 0) {
      this.unread++;
      this.tell(`a text without an identity came: ${shown(text)}`);
    }
    for (const identity of own) this.enter(path ?? this.onlyPath(), identity, text, at);
    return own.length + damaged;
  }

  /** Somebody else reports an arrival. What is dated ahead of this clock has no time, as the clock it has is wrong. */
  reported(arrival: Arrival, at: number): number {
    const ahead = at - this.now();
    if (ahead <= AHEAD_MS) return this.arrived(arrival, at);
    this.ahead = Math.max(this.ahead, ahead);
    return this.arrived(arrival, null);
  }

  /** Which events of this run a text carries; empty where it carries none. */
  carriedBy(text: string): string {
    return this.ownIn(text, this.observed.now()).map(placeOf).join(" ");
  }

  /**
   * An item may gain events, as a list that grows.
   *
   * @param at Unix ms; null where nobody can say.
   * @param before which ones it carried.
   * @returns which ones it carries; those of before where one of them is gone, which is no gain.
   */
  gained({ path = this.onlyPath(), text }: Arrival, at: number | null, before: string): string {
    const own = this.ownIn(text, at ?? this.now());
    const known = placesIn(before);
    const places = own.map(placeOf);
    if (known.some((place) => !places.includes(place))) return before;
    for (const identity of own) if (!known.includes(placeOf(identity))) this.enter(path, identity, text, at);
    return places.join(" ");
  }

  /** A row or an item counts as it stands at the end. @param before which events it carried. */
  changed({ path: name = this.onlyPath(), text }: Arrival, at: number, before: string): void {
    const path = this.byName.get(name);
    const own = this.ownIn(text, at);
    const places = own.map(placeOf);
    const gone = placesIn(before).filter((place) => !places.includes(place));
    for (const identity of own) {
      const { publisher, seq, publishedAt } = identity;
      if (publisher === CANARY_PUBLISHER || this.damagedSeqs.has(seq)) continue;
      const moved = path?.selected(seq) === true ? null : `it is on ${name}, where it does not belong`;
      const other = gone.length > 0 ? `event ${gone.map(seqIn).join(", ")} stood there` : null;
      const damage = other ?? moved ?? this.damageIn(text, identity, publishedAt ?? at);
      if (damage !== null) this.damage(seq, `event ${seq} has been changed since it arrived: ${damage}`);
    }
  }

  private ownIn(text: string, at: number): readonly Identity[] {
    const { number } = this.run;
    return identitiesIn(text, { runs: [number], at }).identities.filter((one) => this.isOwn(one));
  }

  private isOwn({ run, publishedAt }: Identity): boolean {
    return run === this.run.number && !isLeftOver(publishedAt, this.observed.openedAt ?? Number.NEGATIVE_INFINITY);
  }

  /** Counts a request that was refused, by why. */
  refused(why: string): void {
    this.refusals[why] = (this.refusals[why] ?? 0) + 1;
  }

  /** Says how looking at it went the last time, and which events were in what is gone. */
  looked(problem: string | null, gone = this.gone): void {
    this.problem = problem;
    this.gone = gone;
  }

  /** Unix ms. */
  now(): number {
    return this.observed.now();
  }

  private onlyPath(): string {
    return this.byName.keys().next().value ?? "";
  }

  private enter(name: string, identity: Identity, text: string, at: number | null): void {
    const path = this.byName.get(name);
    const isOfLoad = identity.publisher !== CANARY_PUBLISHER;
    if (path === undefined) {
      const what = isOfLoad ? `event ${identity.seq}` : "a canary";
      this.tell(`${what} came on ${name}, which is no path of ${this.run.opening.pipeline}`);
      if (!isOfLoad) return;
      this.strays++;
      this.observed.arrived(1, 0);
      return;
    }
    const now = this.now();
    const entry = path.enter(identity, at, now, this.observed.deliveries);
    if (!isOfLoad) return;
    if (at === null && entry === "first") this.undated++;
    this.compare(text, identity, identity.publishedAt ?? at ?? now);
    this.observed.arrived(1, entry === "first" ? 1 : 0);
  }

  private compare(text: string, identity: Identity, publishedAt: number): void {
    const damage = this.damageIn(text, identity, publishedAt);
    if (damage !== null) this.damage(identity.seq, `event ${identity.seq} is damaged: ${damage}`);
  }

  private damageIn(text: string, identity: Identity, publishedAt: number): string | null {
    const { pipeline } = this.run;
    return pipeline === null ? null : damageIn(pipeline, this.run, text, { ...identity, publishedAt });
  }

  private damage(seq: number, words: string): void {
    this.damaged++;
    this.damagedSeqs.add(seq);
    this.tell(words);
  }

  private tell(words: string): void {
    const what = withoutCredentials(words);
    if (this.evidence.length < EVIDENCE && !this.evidence.includes(what)) this.evidence.push(what);
  }

  account(settle: (path: Path) => PathAccount): Aside {
    const { pipeline, kind } = this.run.opening;
    const { unread, damaged, strays, undated } = this;
    const problem = this.problem ?? this.count?.problem ?? null;
    const paths = [...this.paths].map((path) => describe(path, settle(path)));
    const farEnd = {
      pipeline,
      kind,
      paths,
      unread,
      damaged,
      refused: this.refusals,
      vanished: this.gone.length,
      undated,
      strays,
      problem,
    };
    return { farEnd, strays, foreign: this.foreign + unread };
  }

  causes({ offenders, farEnd }: Account): readonly string[] {
    const lost = offenders.flatMap(({ path, lostSeqs, duplicatedSeqs }) => [
      ...(lostSeqs.length === 0 ? [] : [`events that never came on ${path}: ${lostSeqs.join(", ")}`]),
      ...(duplicatedSeqs.length === 0 ? [] : [`events that came again on ${path}: ${duplicatedSeqs.join(", ")}`]),
    ]);
    const refused = Object.entries(this.refusals).map(
      ([why, count]) => `${count} ${count === 1 ? "request was" : "requests were"} refused: ${why}`,
    );
    const problem = farEnd?.problem == null ? [] : [`the far end could not be looked at: ${farEnd.problem}`];
    return [...problem, ...this.timeless(), ...lost, ...this.vanished(), ...refused, ...this.evidence];
  }

  /** Why events have no latency. */
  private timeless(): readonly string[] {
    const { undated: count, ahead } = this;
    if (count === 0) return [];
    const [events, they, have] =
      count === 1 ? ["1 event was", "it", "it has"] : [`${count} events were`, "they", "they have"];
    return ahead > 0
      ? [
          `${events} reported with a time up to ${milliseconds(ahead)} ahead of the receiver's clock: ${have} no latency`,
        ]
      : [`${events} seen in the last look alone: nobody knows when ${they} came, and ${have} no latency`];
  }

  private vanished(): readonly string[] {
    const places = this.gone.flatMap(placesIn).filter((place) => !place.startsWith(`${CANARY_PUBLISHER}/`));
    if (places.length === 0) return [];
    const more = places.length > NAMED ? ", ..." : "";
    return [`events that had arrived and are gone: ${places.slice(0, NAMED).map(seqIn).join(", ")}${more}`];
  }
}

function describe(path: Path, settled: PathAccount): ObservedPathAccount {
  const latency = path instanceof ObservedPath ? path.latencies : new Histogram();
  return { path: path.name, ...settled, latency: latency.percentiles() };
}

function shown(text: string): string {
  const line = withoutCredentials(text).replaceAll(/\s+/g, " ");
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}...` : line;
}

/** What tells the events of a run apart. */
function placeOf({ publisher, seq }: Identity): string {
  return `${publisher}/${seq}`;
}

const placesIn = (carried: string) => (carried === "" ? [] : carried.split(" "));
const seqIn = (place: string) => place.split("/")[1];
