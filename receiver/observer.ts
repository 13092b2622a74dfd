import type { Account } from "../core/account.ts";
import type { Bitset } from "../core/bitset.ts";
import type { ClockReport } from "../core/clocks.ts";
import type { Copies } from "../core/copies.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Acknowledgements, PromisedOrder } from "../core/order.ts";
import type { Batch } from "../core/publication.ts";
import type { Balance } from "../core/settling.ts";
import type { Second } from "../core/timeline.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Path } from "./path.ts";

/** What an observer knows about its run, and where it reports arrivals. */
export interface ObserverContext {
  /** Unix ms. */
  now(): number;
  /** Unix ms when the run was opened, if known. */
  readonly openedAt?: number;
  /** Number of acknowledged events. */
  acknowledged(): number;
  /** When events were acknowledged. */
  readonly acknowledgements: Acknowledgements;
  /** The acknowledged events. */
  acknowledgedSeqs(): Bitset;
  /** Whether publishers are still sending. */
  underLoad(): boolean;
  /** Enters a comparison of a far end's own clock with the receiver's. */
  clock(report: ClockReport): void;
  /** Collects latencies. */
  readonly deliveries: Deliveries;
  /**
   * Load events arrived on a path.
   *
   * @param count number of events, including duplicates.
   * @param first number of first arrivals where they belong.
   * @param times arrival times in Unix ms, if reported late; now by default.
   */
  arrived(count: number, first: number, times?: readonly number[]): void;
}

/** The events of the load on paths that are not of the run, by their names. */
export type Elsewhere = ReadonlyMap<string, Copies>;

/** The part of an account about one kind of far end, besides its paths. */
export type AccountPart = Partial<Pick<Account, "webhooks" | "storage" | "farEnd" | "probed" | "mistaken">> & {
  /** Arrivals on no path of the run. */
  readonly strays?: number;
  /** Their events, by the path. */
  readonly elsewhere?: Elsewhere;
  /** Arrivals of other runs, and texts without identities. */
  readonly foreign?: number;
};

/** Observes a far end of a run, of any kind: which identity arrived on which path, and when. */
export interface Observer {
  readonly paths: Iterable<Path>;
  /** What its paths promise. */
  readonly order: PromisedOrder;
  /** Unix ms since which it could not be read, having been before; null where it can. */
  readonly unreadSince?: number | null;
  /** The far end's part of the account. @param settle settles a path against what was published. */
  account(settle: (path: Path) => PathAccount): AccountPart;
  /** Why deliveries are missing, if this far end knows. */
  causes(account: Account): readonly string[];
  /** What else was wrong, with examples. */
  findings?(account: Account): readonly string[];
  /** The examples that those lines leave out, for the record. */
  examples?(): readonly string[];
  /** Where events are that have not arrived, if known. */
  readonly balance?: Balance;
  /** A batch was published. */
  published?(batch: Batch): void;
  /** The drain is over: a last reading of what can be polled; may be called twice. @param ms it may take so long. */
  finish?(ms: number): Promise<void>;
  /** Adds to the account what is known only when it is closed. */
  atClose?(account: Account, seconds: readonly Second[]): Partial<Account>;
  /** Adds what became known after that. */
  sinceClose?(account: Account): Partial<Account>;
  /** Releases its resources. */
  close?(): Promise<void>;
}

/** Creates the observers of a run, before anything has arrived. */
export type Observers = (observed: ObserverContext) => readonly Observer[];
