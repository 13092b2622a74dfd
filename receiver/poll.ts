/** How a far end is polled: what a poll does, and what it tells. */
import type { FarEndAccount } from "../core/account.ts";
import type { Arrival } from "../core/observe.ts";

/** A far end that is polled. */
export interface FarEndContext {
  readonly kind: string;
  now(): number;
  /**
   * @param at Unix ms; null where the arrival time is unknown. @returns number of the run's identities in it, whole or
   * damaged.
   */
  arrived(arrival: Arrival, at: number | null): number;
  counted(count: number): void;
  /** What is entered from now on was not there at this moment, in Unix ms. */
  absentAt(since: number | null): void;
  /** The run's events in a text; empty without any. */
  carriedBy(text: string): string;
  /**
   * An item may have gained events. @param before its earlier events. @returns its events now, if it has gained any.
   */
  gained(arrival: Arrival, at: number | null, before: string): string;
  /** An item's content has changed. */
  changed(arrival: Arrival, at: number, before: string): void;
  looked(problem: string | null, gone?: readonly string[]): void;
  /** A list holds other events than before where its items had been. */
  beganAnew(): void;
  /** A reading has worked or failed. */
  read(reading: Reading): void;
}

/** One reading. */
export interface Reading {
  /** What it was answered, where no other answer is to be expected; null for others. */
  readonly refused?: FarEndAccount["readingRefused"];
  /** Why it failed; null where it worked. */
  readonly problem: string | null;
  /** The same where the pipeline's own code is at fault, with its place and what it was given. */
  readonly thrown: string | null;
}

/** What a poll does. */
export interface Poll {
  look(): Promise<void>;
  /** Reads everything. @returns which events were in the items that are gone, for each. */
  lookAgain(): Promise<readonly string[]>;
}
