/** A user's HTTP endpoints in one file: requests, expected answers and objectives. */
import { refuseForm } from "./declaration.ts";
import type { Environment, VariableOf } from "./ownvariables.ts";
import { NAME } from "./pipeline.ts";
import type { Step } from "./shape.ts";

/** The expected field of an answer: a value, a pattern, or a predicate. */
export type Field = string | number | boolean | null | RegExp | ((value: unknown) => boolean);

/** One endpoint. */
export interface OwnEndpoint {
  /** Its name in reports. */
  readonly name: string;
  /** GET by default. */
  readonly method?: string;
  /** Path after the address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Strings are sent unchanged, anything else as JSON. */
  readonly body?: unknown;
  /** The expected status, or several; 200 by default. */
  readonly status?: number | readonly number[];
  /** Expected fields; nested fields with dots, as in `{ "queue.waiting": 0 }`. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Objectives of its response time in ms, as in `p(95) < 50`. */
  readonly objective?: string | readonly string[];
}

/** A table of endpoints that virtual users request one after the other. */
export interface Endpoints<Names extends string> {
  /** Letters, digits and dashes. */
  readonly name: string;
  readonly meaning?: string;
  readonly variables?: Readonly<Record<Names, VariableOf>>;
  /** The base address of all paths. */
  address(env: Environment<Names>): string;
  /** Headers of all requests, for example for a login. */
  headers?(env: Environment<Names>): Readonly<Record<string, string>>;
  readonly endpoints: readonly OwnEndpoint[];
  /** Virtual users over time; these profiles extend or replace those of the suite. */
  readonly profiles?: Readonly<Record<string, readonly Step[]>>;
  /** What to look at when an objective is missed, by metric. */
  readonly nextSteps?: Readonly<Record<string, string>>;
}

/** A table without type parameters. */
export type AnyEndpoints = Endpoints<string>;

/** The metric of an endpoint's response time: `endpoint_<name>_latency_ms`. */
export function latencyMetric(name: string): string {
  return `endpoint_${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}_latency_ms`;
}

/** Declares a table of endpoints. @throws RangeError in one line for what is not allowed. */
export function defineEndpoints<const Names extends string = never>(declared: Endpoints<Names>): Endpoints<Names> {
  refuseForm("endpoints", declared);
  const { name, endpoints } = declared;
  if (!NAME.test(name)) {
    throw new RangeError(
      `endpoints ${JSON.stringify(name)}: name: allowed: small letters, digits and dashes, at most 40`,
    );
  }
  if (endpoints.length === 0) throw new RangeError(`endpoints ${name}: endpoints: names no endpoint`);
  const metrics = endpoints.map((endpoint) => latencyMetric(endpoint.name));
  const twice = metrics.findIndex((metric, place) => metrics.indexOf(metric) < place);
  if (twice >= 0) {
    throw new RangeError(`endpoints ${name}: name: ${endpoints[twice]?.name}: there is one of that name already`);
  }
  return declared;
}

/** What is wrong with an answer; null when it is right. */
export function problemOfAnswer({ status: wanted = 200, fields }: OwnEndpoint, status: number, text: string) {
  if (![wanted].flat().includes(status)) return `answers ${status}${text === "" ? "" : `: ${text}`}`;
  if (fields === undefined) return null;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return `answers ${status}, but no JSON: ${text}`;
  }
  const wrong = Object.entries(fields).find(([path, field]) => !fits(field, valueAt(answer, path)));
  if (wrong === undefined) return null;
  return `answers ${status}, but ${wrong[0]} is ${JSON.stringify(valueAt(answer, wrong[0])) ?? "missing"}${wish(wrong[1])}`;
}

function valueAt(answer: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }, answer);
}

function fits(field: Field, value: unknown): boolean {
  if (typeof field === "function") return field(value);
  return field instanceof RegExp ? typeof value === "string" && field.test(value) : value === field;
}

function wish(field: Field): string {
  if (typeof field === "function") return "";
  return `, not ${field instanceof RegExp ? field : JSON.stringify(field)}`;
}
