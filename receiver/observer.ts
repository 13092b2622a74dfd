import type { Account } from "../core/account.ts";
import type { Bitset } from "../core/bitset.ts";
import type { ClockReport } from "../core/clocks.ts";
import type { PathAccount } from "../core/ledger.ts";
import type { Acknowledgements } from "../core/order.ts";
import type { Batch } from "../core/publication.ts";
import type { Balance } from "../core/settling.ts";
import type { Second } from "../core/timeline.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Path } from "./path.ts";

/** What an observer knows of its run, and where it tells what arrived. */
export interface ObserverContext {
  /** Unix ms. */
  now(): number;
  /** Unix ms at which the run was opened, where that is known. */
  readonly openedAt?: number;
  /** Events that are reported as acknowledged. */
  acknowledged(): number;
  /** When they were acknowledged. */
  readonly acknowledgements: Acknowledgements;
  /** Which these are. */
  acknowledgedSeqs(): Bitset;
  /** Whether publishers are still at work. */
  underLoad(): boolean;
  /** Takes how a far end's own clock stands to the receiver's. */
  clock(report: ClockReport): void;
  /** Where latencies go. */
  readonly deliveries: Deliveries;
  /**
   * Events of the load have arrived on a path.
   *
   * @param count how many, repetitions too.
   * @param first how many of them for the first time, and where they belong.
   * @param times when each arrived, in Unix ms, where that is told afterwards; just now unless told.
   */
  arrived(count: number, first: number, times?: readonly number[]): void;
}

/** What an account says of one kind of far end beside its paths. */
export type Aside = Partial<Pick<Account, "webhooks" | "storage" | "farEnd" | "probed" | "mistaken">> & {
  /** Arrivals on no path of the run. */
  readonly strays?: number;
  /** Arrivals of other runs, and what carries no identity. */
  readonly foreign?: number;
};

/** A far end of a run, whatever its kind: it says which identity arrived on which of its paths, and when. */
export interface Observer {
  readonly paths: Iterable<Path>;
  /** Whether its paths promise an order. */
  readonly isOrdered: boolean;
  /** What is told beside the paths. @param settle settles one of them against what was published. */
  account(settle: (path: Path) => PathAccount): Aside;
  /** Why something is missing or wrong, as far as this far end knows. */
  causes(account: Account): readonly string[];
  /** Where events stand that have not arrived, where that can be told. */
  readonly balance?: Balance;
  /** A batch was published. */
  published?(batch: Batch): void;
  /** The drain is over: looks once more at what can be looked at again; perhaps twice. */
  finish?(): Promise<void>;
  /** What can be told only now that the account is closed. */
  atClose?(account: Account, seconds: readonly Second[]): Partial<Account>;
  /** What it has learnt since. */
  sinceClose?(account: Account): Partial<Account>;
  /** Lets go of what it holds open. */
  close?(): Promise<void>;
}

/** Makes the far ends of a run, before anything has arrived. */
export type Observers = (observed: ObserverContext) => readonly Observer[];
