import type { Command } from "commander";
import type { FastifyInstance } from "fastify";
import type * as v from "valibot";
import type { Observer, ObserverContext } from "./observer.ts";
import type { Runs } from "./runs.ts";
import type { Traffic } from "./traffic.ts";

/** What a far end cannot do as it was asked to, in one line. */
export class FarEndProblem extends Error {}

/** The receiver that a far end belongs to. */
export interface Surroundings {
  readonly runs: Runs;
  readonly traffic: Traffic;
  /** Unix ms. */
  readonly now: () => number;
}

/** The run that a far end is looked at for. */
export interface ObservedRun {
  readonly id: string;
  readonly seed: number;
  readonly variants: readonly Readonly<Record<string, readonly string[]>>[];
}

/** A far end at work in one receiver. */
export interface OpenFarEnd<Part> {
  /** Why no run with such a far end can be opened here; null when it can. */
  refusalOf?(part: Part): string | null;
  /** What looks at it for one run. */
  observe(part: Part, run: ObservedRun, observed: ObserverContext): Observer;
  /** Its own routes beside those of every receiver. */
  routes?(app: FastifyInstance): Promise<void>;
  /** No more is taken: sees to what is under way, before connections are closed. */
  drain?(): Promise<void>;
  /** Lets go of what it holds open, when all runs have. */
  close?(): Promise<void>;
}

/**
 * A kind of far end: all that a receiver knows of it. A run asks for it by a part of its opening, which bears its name
 * in the list.
 *
 * @typeParam Options what it is told when the receiver starts.
 */
export interface FarEndKind<Options, Part> {
  /** The shape of its part of an opening. */
  readonly opening: v.GenericSchema<unknown, Part>;
  /** What all that take part in a run must agree on, by the words for it. */
  workload(part: Part): Readonly<Record<string, unknown>>;
  /** Adds what it can be told on the command line. */
  addFlags(program: Command): void;
  /** What it was told there. @throws InvalidArgumentError for what does not go together. */
  readFlags(flags: object): Options | Promise<Options>;
  /** Opens what it needs. @throws FarEndProblem when that cannot be had. */
  open(options: Options | undefined, place: Surroundings): OpenFarEnd<Part> | Promise<OpenFarEnd<Part>>;
}
