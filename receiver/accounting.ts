/** Computes the account of a run from its observers, its publication and its clocks. */
import type { Account, Offender } from "../core/account.ts";
import { Bitset } from "../core/bitset.ts";
import type { Clocks } from "../core/clocks.ts";
import { isOnlyCounted } from "../core/counts.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Publication } from "../core/publication.ts";
import type { Standstill } from "../core/standstill.ts";
import type { UnansweredEvents } from "../core/unanswered.ts";
import type { Deliveries } from "./deliveries.ts";
import { detoursOf } from "./detours.ts";
import type { Expectations } from "./expected.ts";
import type { AccountPart, Observer } from "./observer.ts";
import type { Path } from "./path.ts";
import { leastOf } from "./promised.ts";

/** How many paths with broken rules an account lists. */
const OFFENDERS = 10;
/** When a run has ten thousand paths, all of them may break rules: this many are kept before the worst are chosen. */
const KEPT = 10 * OFFENDERS;

/** Input of an account. */
interface AccountParts {
  readonly id: string;
  /** Unix ms. */
  readonly now: number;
  readonly observers: readonly Observer[];
  readonly publication: Publication;
  readonly expected: Expectations;
  readonly unanswered: UnansweredEvents;
  readonly deliveries: Deliveries;
  readonly clocks: Clocks;
  readonly publishers: number;
  /** Arrivals that are no event of the run. */
  readonly strays: { readonly damaged: number; readonly foreign: number };
  /** Unix ms; 0 before the first arrival. */
  readonly lastArrivalAt: number;
  readonly isInterrupted: boolean;
  readonly standstill: Standstill | null;
  readonly ranOutAt: number | null;
}

/** Computes the account without its causes, which depend on all of it. */
export function accountOf(parts: AccountParts): Account {
  const { now, observers, publication, expected, deliveries, isInterrupted } = parts;
  const accounts = new Map<Path, PathAccount>();
  const sum = { expected: 0, delivered: 0, lost: 0, open: 0, duplicated: 0, reordered: 0, misrouted: 0, unjudged: 0 };
  const offenders: Offender[] = [];
  const { bursts } = deliveries;
  let lostInBursts = 0;
  const astray = new Bitset();
  const strayed = (seq: number) => void astray.add(seq);
  let offending = 0;
  const unreadSince = observers.flatMap((observer) => observer.unreadSince ?? [])[0] ?? null;
  let lostBefore = 0;
  const countLost = (seq: number) => {
    if (unreadSince !== null && (publication.sentAt(seq) ?? unreadSince) < unreadSince) lostBefore++;
    if (bursts?.has(seq) === true) lostInBursts++;
  };
  const summed = Object.keys(sum) as (keyof typeof sum)[];
  for (const { paths, order } of observers) {
    for (const path of paths) {
      const onLost = bursts === null && unreadSince === null ? undefined : countLost;
      const settled = judged(path.settle(publication, expected.whole, now, onLost, strayed), isInterrupted);
      accounts.set(path, settled);
      for (const key of summed) sum[key] += settled[key];
      const inversions = order === "none" ? 0 : settled.reordered;
      const broken = settled.lost + settled.open + settled.duplicated + settled.misrouted + inversions > 0;
      if (broken) offending++;
      if (broken) {
        const [firstLost] = settled.lostSeqs;
        const firstLostAt = firstLost === undefined ? null : publication.sentAt(firstLost);
        const latestSend = Number.isFinite(path.latestSend) ? path.latestSend : null;
        offenders.push({ path: path.name, filter: path.filter, ...settled, firstLostAt, latestSend });
        if (offenders.length > KEPT) offenders.splice(0, offenders.length, ...worstOf(offenders));
      }
    }
  }
  const farEnds: AccountPart = Object.assign(
    {},
    ...observers.map((observer) => observer.account((path) => accounts.get(path) as PathAccount)),
  );
  const {
    webhooks = null,
    storage = null,
    farEnd = null,
    strays = 0,
    elsewhere = new Map(),
    foreign = 0,
    probed = 0,
    mistaken = [],
  } = farEnds;
  sum.misrouted += strays;
  const all = observers.flatMap(({ paths }) => [...paths]);
  const arrived = Bitset.union(all.map(({ seen }) => seen));
  const order = leastOf(observers.map((observer) => observer.order));
  const { published, acknowledged, refused, unknown, unsent, contested, span, lastSendAt } = publication;
  return {
    version: 1,
    run: parts.id,
    ending: null,
    published,
    acknowledged,
    refused,
    unknown,
    unsent,
    contested,
    unheard: expected.unheard(all, now),
    span,
    lastSendAt,
    publishers: parts.publishers,
    paths: all.length,
    ready: all.filter((path) => path.ready).length,
    silent: all.filter((path) => path.isSilent(now)).length,
    ...sum,
    ordered: order !== "none",
    order,
    ...(order === "per publisher" ? { orderedWithin: publication.publishers } : {}),
    late: 0,
    unreported: countOf(publication.unreported(arrived)),
    contradicted: countOf(publication.contradicted(arrived)),
    damaged: parts.strays.damaged + (webhooks?.damaged ?? 0) + (storage?.damaged ?? 0) + (farEnd?.damaged ?? 0),
    foreign: parts.strays.foreign + foreign,
    backlog: 0,
    drain: 0,
    lastArrivalAt: deliveries.tail.lastAt ?? (parts.lastArrivalAt === 0 ? null : parts.lastArrivalAt),
    latency: deliveries.total.percentiles(farEnd?.undated),
    looks: deliveries.looks.account(farEnd?.undated),
    clocks: parts.clocks.account(),
    standstill: parts.standstill,
    ranOutAt: parts.ranOutAt,
    growth: deliveries.growth.over(span),
    bursts: bursts?.account(lostInBursts) ?? null,
    offenders: worstOf(offenders),
    offending,
    detours: detoursOf({ astray, elsewhere, accounts }, parts),
    ...(unknown === 0 || isOnlyCounted({ farEnd })
      ? {}
      : { unanswered: parts.unanswered.fates(arrived, missingOf(all, parts)) }),
    probed,
    mistaken,
    webhooks,
    storage,
    farEnd:
      farEnd === null
        ? null
        : { ...farEnd, stopped: unreadSince === null ? null : { at: unreadSince, missing: lostBefore } },
    causes: [],
    findings: [],
  };
}

/** The events without a clear answer that did not arrive on every path that selects them. */
function missingOf(paths: readonly Path[], { publication, now }: AccountParts): Bitset {
  const missing = new Bitset();
  for (const path of paths) for (const seq of path.unanswered(publication, now)) missing.add(seq);
  return missing;
}

/** Those that lost most, then those that broke other rules most; equal ones in the order of their paths. */
function worstOf(offenders: readonly Offender[]): Offender[] {
  const others = ({ open, duplicated, reordered, misrouted }: Offender) => open + duplicated + reordered + misrouted;
  return [...offenders].sort((one, other) => other.lost - one.lost || others(other) - others(one)).slice(0, OFFENDERS);
}

/** After an interruption nobody waited: missing deliveries are open, not lost. */
function judged(path: PathAccount, isInterrupted: boolean): PathAccount {
  return isInterrupted ? { ...path, lost: 0, lostSeqs: [], open: path.open + path.lost } : path;
}

function countOf(members: Iterable<number>): number {
  let count = 0;
  for (const _ of members) count++;
  return count;
}
