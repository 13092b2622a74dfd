/** Where the events of a user's pipeline arrive, and how they are observed there. */
import type { AttributeTable } from "./made.ts";
import type { K6Access, NodeAccess } from "./ownaccess.ts";
import type { Environment } from "./ownvariables.ts";

/** What a path selects: the values of each attribute; a missing attribute means all values. */
export type Selection<Table extends AttributeTable> = {
  readonly [Name in keyof Table]?: Table[Name][number] | readonly Table[Name][number][];
};

/** The promised order: none, per publisher, or among events with the same value of an attribute. */
export type Order<Table extends AttributeTable> = "none" | "per publisher" | { readonly per: keyof Table & string };

interface FarEnd<Table extends AttributeTable> {
  /** The places where events arrive, by name, with what each selects. */
  readonly paths: Readonly<Record<string, Selection<Table>>>;
  /** "none" by default. */
  readonly order?: Order<Table>;
}

/** Something that arrived: the whole text, in which identities are found. */
export interface Arrival {
  /** By default the only path of the far end. */
  readonly path?: string;
  readonly text: string;
}

/** A request as received. */
export interface IncomingRequest {
  /** Path below /hooks/, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: Uint8Array;
}

/** A row or list item with an id, which is read again and again. */
export interface Item extends Arrival {
  readonly id: string | number | bigint;
}

/** Something that must be closed. */
export interface Closable {
  close(): unknown;
}

/** A subscription, which k6 holds. */
export interface SubscriptionEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "subscription";
  /** Connections per path; 1 by default. */
  readonly connections?: number;
  /**
   * Opens one connection. Call `live()` when it is subscribed, `arrived()` for every message, `failed()` when it ended.
   */
  open(at: {
    readonly env: Environment<Names>;
    readonly path: string;
    readonly selection: Selection<Table>;
    readonly access: K6Access;
    live(): void;
    /** @param at Unix ms when it was read from the socket, as in the timestamp of k6's message events. */
    arrived(text: string, at?: number): void;
    failed(why: string): void;
  }): Closable;
}

/** Requests to the receiver, at /hooks/ and a path. */
export interface RequestEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "request";
  /**
   * Assigns a request to a path, or refuses it. By default the path is the URL's last segment, and the text is the
   * body.
   */
  receive?(
    request: IncomingRequest,
    env: Environment<Names>,
  ): Arrival | readonly Arrival[] | string | Promise<Arrival | readonly Arrival[] | string>;
}

/** Rows of a growing table. */
export interface RowsEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "rows";
  /** The rows after a given one, ordered by id; a few thousand at most. @param after null for the first rows. */
  rows(after: Item["id"] | null, env: Environment<Names>, access: NodeAccess): Promise<readonly Item[]>;
}

/** A list that is always read completely. */
export interface ListEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "list";
  list(env: Environment<Names>, access: NodeAccess): Promise<readonly (Item | string)[]>;
}

/** A stream that a Node client consumes. */
export interface StreamEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "stream";
  consume(
    env: Environment<Names>,
    arrived: (arrival: Arrival | string) => void,
    access: NodeAccess,
    /** Says that the stream has ended or was interrupted: what it then misses is not the target's loss. */
    failed: (why: string) => void,
  ): Promise<Closable> | Closable;
}

/** Only a count of events, where no identity survives. */
export interface CountEnd<Table extends AttributeTable, Names extends string> extends FarEnd<Table> {
  readonly kind: "count";
  /** The current total, including what was there before. */
  count(env: Environment<Names>, access: NodeAccess): Promise<number>;
}

/** An external observer in any language, which reports to the receiver over HTTP. */
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
