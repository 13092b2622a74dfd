import type { BacklogGrowth } from "./backlog.ts";
import type { BurstAccount } from "./bursts.ts";
import type { ClockAccount } from "./clocks.ts";
import type { Counts } from "./counts.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Filter } from "./filter.ts";
import type { LatencyGrowth } from "./growth.ts";
import type { Percentiles } from "./histogram.ts";
import type { PathAccount } from "./ledger.ts";
import type { Mistake } from "./mistaken.ts";
import type { Standstill } from "./standstill.ts";

/** How the wait for the last deliveries ended, in words. */
export const ENDINGS = {
  complete: "everything that had to arrive has arrived",
  quiet: "nothing more arrived for the quiet time; what is missing is lost",
  held: "what is missing is pending or buffered, and nothing moved for longer than a worker may keep it",
  timeout: "deliveries were still arriving when the time was up",
  "publisher missing": "a publisher that had joined never said it was done",
  interrupted: "the run was interrupted; what had not arrived may have been on its way",
} as const;
export type Ending = keyof typeof ENDINGS;

/** A table that events must end up in. */
export interface Table {
  readonly table: string;
}

/** A path that broke a rule, with its evidence. */
export interface Offender extends PathAccount {
  readonly path: string;
  readonly filter: Filter | Endpoint | Table;
  /** Unix ms at which the first lost event was sent. */
  readonly firstLostAt: number | null;
}

/** One endpoint of webhooks, settled. */
export interface EndpointAccount extends PathAccount {
  readonly path: string;
  /** Requests that arrived, answered well or not. */
  readonly attempts: number;
  /** First deliveries after an attempt that was refused here, or that were not the first by their header. */
  readonly retried: number;
  /** Lost deliveries of which no request ever came. */
  readonly unattempted: number;
  /** The most attempts that were refused one after the other. */
  readonly refusedInARow: number;
  readonly latency: Percentiles;
}

/** What is told of webhooks beside the deliveries. */
export interface WebhookAccount {
  readonly endpoints: readonly EndpointAccount[];
  readonly attempts: number;
  readonly retried: number;
  /** Second and later attempts whose header gave no higher number than an earlier one's. */
  readonly unraisedHeaders: number;
  /** Ms from a request's headers to the last byte of its body, of those that were taken. */
  readonly transfer: Percentiles;
  /** How fast what is due but not delivered grew under load; null when too little was seen. */
  readonly growth: BacklogGrowth | null;
  /** Entries of the load that stayed pending in a consumer group of the stream; null where nobody has looked. */
  readonly leftPending: number | null;
  /** Requests whose body is no webhook, by what is wrong with it; they belong to no event that is known. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Requests that were refused, dropped or answered wrongly because the receiver was told to. */
  readonly misbehaved: number;
  /** Attempts that came too soon after one of the same delivery that had failed. */
  readonly hasty: number;
  /** Deliveries that were not taken and are not sent again any more, by how they were answered. */
  readonly abandoned: Readonly<Record<string, number>>;
  /** Requests of this run that were refused because their signature was missing or wrong. */
  readonly wrongSignatures: number;
  /** The same by what is wrong. */
  readonly signatureProblems: Readonly<Record<string, number>>;
  /** Requests that were taken without a look at their signature: their receiver was started without a secret. */
  readonly uncheckedSignatures: number;
  /** Deliveries whose body is not what was published. */
  readonly damaged: number;
  /** Deliveries to a name that is no endpoint of the run. */
  readonly strays: number;
}

/** What is told of a table beside the deliveries, which are its rows. */
export interface StorageAccount {
  /** Rows of the run's load, twice stored events twice. */
  readonly rows: number;
  /** Rows that are not what was published. */
  readonly damaged: number;
  /** Of these, rows that were what was published when they were first read. */
  readonly changed: number;
  /** Rows that had been there and are not any more at the end. */
  readonly vanished: number;
  /** From publishing to the row's time of insertion by the database's clock, whose offset is taken out; where a row has none, to when it was seen. */
  readonly insertion: Percentiles;
  /** What is still pending, and in a worker's buffer; null when Redis is not watched. */
  readonly queue: { readonly pending: number; readonly buffered: number } | null;
  /** How often acknowledged was compared with rows, pending and buffered together. */
  readonly readings: number;
  /** The most messages that were in none of the three in all readings of ten seconds. */
  readonly shortfall: number;
  /** The most acknowledged messages that were not yet rows. */
  readonly peak: number;
  /** How fast that grew under load, as a share of what was acknowledged; null when too little was seen. */
  readonly growth: BacklogGrowth | null;
  /** Ids that messages were accepted under, and how many of them had been given before. */
  readonly ids: { readonly answered: number; readonly repeated: number };
  /** What was held at the end; null when nothing was, or Redis is not watched. */
  readonly stuck: {
    /** Missing events that are not pending and so in a worker's hands: the first of them, and how many; null where there was too much to look at. */
    readonly events: readonly number[];
    readonly count: number | null;
    /** The beginning of the first pending entry that is no message; null when there is none. */
    readonly unreadable: string | null;
  } | null;
  /** What the worker says of itself in Redis, by key. */
  readonly worker: Readonly<Record<string, number>>;
  /** What the worker said that it had stored in all, before that became less and after; `to` is null where it is gone. */
  readonly setBack: { readonly from: number; readonly to: number | null } | null;
  /** Why the table or Redis could not be read the last time; null when they could. */
  readonly problem: string | null;
}

