/** Where lost deliveries of a run arrived instead. */
import { Bitset } from "../core/bitset.ts";
import { type Detours, DetourTally, NO_DETOURS } from "../core/detours.ts";
import { once } from "../core/once.ts";
import type { Publication } from "../core/publication.ts";
import type { Expectations } from "./expected.ts";
import type { Elsewhere, Observer } from "./observer.ts";
import type { Path } from "./path.ts";

/** The part of an account's input that matters here. */
interface Routes {
  readonly observers: readonly Observer[];
  readonly publication: Publication;
  readonly expected: Expectations;
  /** Unix ms. */
  readonly now: number;
}

/** Where events are that do not belong there. */
interface Place {
  readonly name: string;
  holds(seq: number): boolean;
  /** Whether its events did arrive where they were due: then it gets copies, which explain no loss. */
  isCopy(): boolean;
}

/**
 * Where lost deliveries arrived instead.
 *
 * @param astray the misrouted events of all paths. @param short the paths that lost any.
 */
export function detoursOf(
  astray: Bitset,
  elsewhere: Elsewhere,
  short: readonly Path[],
  { observers, publication, expected, now }: Routes,
): Detours {
  if (astray.size === 0 || short.length === 0) return NO_DETOURS;
  const all = observers.flatMap(({ paths }) => [...paths]);
  const eachLost = (enter: (path: Path, seq: number) => void) => {
    for (const path of short) path.settle(publication, expected.whole, now, (seq) => enter(path, seq));
  };
  const lost = new Bitset();
  eachLost((_, seq) => void lost.add(seq));
  const isDelivered = (seq: number) =>
    !lost.has(seq) && all.some((path) => path.seen.has(seq) && expected.whole(path).has(seq));
  const places: Place[] = [
    ...all.map((path) => ({
      name: path.name,
      holds: (seq: number) => path.seen.has(seq) && !path.selected(seq),
      isCopy: once(() => isAny(path.seen.without(expected.whole(path)), isDelivered)),
    })),
    ...[...elsewhere].map(([name, seen]) => ({
      name,
      holds: (seq: number) => seen.has(seq),
      isCopy: once(() => isAny(seen, isDelivered)),
    })),
  ];
  const tally = new DetourTally(astray, (seq) => places.find((one) => one.holds(seq) && !one.isCopy())?.name ?? null);
  eachLost((path, seq) => tally.lost(path.name, seq));
  return tally.detours;
}

function isAny(members: Iterable<number>, test: (member: number) => boolean): boolean {
  for (const member of members) if (test(member)) return true;
  return false;
}
