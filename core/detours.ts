/**
 * Deliveries that are missing on their path and came out on another: on one that does not select them, or once too often
 * on one that does. Pure.
 */
import { Bitset } from "./bitset.ts";
import { Copies } from "./copies.ts";
import { number, several } from "./numbers.ts";
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
  /** It was due there as well, and came there again instead. */
  readonly again?: true;
}

/** What an arrival that was not due explains. */
type Explanation = Omit<Detour, "seq" | "due"> & {
  /** It counts as duplicated there, and not as misrouted. */
  readonly isRepeated: boolean;
};

/** All of a run. */
export interface Detours {
  /** Lost deliveries whose event arrived elsewhere, where or when it was not due; each arrival explains one. */
  readonly count: number;
  /** Those of them that count as duplicated there, because the event had come before; the others as misrouted. */
  readonly repeated: number;
  /**
   * The events of these deliveries, and all losses of the same events: an event that is missing on two paths may have come
   * to a third one once. Older records lack both.
   */
  readonly events?: number;
  readonly losses?: number;
  /** The first of them, of each pair of paths as many as of the others. */
  readonly first: readonly Detour[];
}

export const NO_DETOURS: Detours = { count: 0, repeated: 0, first: [] };

/** Finds them, one lost delivery after the other. */
export class DetourTally {
  private readonly surplus: Bitset;
  private readonly explain: (due: string, seq: number) => Explanation | null;
  /** The first of each pair of paths: the second pair must not hide behind the first one. */
  private readonly first = new Map<string, Detour[]>();
  private readonly losses = new Copies();
  private readonly explained = new Bitset();
  private count = 0;
  private repeated = 0;

  /**
   * @param surplus the events that arrived where or when they were not due.
   * @param explain an arrival of such an event that was not due, and that has explained nothing yet.
   */
  constructor(surplus: Bitset, explain: (due: string, seq: number) => Explanation | null) {
    this.surplus = surplus;
    this.explain = explain;
  }

  /** Enters a lost delivery. */
  lost(due: string, seq: number): void {
    if (!this.surplus.has(seq)) return;
    this.losses.add(seq);
    const explanation = this.explain(due, seq);
    if (explanation === null) return;
    this.explained.add(seq);
    const { isRepeated, ...place } = explanation;
    this.count++;
    if (isRepeated) this.repeated++;
    const pair = pairOf({ due, ...place });
    const known = this.first.get(pair);
    if (known === undefined && this.first.size < EVIDENCE) this.first.set(pair, [{ seq, due, ...place }]);
    else if (known !== undefined && known.length < EVIDENCE) known.push({ seq, due, ...place });
  }

  get detours(): Detours {
    const all = [...this.first.values()];
    const inTurn = Array.from({ length: EVIDENCE }, (_, place) => all.flatMap((own) => own[place] ?? [])).flat();
    const events = this.explained.size;
    const losses = [...this.explained].reduce((sum, seq) => sum + this.losses.of(seq), 0);
    return { count: this.count, repeated: this.repeated, events, losses, first: inTurn.slice(0, EVIDENCE) };
  }
}

/** What is equal for those between the same paths. */
function pairOf({ due, arrived, again }: Omit<Detour, "seq">): string {
  return JSON.stringify([due, arrived, again]);
}

/**
 * One of them in words. Whether what came again is what is missing elsewhere, or another copy, nobody sees; so only what
 * was seen is told.
 */
export function describeDetour({ seq, ...between }: Detour): string {
  return describePair(`event ${seq}`, "was", between);
}

function describePair(events: string, was: string, { due, arrived, again }: Omit<Detour, "seq">): string {
  return again === true
    ? `${events} came twice on ${arrived}, where one was due, and not on ${due}`
    : `${events} ${was} due on ${due}, arrived on ${arrived}`;
}

/** How many pairs of paths are told in one line. */
const TOLD = 3;

/** All of them in one line, those between the same paths together; null without any. */
export function describeDetours({ count, first }: Pick<Detours, "count" | "first">): string | null {
  if (count === 0) return null;
  const pairs = new Map<string, Detour[]>();
  for (const one of first) {
    const pair = pairOf(one);
    pairs.set(pair, [...(pairs.get(pair) ?? []), one]);
  }
  const told = [...pairs.values()].slice(0, TOLD);
  const named = told.reduce((sum, { length }) => sum + length, 0);
  const words = told.map((all) =>
    all.length === 1
      ? describeDetour(all[0] as Detour)
      : describePair(`events ${shortlist(all.map(({ seq }) => seq))}`, "were", all[0] as Detour),
  );
  return `${words.join("; ")}${count > named ? `; ${shortlist([], count - named, 0)}` : ""}`;
}

/** What was lost, and what of that came out elsewhere. */
interface Elsewhere {
  readonly lost: number;
  readonly detours: Omit<Detours, "first">;
}

/** Whether each lost delivery is of an event that arrived elsewhere. */
export function areAllElsewhere({ lost, detours }: Elsewhere): boolean {
  return lost > 0 && (detours.losses ?? detours.count) >= lost;
}

/** How much of what is lost is of events that arrived elsewhere; where that is as many arrivals, no more is told. */
export function describeElsewhere(account: Elsewhere): string {
  const { lost, detours } = account;
  const { count, losses = count, events = count } = detours;
  if (losses === count) return `${number(count)} of ${number(lost)} arrived on other paths`;
  const part = losses >= lost ? several(lost, "loss", "losses") : `${number(losses)} of ${number(lost)} losses are`;
  return `${part} of ${several(events, "event")}, ${events === 1 ? "which" : "each of which"} arrived on another path`;
}

/** The part of an account that matters here; older ones lack it. */
interface Strayed {
  readonly lost: number;
  readonly duplicated: number;
  readonly detours?: Omit<Detours, "repeated"> & { readonly repeated?: number };
}

/**
 * Objectives of a run where every lost delivery came out elsewhere: it was misrouted, and that it is missing where it was
 * due is a symptom. So is that events came twice where they were due once, if each of them is missing elsewhere.
 */
export function withDetours(slos: readonly Slo[], account: Strayed | null): readonly Slo[] {
  const { count = 0, repeated = 0 } = account?.detours ?? {};
  if (account === null || count === 0 || count < account.lost) return slos;
  const misrouted = slos.find(({ metric }) => metric === "account_misrouted");
  const lost = slos.find(({ metric }) => metric === "account_lost");
  if (misrouted === undefined || lost === undefined) return slos;
  const twice = repeated > 0 && repeated >= account.duplicated ? [/^account_duplicated$/] : [];
  const explaining = (row: Slo, ...more: readonly (RegExp | undefined)[]): Slo => {
    const symptoms = [...more, row.explains].flatMap((one) => one?.source ?? []);
    return symptoms.length === 0 ? row : { ...row, explains: new RegExp(symptoms.join("|")) };
  };
  const cause = explaining(misrouted, /^account_lost$/, ...twice, lost.explains);
  // Where each of them came to a path that selects it, no delivery is one that its path does not select.
  const second = explaining(lost, ...twice);
  return slos.flatMap((row) => (row === misrouted ? [] : row === lost ? [cause, second] : [row]));
}
