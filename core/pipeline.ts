/**
 * A pipeline of one's own in one file: what its events are, how they are published, and where they must come
 * out. What runs in k6 and what runs in Node are functions of their own; each is bundled without the other's.
 */

import { refuseForm } from "./declaration.ts";
import type { Stream } from "./event.ts";
import { filterOf, matches } from "./filter.ts";
import { type AttributeTable, MOST_VARIANTS, made, type VariantTable, type WorkloadEvent } from "./made.ts";
import type { Observe, Selection } from "./observe.ts";
import type { PromisedOrder } from "./order.ts";
import type { K6Access } from "./ownaccess.ts";
import type { Environment, VariableOf } from "./ownvariables.ts";
import { LONGEST_PATH, PATH_NAME } from "./pathname.ts";
import { onOneLine, safeMessageOf, saidIn } from "./redaction.ts";
import type { Step } from "./shape.ts";
import type { Trace } from "./trace.ts";
import type { Send } from "./transport.ts";

/** A pipeline, from where its events are published to where they must come out. */
export interface Pipeline<Table extends AttributeTable, Wire, Names extends string> {
  /** Letters, digits and dashes. */
  readonly name: string;
  readonly meaning?: string;
  readonly variables?: Readonly<Record<Names, VariableOf>>;
  readonly events: VariantTable<Table> & {
    /** Writes an event as it is sent; a pure function, because what arrives is compared with it. */
    write(event: WorkloadEvent<Table>): Wire;
  };
  /** Runs in k6, once for each virtual user: makes what sends. */
  publish(env: Environment<Names>, access: K6Access): Send<NoInfer<Wire>>;
  /** Runs in k6 when no canary has come out: what may be the cause, in a text for each. */
  explain?(env: Environment<Names>, access: K6Access): Promise<readonly string[]>;
  readonly observe: Observe<Table, Names>;
  /** What is wrong with a text in which an event arrived; null when it is what was published. */
  damage?(text: string, event: WorkloadEvent<Table>, sent: Wire): string | null;
  /** Profiles beside the six of the suite, or instead of them. */
  readonly profiles?: Readonly<Record<string, readonly Step[]>>;
  /** Objectives beside those of its kind, by metric: `{ account_delivery_p95_ms: "value < 250" }`. */
  readonly objectives?: Readonly<Record<string, string | readonly string[]>>;
  /** What to look at when an objective is missed, by metric. */
  readonly nextSteps?: Readonly<Record<string, string>>;
}

/** A pipeline of which nobody asks for its types any more. */
export type AnyPipeline = Pipeline<AttributeTable, unknown, string>;

/** What pipelines and tables of endpoints may be called. */
export const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Declares a pipeline; what is written is checked by the compiler, and what it cannot see, here.
 *
 * @throws RangeError in one line that says what is not allowed.
 */
export function definePipeline<const Table extends AttributeTable, Wire, const Names extends string = never>(
  pipeline: Pipeline<Table, Wire, Names>,
): Pipeline<Table, Wire, Names> {
  refuseForm("pipeline", pipeline);
  const { name, observe, events } = pipeline;
  if (!NAME.test(name)) {
    throw new RangeError(
      `pipeline ${JSON.stringify(name)}: name: allowed: small letters, digits and dashes, at most 40`,
    );
  }
  refuseVariants(name, events);
  const paths: readonly [string, object][] = Object.entries(observe.paths);
  if (paths.length === 0) throw new RangeError(`pipeline ${name}: observe.paths: names no path`);
  for (const [path, selection] of paths) {
    refusePathName(name, observe.kind, path);
    for (const [attribute, wanted] of Object.entries(selection)) {
      const values = events.attributes[attribute] ?? [];
      const unknown = [wanted].flat().find((value) => !values.includes(value));
      if (unknown !== undefined) {
        throw new RangeError(
          `pipeline ${name}: observe.paths.${path}.${attribute}: ${unknown}: ${allowedOf(events.attributes, attribute)}`,
        );
      }
    }
    refuseUnreachable(name, path, selection, events.variants);
  }
  const { order } = observe;
  if (typeof order === "object" && !Object.hasOwn(events.attributes, order.per)) {
    const attributes = Object.keys(events.attributes).join(", ") || "no attribute is there";
    throw new RangeError(`pipeline ${name}: observe.order.per: ${order.per}: allowed: ${attributes}`);
  }
  if (observe.kind === "count" && order !== undefined && order !== "none") {
    throw new RangeError(`pipeline ${name}: observe.order: a count shows no order; allowed: none, or leave it out`);
  }
  if (observe.kind === "count" && paths.length > 1) {
    throw new RangeError(`pipeline ${name}: observe.paths: a count has one path; allowed: 1, not ${paths.length}`);
  }
  return pipeline;
}

