/** Where lost deliveries of a run arrived instead. */
import { Bitset } from "../core/bitset.ts";
import { Copies } from "../core/copies.ts";
import { type Detours, DetourTally, NO_DETOURS } from "../core/detours.ts";
import type { PathAccount } from "../core/ledger.ts";
import { once } from "../core/once.ts";
import type { Publication } from "../core/publication.ts";
import type { Expectations } from "./expected.ts";
import type { Elsewhere } from "./observer.ts";
import type { Path } from "./path.ts";
import { Rerouted } from "./rerouted.ts";

/** The part of an account's input that matters here. */
interface Routes {
  readonly publication: Publication;
  readonly expected: Expectations;
  /** Unix ms. */
  readonly now: number;
}

/** What arrived, and what did not. */
interface Settled {
  /** The misrouted events of all paths. */
  readonly astray: Bitset;
  readonly elsewhere: Elsewhere;
  readonly accounts: ReadonlyMap<Path, PathAccount>;
}

/** Where events are that do not belong there, or not so often. */
interface Place {
  readonly name: string;
  /** How many deliveries of an event it explains that are lost on a path. */
  explains(seq: number, due: string): number;
  /** Whether these had come there before, and whether they were due there; neither where they do not belong. */
  readonly isRepeated?: true;
  selected?(seq: number): boolean;
}

/** Where lost deliveries arrived instead; each arrival that was not due explains one of them. */
export function detoursOf({ astray, elsewhere, accounts }: Settled, { publication, expected, now }: Routes): Detours {
  const all = [...accounts.keys()];
  const short = all.filter((path) => (accounts.get(path)?.lost ?? 0) > 0);
  const surplus = Bitset.union([
    astray,
    ...[...elsewhere.values()].map(({ events }) => events),
    ...all.flatMap(({ copies }) => copies?.events ?? []),
  ]);
  if (surplus.size === 0 || short.length === 0) return NO_DETOURS;
  const eachLost = (enter: (path: Path, seq: number) => void) => {
    for (const path of short) path.settle(publication, expected.whole, now, (seq) => enter(path, seq));
  };
  const lost = new Bitset();
  const rerouted = new Rerouted(accounts);
  eachLost((path, seq) => {
    lost.add(seq);
    rerouted.lost(path, seq);
  });
  const isDelivered = (seq: number) =>
    !lost.has(seq) && all.some((path) => path.seen.has(seq) && expected.whole(path).has(seq));
  const places: Place[] = [
    ...all
      .filter((path) => (accounts.get(path)?.misrouted ?? 0) > 0)
      .map((path) => ({
        name: path.name,
        ...unlessCopy(
          (seq) => Number(path.seen.has(seq) && !path.selected(seq)),
          () => isAny(path.seen.without(expected.whole(path)), isDelivered),
        ),
      })),
    ...[...elsewhere].map(([name, copies]) => ({
      name,
      ...unlessCopy(
        (seq) => copies.of(seq),
        () => isAny(copies.events, isDelivered),
      ),
    })),
    ...rerouted.pairs.map(({ path: { name, copies, selected }, from }) => ({
      name,
      explains: (seq: number, due: string) => (from.has(due) ? (copies?.of(seq) ?? 0) : 0),
      isRepeated: true as const,
      selected,
    })),
  ];
  const used = places.map(() => new Copies());
  const tally = new DetourTally(surplus, (due, seq) => {
    const at = places.findIndex((one, place) => one.explains(seq, due) > (used[place] as Copies).of(seq));
    const place = places[at];
    if (place === undefined) return null;
    used[at]?.add(seq);
    const { name: arrived, isRepeated = false, selected } = place;
    return { arrived, isRepeated, ...(selected?.(seq) === true ? { again: true } : {}) };
  });
  eachLost((path, seq) => tally.lost(path.name, seq));
  return tally.detours;
}

/** A place whose events did arrive where they were due gets copies, which explain no loss. */
function unlessCopy(countOf: (seq: number) => number, isCopy: () => boolean): Pick<Place, "explains"> {
  const gets = once(isCopy);
  return {
    explains(seq) {
      const count = countOf(seq);
      return count > 0 && gets() ? 0 : count;
    },
  };
}

function isAny(members: Iterable<number>, test: (member: number) => boolean): boolean {
  for (const member of members) if (test(member)) return true;
  return false;
}
