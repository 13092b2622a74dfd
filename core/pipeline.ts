/**
 * A pipeline of one's own in one file: what its events are, how they are published, and where they must come
 * out. What runs in k6 and what runs in Node are functions of their own; each is bundled without the other's.
 */
import { refuseForm } from "./declaration.ts";
import type { Stream } from "./event.ts";
import { type AttributeTable, made, type WorkloadEvent } from "./made.ts";
import type { K6Access, NodeAccess } from "./ownaccess.ts";
import { saidBy, secretsInUrl, withoutCredentials } from "./redaction.ts";
import type { Step } from "./shape.ts";
import type { Trace } from "./trace.ts";

/** The variables of a run: those that the pipeline names, and whatever else the environment holds. */
export type Environment<Names extends string = never> = Readonly<Record<Names, string>> &
  Readonly<Record<string, string | undefined>>;

/** A variable: what it is when it is not given, or more of it. Without `fallback` it must be given. */
export type VariableOf = string | { readonly meaning: string; readonly fallback?: string; readonly secret?: boolean };

/**
 * What became of an event at the moment of publishing; `said` is what the transport answered, where it refused. What never
 * left, for want of a connection, is unsent.
 */
export type Outcome = "acknowledged" | "refused" | "unknown" | "unsent";
/** `status` is that of HTTP: by 401, 403 and 407 the target says that it does not let us in. */
export type Answer = Outcome | { readonly outcome: Outcome; readonly said?: string; readonly status?: number };

/** An answer as k6's `http` gives it; a status of 0 is no answer at all, and `error` says why. */
interface AnswerOverHttp {
  readonly status: number;
  readonly body?: unknown;
  readonly error?: string;
}

/** What an answer over HTTP says of an event: 2xx is acknowledged, 4xx refused, everything else unknown, with its words. */
export function httpAnswer({ status, body, error = "" }: AnswerOverHttp): Answer {
  if (status >= 200 && status < 300) return "acknowledged";
  const words = typeof body === "string" && body !== "" ? body : status === 0 ? error : "";
  const said = status === 0 && words !== "" ? words : `${status} ${words}`.trim();
  return { outcome: status >= 400 && status < 500 ? "refused" : "unknown", said, status };
}

/** The template of a pipeline's events, made from its `write` when it is first asked for, once for the process. */
export interface SeriesTemplate {
  readonly name: string;
  make(): object;
}

/** Consecutive events of one publisher; `clockCorrection` is what is added to the time that they are stamped with, in ms. */
export interface Series {
  readonly run: number;
  readonly publisher: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly clockCorrection: number;
}

/** What became of a series: each event is acknowledged, or among the failures. */
export interface SeriesOutcome {
  /** Unix ms by our own clock, when sending began. */
  readonly sentAt: number;
  /** Ms to the acknowledgement: of each event, or one of all. */
  readonly latenciesMs: ArrayLike<number>;
  /** Of the acknowledged, those that were there already; none unless told. */
  readonly duplicates?: number;
  /** By their places in the series. */
  readonly failures: readonly {
    readonly index: number;
    /** False when it never left. */
    readonly sent: boolean;
    /** True when the target did not take it. */
    readonly refused: boolean;
    readonly error: string;
  }[];
}

/** Has events written and sent without the script. It is rejected only when nothing was sent. */
export type SendsSeries = (
  template: SeriesTemplate,
  events: Series,
  limits: { /** Ms. */ readonly timeout: number },
) => Promise<SeriesOutcome>;

/**
 * Sends one event, a batch of them in one go, or a series that is written in Go; what fails by throwing is unknown. All are
 * async: the compiler reads no answer that may be a promise or not. What holds something open, as a socket, closes it when
 * it is told to; once it says that it is not open any more, it is made anew, after a pause that grows.
 */
export type Send<Wire> =
  | ((wire: Wire) => Promise<Answer>)
  | ({ readonly send: (wire: Wire) => Promise<Answer> } & Holding)
  | ({ readonly batch: (wires: readonly Wire[]) => Promise<readonly Answer[]> } & Holding)
  | { readonly series: SendsSeries };

interface Holding {
  readonly close?: () => unknown;
  readonly isOpen?: () => boolean;
}

/** What a path selects: of each attribute the values that belong there; an attribute that is left out, all. */
export type Selection<Table extends AttributeTable> = {
  readonly [Name in keyof Table]?: Table[Name][number] | readonly Table[Name][number][];
};

/** Whose order is promised: nobody's, that of each publisher, or that of events with the same value of an attribute. */
export type Order<Table extends AttributeTable> = "none" | "per publisher" | { readonly per: keyof Table & string };

interface FarEnd<Table extends AttributeTable> {
  /** Where events arrive, by name; what each selects. */
  readonly paths: Readonly<Record<string, Selection<Table>>>;
  /** "none" unless told. */
  readonly order?: Order<Table>;
}

/** Something that arrived: the whole text, in which identities are found. */
export interface Arrival {
  /** The only path of the far end, unless told. */
  readonly path?: string;
  readonly text: string;
}

