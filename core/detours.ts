/** Deliveries that are missing on their path and came out on another, which does not select them. Pure. */
import type { Bitset } from "./bitset.ts";
import { EVIDENCE } from "./order.ts";
import { shortlist } from "./shortlist.ts";
import type { Slo } from "./slo.ts";

/** A delivery that went elsewhere. */
export interface Detour {
  readonly seq: number;
  /** The path that it is missing on. */
  readonly due: string;
  /** A path that it arrived on. */
  readonly arrived: string;
}

/** All of a run. */
export interface Detours {
  /** Lost deliveries whose event arrived on a path that does not select it. */
  readonly count: number;
  /** The first of them. */
  readonly first: readonly Detour[];
}

export const NO_DETOURS: Detours = { count: 0, first: [] };

/** Finds them, one lost delivery after the other. */
export class DetourTally {
  private readonly astray: Bitset;
  private readonly placeOf: (seq: number) => string | null;
  private readonly first: Detour[] = [];
  private count = 0;

  /** @param astray the misrouted events of all paths. @param placeOf a path that such an event arrived on. */
  constructor(astray: Bitset, placeOf: (seq: number) => string | null) {
    this.astray = astray;
    this.placeOf = placeOf;
  }

  /** Enters a lost delivery. */
  lost(due: string, seq: number): void {
    if (!this.astray.has(seq)) return;
    const arrived = this.placeOf(seq);
    if (arrived === null) return;
    this.count++;
    if (this.first.length < EVIDENCE) this.first.push({ seq, due, arrived });
  }

  get detours(): Detours {
    return { count: this.count, first: this.first };
  }
}

/** One of them in words. */
export function describeDetour({ seq, due, arrived }: Detour): string {
  return `event ${seq} was due on ${due}, arrived on ${arrived}`;
}

/** How many are told in one line. */
const TOLD = 3;

/** All of them in one line; null without any. */
export function describeDetours({ count, first }: Detours): string | null {
  if (count === 0) return null;
  const told = first.slice(0, TOLD).map(describeDetour).join("; ");
  return `${told}${count > TOLD ? `; ${shortlist([], count - TOLD, 0)}` : ""}`;
}

/** The part of an account that matters here; older ones lack it. */
interface Strayed {
  readonly lost: number;
  readonly detours?: Detours;
}

/**
 * Objectives of a run where every lost delivery came out elsewhere: it was misrouted, and that it is missing where it was
 * due is a symptom.
 */
export function withDetours(slos: readonly Slo[], account: Strayed | null): readonly Slo[] {
  const count = account?.detours?.count ?? 0;
  if (account === null || count === 0 || count < account.lost) return slos;
  const misrouted = slos.find(({ metric }) => metric === "account_misrouted");
  const lost = slos.find(({ metric }) => metric === "account_lost");
  if (misrouted === undefined || lost === undefined) return slos;
  const symptoms = [/^account_lost$/, misrouted.explains, lost.explains].flatMap((one) => one?.source ?? []);
  const cause = { ...misrouted, explains: new RegExp(symptoms.join("|")) };
  return slos.flatMap((row) => (row === misrouted ? [] : row === lost ? [cause, row] : [row]));
}
