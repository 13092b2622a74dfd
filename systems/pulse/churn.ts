/** When clients that come and go are due, and how they behave. Pure. */
import { draw } from "../../core/event.ts";

/** The requested churn. */
export interface Churn {
  /** Clients that share the sessions. */
  readonly clients: number;
  /** Sessions per second, over all clients. */
  readonly rate: number;
  /** Duration of a session in seconds. */
  readonly stays: number;
  /** Duration of the load in seconds. */
  readonly length: number;
}

/** Time that a client needs to end before it comes again. */
const LEAST_GAP_SECONDS = 0.5;
const GAP_SHARE = 0.1;

/** The default rate: each client comes again as soon as it has gone. */
export function ownRate(clients: number, stays: number): number {
  return clients / cycleOf(stays);
}

function cycleOf(stays: number): number {
  return stays + Math.max(LEAST_GAP_SECONDS, stays * GAP_SHARE);
}

/** Why the clients are too few for the rate; null when they are not. */
export function excessOf({ clients, rate, stays }: Churn): string | null {
  const needed = Math.ceil(rate * cycleOf(stays) - 1e-9);
  if (needed <= clients) return null;
  return `SESSION_RATE=${rate}, SESSION=${stays}s: so many sessions need ${needed} clients; allowed: with VUS=${needed} or more, not ${clients}`;
}

/** One due session. */
export interface Due {
  /** Seconds after the start of the load. */
  readonly at: number;
  readonly until: number;
  /** The client's turn, from 0. */
  readonly turn: number;
  /** Turns that the client has missed since the previous one, because it was not back in time. */
  readonly missed: number;
}

/** Sessions shorter than this, at the end of the load, are not begun. */
const SHORTEST_SECONDS = 3;

/**
 * The next session of a client.
 *
 * @param client from 1.
 * @param turn the first one that it has not had.
 * @param now seconds after the start of the load.
 * @returns null when the load is over before.
 */
export function nextDue(churn: Churn, client: number, turn: number, now: number): Due | null {
  const { clients, rate, stays, length } = churn;
  const cycle = clients / rate;
  // Evenly spread, except for a load that is over before all clients have come.
  const first = ((client - 1) / clients) * Math.min(cycle, length / 4);
  const missed = Math.max(0, Math.floor((now - first) / cycle) - turn);
  const at = first + (turn + missed) * cycle;
  // A late client stays as long as the others, and may be late for its next session, too.
  const begins = Math.max(at, now);
  if (begins > length - Math.min(stays, SHORTEST_SECONDS, length)) return null;
  return { at, until: Math.min(begins + stays, length), turn: turn + missed, missed };
}

/** How a session behaves. */
export interface SessionManner {
  /** It ends without unsubscribe or close frame. */
  readonly vanishes: boolean;
  /** In the middle it unsubscribes and subscribes again on the same connection. */
  readonly resubscribes: boolean;
}

/** The behaviour of a session, so that the requested shares hold. */
export function mannerOf(
  { clients }: Pick<Churn, "clients">,
  client: number,
  turn: number,
  shares: { readonly vanish: number; readonly resubscribe: number },
): SessionManner {
  const number = turn * clients + client - 1;
  return {
    // Each client takes turns by itself, so that the number of clients does not matter.
    vanishes: isAmong(turn + client, shares.vanish),
    resubscribes: draw(1, number) / 2 ** 32 < shares.resubscribe,
  };
}

/** Whether the session at a place belongs to an evenly spread share. */
export function isAmong(place: number, share: number): boolean {
  return Math.floor((place + 1) * share + 1e-9) > Math.floor(place * share + 1e-9);
}

/** How many of the first places belong to a share. */
export function countAmong(places: number, share: number): number {
  return Math.floor(places * share + 1e-9);
}