/** One path of a far end, settled. */
export interface ObservedPathAccount extends PathAccount {
  readonly path: string;
  readonly latency: Percentiles;
}

/** What is told of a far end that names its paths, beside the deliveries. */
export interface FarEndAccount {
  readonly pipeline: string;
  readonly kind: string;
  readonly paths: readonly ObservedPathAccount[];
  /** Texts that arrived and carried no identity. */
  readonly unread: number;
  /** Identities whose check digits do not fit, and texts that are not what was published. */
  readonly damaged: number;
  /** Requests that were refused, by why. */
  readonly refused: Readonly<Record<string, number>>;
  /** Rows or items that had been there and are not any more at the end. */
  readonly vanished: number;
  /** Events that only the last look at all of it showed: when they came, nobody knows. */
  readonly undated: number;
  /** Events on a path that the far end does not have. */
  readonly strays: number;
  /** Why it could not be looked at the last time; null when it could. */
  readonly problem: string | null;
}

/** The ledger of a run as it stands: exact counts, joined by identity. Each count is described in counts.ts. */
export interface Account extends Counts {
  readonly version: 1;
  readonly run: string;
  /** Null while the run goes on. */
  readonly ending: Ending | null;
  /** Unix ms of the first send and the last answer. */
  readonly span: { readonly from: number; readonly through: number } | null;
  /** Publishers that have joined. */
  readonly publishers: number;
  /** Paths that have received a canary. */
  readonly ready: number;
  /** Whether all paths promise an order; otherwise reordered deliveries are no fault. */
  readonly ordered: boolean;
  /** Expected deliveries that had not happened when the last event was acknowledged. */
  readonly backlog: number;
  /** Ms from then to the last delivery. */
  readonly drain: number;
  readonly latency: Percentiles;
  /** The clocks that latencies were measured by, beside the receiver's. */
  readonly clocks: readonly ClockAccount[];
  /** The longest time for which the receiver stood still since the first event was sent; null when it did not. */
  readonly standstill: Standstill | null;
  /** Unix ms at which the receiver last had no file descriptor left; null where it always had some. */
  readonly ranOutAt: number | null;
  /** Of subscriptions: how much slower they became over the load. */
  readonly growth: LatencyGrowth;
  /** Null where the load has no bursts. */
  readonly bursts: BurstAccount | null;
  /** Unix ms at which the last event arrived for the first time; null before the first. */
  readonly lastArrivalAt: number | null;
  readonly offenders: readonly Offender[];
  /** Subscriptions that were told of an event that belongs nowhere. */
  readonly probed: number;
  /** What the target takes for something else; empty where nothing came where it does not belong. */
  readonly mistaken: readonly Mistake[];
  /** Null unless the events come back as webhooks. */
  readonly webhooks: WebhookAccount | null;
  /** Null unless the events end up in a table. */
  readonly storage: StorageAccount | null;
  /** Null unless the events come out at a far end that names its paths. */
  readonly farEnd: FarEndAccount | null;
  /** Where the pipeline holds what is missing, and why, as far as that is known. */
  readonly causes: readonly string[];
}

/** Why the far end could not be looked at in the end; null where it could. */
export function problemOf({ farEnd, storage }: Pick<Account, "farEnd" | "storage">): string | null {
  return farEnd?.problem ?? storage?.problem ?? null;
}

/** Deliveries per second from the first send to the last arrival, idle time excluded; null without any. */
export function deliveryRate({ delivered, span, lastArrivalAt }: Account): number | null {
  if (span === null || lastArrivalAt === null || lastArrivalAt <= span.from) return null;
  return (delivered * 1000) / (lastArrivalAt - span.from);
}

/** Acknowledged events per second from the first send to the last answer; null without any. */
export function acknowledgedRate({ acknowledged, span }: Account): number | null {
  return span === null || span.through <= span.from ? null : (acknowledged * 1000) / (span.through - span.from);
}