/** A request as it came. */
export interface IncomingRequest {
  /** Below /hooks/, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: Uint8Array;
}

/** Something with an id of its own that is looked for again and again: a row, or an item of a list. */
export interface Item extends Arrival {
  readonly id: string | number | bigint;
}

/** Holds something open. */
export interface Closable {
  close(): unknown;
}

/** A subscription: k6 holds it. */
export interface SubscriptionEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "subscription";
  /** Connections for each path; 1 unless told. */
  readonly connections?: number;
  /** Opens one connection; `live()` when it is subscribed, `arrived()` with whatever comes, `failed()` when it ended. */
  open(at: {
    readonly env: Environment<Names>;
    readonly path: string;
    readonly selection: Selection<Table>;
    readonly access: K6Access;
    live(): void;
    /** @param at Unix ms at which it was read from the socket, as k6's message events tell it. */
    arrived(text: string, at?: number): void;
    failed(why: string): void;
  }): Closable;
}

/** Requests to the receiver, at /hooks/ and a path. */
export interface RequestEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "request";
  /** Says where a request belongs, or why it is refused. The last part of its path and its body, unless told. */
  receive?(
    request: IncomingRequest,
    env: Environment<Names>,
  ): Arrival | readonly Arrival[] | string | Promise<Arrival | readonly Arrival[] | string>;
}

/** Rows of a table that grows. */
export interface RowsEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "rows";
  /** The rows behind one, in the order of their ids; some thousand at most. @param after null for the first ones. */
  rows(after: Item["id"] | null, env: Environment<Names>, access: NodeAccess): Promise<readonly Item[]>;
}

/** A list that is told as a whole. */
export interface ListEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "list";
  list(env: Environment<Names>, access: NodeAccess): Promise<readonly (Item | string)[]>;
}

/** A stream that a client of Node consumes. */
export interface StreamEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "stream";
  consume(
    env: Environment<Names>,
    arrived: (arrival: Arrival | string) => void,
    access: NodeAccess,
  ): Promise<Closable> | Closable;
}

/** Where no identity survives: only numbers can be compared. */
export interface CountEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "count";
  /** How many there are, whatever was there before. */
  count(env: Environment<Names>, access: NodeAccess): Promise<number>;
}

/** An observer elsewhere, in whatever language: it tells the receiver over HTTP. */
export interface ReportedEnd<Table extends AttributeTable> extends FarEnd<Table> {
  readonly kind: "reported";
}

export type Observe<Table extends AttributeTable, Names extends string> =
  | SubscriptionEnd<Table, Names>
  | RequestEnd<Table, Names>
  | RowsEnd<Table, Names>
  | ListEnd<Table, Names>
  | StreamEnd<Table, Names>
  | CountEnd<Table, Names>
  | ReportedEnd<Table>;

/** A pipeline, from where its events are published to where they must come out. */
export interface Pipeline<Table extends AttributeTable, Wire, Names extends string> {
  /** Letters, digits and dashes. */
  readonly name: string;
  readonly meaning?: string;
  readonly variables?: Readonly<Record<Names, VariableOf>>;
  readonly events: {
    readonly attributes: Table;
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

/** Every variable may also be given with this prefix, where the bare name is taken. */
export const PREFIX = "THROUGHLINE_";

/** The variables as a pipeline's functions see them: with its fallbacks where nothing is given. */
export function environmentOf<Names extends string>(
  { variables }: { readonly variables?: Readonly<Record<Names, VariableOf>> },
  given: Readonly<Record<string, string | undefined>>,
): Environment<Names> {
  const declared = Object.entries<VariableOf>(variables ?? {}).map(([name, variable]) => {
    const fallback = typeof variable === "string" ? variable : variable.fallback;
    return [name, given[PREFIX + name] ?? given[name] ?? fallback];
  });
  return { ...given, ...Object.fromEntries(declared) };
}

/** What must not be repeated of the variables: those that are declared secret, and the passwords in URLs. */
export function secretsOf(
  { variables = {} }: { readonly variables?: Readonly<Record<string, VariableOf>> },
  given: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const values = environmentOf({ variables }, given);
  return Object.entries(variables).flatMap(([name, of]) => {
    const value = values[name] ?? "";
    return typeof of === "object" && of.secret === true ? [value, ...secretsInUrl(value)] : secretsInUrl(value);
  });
}

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
  const paths: readonly [string, object][] = Object.entries(observe.paths);
  if (paths.length === 0) throw new RangeError(`pipeline ${name}: observe.paths: names no path`);
  for (const [path, selection] of paths) {
    for (const [attribute, wanted] of Object.entries(selection)) {
      const values = events.attributes[attribute] ?? [];
      const unknown = [wanted].flat().find((value) => !values.includes(value));
      if (unknown !== undefined) {
        throw new RangeError(
          `pipeline ${name}: observe.paths.${path}.${attribute}: ${unknown}: allowed: ${values.join(", ") || "no attribute of that name"}`,
        );
      }
    }
  }
  const { order } = observe;
  if (typeof order === "object" && !Object.hasOwn(events.attributes, order.per)) {
    const attributes = Object.keys(events.attributes).join(", ") || "no attribute is there";
    throw new RangeError(`pipeline ${name}: observe.order.per: ${order.per}: allowed: ${attributes}`);
  }
  if (observe.kind === "count" && paths.length > 1) {
    throw new RangeError(`pipeline ${name}: observe.paths: a count has one path; allowed: 1, not ${paths.length}`);
  }
  return pipeline;
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
    return typeof words === "string" ? withoutCredentials(words) : words;
  } catch (problem) {
    return `damage() failed: ${saidBy(problem)}`;
  }
}