/** The order that a pipeline's far end promises. */
export function promisedIn({ observe: { order = "none" } }: AnyPipeline): Exclude<PromisedOrder, "all"> {
  return order;
}

/** What the test is called that holds the subscriptions of a pipeline. */
export const subscribersOf = (name: string) => `${name}-subscribers`;

/** Connections that a pipeline's subscribers hold. */
export function connectionsOf({ observe }: AnyPipeline): number {
  return observe.kind === "subscription" ? Object.keys(observe.paths).length * (observe.connections ?? 1) : 0;
}

/** Subscriptions are not reported by path, so that a name may hold what the other side calls it by. */
function refusePathName(name: string, kind: string, path: string): void {
  const place = `pipeline ${name}: observe.paths: ${JSON.stringify(onOneLine(path, 40))}`;
  if (path === "" || path.length > LONGEST_PATH) {
    throw new RangeError(`${place}: a name of ${path.length} characters; allowed: 1 to ${LONGEST_PATH}`);
  }
  if (kind !== "subscription" && !PATH_NAME.test(path)) {
    throw new RangeError(`${place}: allowed: a name without blanks that does not begin with a slash`);
  }
}

function refuseVariants(name: string, { attributes, variants }: VariantTable<AttributeTable>): void {
  if (variants === undefined) return;
  const place = `pipeline ${name}: events.variants`;
  if (variants.length === 0 || variants.length > MOST_VARIANTS) {
    throw new RangeError(`${place}: has ${variants.length}; allowed: 1 to ${MOST_VARIANTS}`);
  }
  for (const [at, variant] of variants.entries()) {
    for (const attribute of new Set([...Object.keys(attributes), ...Object.keys(variant)])) {
      const values = attributes[attribute] ?? [];
      const value = variant[attribute];
      if (value !== undefined && values.includes(value)) continue;
      const given = value ?? "is missing";
      throw new RangeError(`${place}.${at}.${attribute}: ${given}: ${allowedOf(attributes, attribute)}`);
    }
  }
}

/** The values that an attribute may have; of an unknown one, the attributes that there are. */
function allowedOf(attributes: Readonly<Record<string, readonly string[]>>, attribute: string): string {
  const values = attributes[attribute];
  if (values !== undefined) return `allowed: ${values.join(", ")}`;
  const names = Object.keys(attributes);
  return `no such attribute; ${names.length === 0 ? "events.attributes declares none" : `allowed: ${names.join(", ")}`}`;
}

/** A path that no variant reaches would wait for its canary in vain. */
function refuseUnreachable(
  name: string,
  path: string,
  selection: object,
  variants: VariantTable<AttributeTable>["variants"],
): void {
  if (variants === undefined) return;
  const filter = filterOf(selection as Selection<AttributeTable>);
  const ofOne = (variant: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(variant).map(([attribute, value]) => [attribute, [value]]));
  if (variants.some((variant) => matches(filter, ofOne(variant)))) return;
  const given = JSON.stringify(selection);
  throw new RangeError(`pipeline ${name}: observe.paths.${path}: ${given}: allowed: what one of events.variants has`);
}

/**
 * What a pipeline says of the damage in a text in which an event arrived; null where it says nothing. A text over which
 * its code fails is damaged: half a body, say, with a whole identity in it.
 */
export function damageIn({ damage, events }: AnyPipeline, stream: Stream, text: string, trace: Trace): string | null {
  if (damage === undefined) return null;
  const event = made(stream, trace);
  try {
    const words = damage(text, event, events.write(event));
    return typeof words === "string" ? saidIn(words) : words;
  } catch (problem) {
    return `damage() failed: ${safeMessageOf(problem)}`;
  }
}
