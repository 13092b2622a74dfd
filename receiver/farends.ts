import type { Command } from "commander";
import type { FastifyInstance } from "fastify";
import * as v from "valibot";
import { type Opening, OpeningSchema } from "../core/report.ts";
import * as systems from "../systems/farends.ts";
import type { Direct, FarEndKind, OpenFarEnd, Surroundings } from "./kind.ts";
import type { Observers } from "./observer.ts";
import { pipelines } from "./pipelines.ts";
import type { RunFarEnds } from "./runs.ts";

/** Every kind of far end, by the name of its part in an opening: users' pipelines, and those of systems. */
const KINDS = { farEnd: pipelines, ...systems };

type Kinds = typeof KINDS;
type AnyKind = FarEndKind<unknown, unknown>;

/** Options of each far end, from the receiver's start. */
export type FarEndOptions = {
  readonly [Name in keyof Kinds]?: Parameters<Kinds[Name]["open"]>[0];
};

const entries = (): [string, AnyKind][] => Object.entries<unknown>(KINDS) as [string, AnyKind][];

const parts = entries().map(([name, { opening }]) => [name, v.optional(opening)] as const);

/** An opening with the parts of all far ends. */
export const AnyOpeningSchema = v.object({ ...OpeningSchema.entries, ...Object.fromEntries(parts) });

/** The part of an opening for one far end. */
function partOf(opening: Opening, name: string): unknown {
  return (opening as Readonly<Record<string, unknown>>)[name];
}

/** Adds the command-line flags of far ends. */
export function addFlags(program: Command): void {
  for (const [, kind] of entries()) kind.addFlags(program);
}

/** Reads these flags. @throws InvalidArgumentError for contradictions. */
export async function readFlags(flags: object): Promise<FarEndOptions> {
  const read = entries().map(async ([name, kind]) => [name, await kind.readFlags(flags)] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** What all participants of a run must agree on about its far ends, by description. */
export function workloadOf(opening: Opening): Readonly<Record<string, unknown>> {
  const asked = entries().filter(([name]) => partOf(opening, name) !== undefined);
  const workloads = asked.map(([name, kind]) => kind.workload(partOf(opening, name)));
  return Object.assign({ "kind of test": asked.map(([name]) => name) }, ...workloads);
}

/** The far ends of one receiver. */
export class FarEnds implements RunFarEnds {
  private readonly open = new Map<string, OpenFarEnd<unknown>>();
  readonly workloadOf = workloadOf;

  /** Opens all far ends. @throws FarEndProblem when one cannot be opened. */
  async openAll(options: FarEndOptions, place: Surroundings): Promise<void> {
    for (const [name, kind] of entries()) {
      this.open.set(name, await kind.open(options[name as keyof Kinds], place));
    }
  }

  /** Why a run cannot be opened here; null when it can. */
  refusalOf(opening: Opening): string | null {
    for (const [name, farEnd] of this.askedFor(opening)) {
      const refusal = farEnd.refusalOf?.(partOf(opening, name)) ?? null;
      if (refusal !== null) return refusal;
    }
    return null;
  }

  observersOf(id: string, opening: Opening): Observers {
    const { seed, variants } = opening;
    return (observed) =>
      this.askedFor(opening).map(([name, farEnd]) =>
        farEnd.observe(partOf(opening, name), { id, seed, variants }, observed),
      );
  }

  /** Answers requests past the router. */
  get direct(): Direct {
    const all = [...this.open.values()].flatMap(({ direct }) => direct ?? []);
    return (request, reply) => all.some((direct) => direct(request, reply));
  }

  async addRoutes(app: FastifyInstance): Promise<void> {
    for (const farEnd of this.open.values()) await farEnd.routes?.(app);
  }

  /** Completes requests in progress, before connections are closed. */
  async drain(): Promise<void> {
    for (const farEnd of this.open.values()) await farEnd.drain?.();
  }

  async close(): Promise<void> {
    for (const farEnd of this.open.values()) await farEnd.close?.();
  }

  private askedFor(opening: Opening): [string, OpenFarEnd<unknown>][] {
    return [...this.open].filter(([name]) => partOf(opening, name) !== undefined);
  }
}
