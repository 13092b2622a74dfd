/** Where the events of a user's pipeline must come out, and how they are seen there. */
import type { AttributeTable } from "./made.ts";
import type { K6Access, NodeAccess } from "./ownaccess.ts";
import type { Environment } from "./ownvariables.ts";

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
