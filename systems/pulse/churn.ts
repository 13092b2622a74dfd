/** When clients that come and go are due, and how they behave. Pure. */
import { draw } from "../../core/event.ts";

/** The churn that is asked for. */
export interface Churn {
  /** Clients that share the sessions. */
  readonly clients: number;
  /** Sessions per second, of all clients together. */
  readonly rate: number;
  /** Seconds that a session lasts. */
  readonly stays: number;
  /** Seconds of the whole load. */
  readonly length: number;
}

/** A client needs some time for its goodbye before it comes again. */
const LEAST_GAP_SECONDS = 0.5;
const GAP_SHARE = 0.1;

/** The rate at which clients come where none is asked for: each again as soon as it has gone. */
export function ownRate(clients: number, stays: number): number {
  return clients / cycleOf(stays);
}

function cycleOf(stays: number): number {
  return stays + Math.max(LEAST_GAP_SECONDS, stays * GAP_SHARE);
}

/** Why so few clients cannot come so often; null when they can. */
export function excessOf({ clients, rate, stays }: Churn): string | null {
  const needed = Math.ceil(rate * cycleOf(stays) - 1e-9);
  if (needed <= clients) return null;
  return `SESSION_RATE=${rate}, SESSION=${stays}s: so many sessions need ${needed} clients; allowed: with VUS=${needed} or more, not ${clients}`;
}

/** One session that is due. */
export interface Due {
  /** Seconds after the start of the load. */
  readonly at: number;
  readonly until: number;
  /** Which turn of its client it is, from 0. */
  readonly turn: number;
  /** Turns of the client that went by since the one before: it was not back in time. */
  readonly missed: number;
}

/** Sessions shorter than this, at the end of the load, are not begun. */
const SHORTEST_SECONDS = 3;

/**
 * The next session of a client.
 *
 * @param client from 1.
 * @param turn the first that it has not had.
 * @param now seconds after the start of the load.
 * @returns null when the load is over before.
 */
export function nextDue(churn: Churn, client: number, turn: number, now: number): Due | null {
  const { clients, rate, stays, length } = churn;
  const cycle = clients / rate;
  // Spread evenly, but for a load that is over before all have come.
  const first = ((client - 1) / clients) * Math.min(cycle, length / 4);
  const missed = Math.max(0, Math.floor((now - first) / cycle) - turn);
  const at = first + (turn + missed) * cycle;
  // A late client stays as long as the others, and may be late for its next session too.
  const begins = Math.max(at, now);
  if (begins > length - Math.min(stays, SHORTEST_SECONDS, length)) return null;
  return { at, until: Math.min(begins + stays, length), turn: turn + missed, missed };
}

/** How one session goes. */
export interface SessionManner {
  /** It leaves without a word: no unsubscribe, no closing frame. */
  readonly vanishes: boolean;
  /** It unsubscribes in the middle and subscribes again on the same connection. */
  readonly resubscribes: boolean;
}

/** How a session goes: of every so many the share that is asked for. */
export function mannerOf(
  { clients }: Pick<Churn, "clients">,
  client: number,
  turn: number,
  shares: { readonly vanish: number; readonly resubscribe: number },
): SessionManner {
  const number = turn * clients + client - 1;
  return {
    // Each client by itself takes turns, however many there are.
    vanishes: isAmong(turn + client, shares.vanish),
    resubscribes: draw(1, number) / 2 ** 32 < shares.resubscribe,
  };
}

/** Whether the one at a place is of a share that is spread evenly. */
export function isAmong(place: number, share: number): boolean {
  return Math.floor((place + 1) * share + 1e-9) > Math.floor(place * share + 1e-9);
}

/** How many of the first so many places are of a share. */
export function countAmong(places: number, share: number): number {
  return Math.floor(places * share + 1e-9);
}
