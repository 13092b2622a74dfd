import type { IncomingMessage, ServerResponse } from "node:http";
import type { Command } from "commander";
import type { FastifyInstance } from "fastify";
import type * as v from "valibot";
import type { Observer, ObserverContext } from "./observer.ts";
import type { Runs } from "./runs.ts";
import type { Traffic } from "./traffic.ts";

/** What prevents a far end from being observed as requested, in one line. */
export class FarEndProblem extends Error {}

/** The receiver of a far end. */
export interface Surroundings {
  readonly runs: Runs;
  readonly traffic: Traffic;
  /** Unix ms. */
  readonly now: () => number;
}

/** The run of a far end. */
export interface ObservedRun {
  readonly id: string;
  readonly seed: number;
  readonly variants: readonly Readonly<Record<string, readonly string[]>>[];
}

/** Answers a request before it comes to the router. @returns whether it does; else the router has it. */
export type Direct = (request: IncomingMessage, reply: ServerResponse) => boolean;

/** A kind of far end, opened by one receiver. */
export interface OpenFarEnd<Part> {
  /** Why no run with this far end can be opened here; null when it can. */
  refusalOf?(part: Part): string | null;
  /** Observes the far end for one run. */
  observe(part: Part, run: ObservedRun, observed: ObserverContext): Observer;
  /** Answers what must be quick. */
  readonly direct?: Direct;
  /** Routes besides those of every receiver. */
  routes?(app: FastifyInstance): Promise<void>;
  /** No more requests are accepted: completes those in progress, before connections are closed. */
  drain?(): Promise<void>;
  /** Releases its resources, after all runs. */
  close?(): Promise<void>;
}

/**
 * A kind of far end, as the receiver sees it. A run requests it by a part of its opening, under the kind's name in the
 * list.
 *
 * @typeParam Options options from the receiver's start.
 */
export interface FarEndKind<Options, Part> {
  /** The schema of its part of an opening. */
  readonly opening: v.GenericSchema<unknown, Part>;
  /** What all participants of a run must agree on, by description. */
  workload(part: Part): Readonly<Record<string, unknown>>;
  /** Adds its command-line flags. */
  addFlags(program: Command): void;
  /** Reads these flags. @throws InvalidArgumentError for contradictions. */
  readFlags(flags: object): Options | Promise<Options>;
  /** Opens its resources. @throws FarEndProblem when that fails. */
  open(options: Options | undefined, place: Surroundings): OpenFarEnd<Part> | Promise<OpenFarEnd<Part>>;
}
