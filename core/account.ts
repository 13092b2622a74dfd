import type { BacklogGrowth } from "./backlog.ts";
import type { BurstAccount } from "./bursts.ts";
import type { ClockAccount } from "./clocks.ts";
import type { Counts } from "./counts.ts";
import type { Detours } from "./detours.ts";
import type { LatencyGrowth } from "./growth.ts";
import type { Percentiles } from "./histogram.ts";
import type { PathAccount } from "./ledger.ts";
import type { LookAccount } from "./looks.ts";
import type { Mistake } from "./mistakes.ts";
import type { PromisedOrder } from "./order.ts";
import type { Standstill } from "./standstill.ts";
import type { Unanswered } from "./unanswered.ts";

/** How the wait for the last deliveries ended, in words. */
export const ENDINGS = {
  complete: "everything that had to arrive has arrived",
  quiet: "nothing more arrived for the quiet time; what is missing is lost",
  held: "what is missing is pending or buffered, and nothing moved for longer than a worker may keep it",
  timeout: "deliveries were still arriving when the time was up",
  "publisher missing": "a publisher that had joined never reported that it was done",
  interrupted: "the run was interrupted; what had not arrived may have been on its way",
} as const;
export type Ending = keyof typeof ENDINGS;

/** A path that broke a rule, with its evidence. */
export interface Offender extends PathAccount {
  readonly path: string;
  /** What the path selects, as evidence. */
  readonly filter: object;
  /** Unix ms at which the first lost event was sent. */
  readonly firstLostAt: number | null;
  /** Unix ms of the latest send among the events that arrived; null where none did, or they do not say it. */
  readonly latestSend: number | null;
}

/** One webhook endpoint, settled. */
export interface EndpointAccount extends PathAccount {
  readonly path: string;
  /** Requests that arrived, whether they were accepted or not. */
  readonly attempts: number;
  /** First deliveries that followed a refused attempt, or whose header says that they are a retry. */
  readonly retried: number;
  /** Lost deliveries for which no request ever arrived. */
  readonly unattempted: number;
  /** The longest series of refused attempts. */
  readonly refusedInARow: number;
  readonly latency: Percentiles;
}

/** Details of webhooks, besides their deliveries. */
export interface WebhookAccount {
  readonly endpoints: readonly EndpointAccount[];
  readonly attempts: number;
  readonly retried: number;
  /** Retries whose header did not have a higher number than an earlier attempt. */
  readonly unraisedHeaders: number;
  /** Ms from a request's headers to the last byte of its body, of accepted requests. */
  readonly transfer: Percentiles;
  /** Growth under load of the deliveries that are due but missing; null when there are too few readings. */
  readonly growth: BacklogGrowth | null;
  /**
   * Entries of the load that stayed pending in a consumer group of the stream; null where the stream is not observed.
   */
  readonly leftPending: number | null;
  /** Requests whose body cannot be read as a webhook, by reason; they belong to no known event. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Requests that the receiver refused, dropped or answered wrongly on purpose. */
  readonly misbehaved: number;
  /** Retries that came too soon after a failed attempt. */
  readonly hasty: number;
  /** Deliveries that were not accepted and are not retried any more, by the answers they got. */
  readonly abandoned: Readonly<Record<string, number>>;
  /** Requests of this run that were refused because their signature was missing or wrong. */
  readonly wrongSignatures: number;
  /** The same by reason. */
  readonly signatureProblems: Readonly<Record<string, number>>;
  /** Requests that were accepted unverified, because the receiver has no secret. */
  readonly uncheckedSignatures: number;
  /** Deliveries whose body differs from what was published. */
  readonly damaged: number;
  /** Deliveries to a name that is no endpoint of the run. */
  readonly strays: number;
}

/** Details of a table, besides its rows, which are the deliveries. */
export interface StorageAccount {
  /** Rows of the run's load; events stored twice count twice. */
  readonly rows: number;
  /** Rows that differ from what was published. */
  readonly damaged: number;
  /** Damaged rows that were intact when they were first read. */
  readonly changed: number;
  /** Rows that existed earlier and are gone at the end. */
  readonly vanished: number;
  /**
   * From publishing to the row's insertion time by the database's clock, corrected for its offset; to the first reading
   * where rows have no insertion time.
   */
  readonly insertion: Percentiles;
  /** The same if each row without such a time came right after the reading that did not find it; older records lack it. */
  readonly earliest?: Percentiles;
  /** How many of these rows have no insertion time; older records lack it. */
  readonly untimed?: number;
  /** Messages that are pending, and that are in a worker's buffer; null when Redis is not observed. */
  readonly queue: { readonly pending: number; readonly buffered: number } | null;
  /** How often the number of acknowledged messages was compared with rows, pending and buffered messages. */
  readonly readings: number;
  /** The most messages that were missing from all three in every reading of ten seconds. */
  readonly shortfall: number;
  /** The highest number of acknowledged messages that were not yet rows. */
  readonly peak: number;
  /**
   * Growth of that number under load, as a share of the acknowledged messages; null when there are too few readings.
   */
  readonly growth: BacklogGrowth | null;
  /** Ids that the target answered with, and how many of them it had given before. */
  readonly ids: { readonly answered: number; readonly repeated: number };
  /** Messages that were held at the end; null when there were none, or Redis is not observed. */
  readonly stuck: {
    /**
     * Missing events that are not pending, and so in a worker's hands: the first ones and their number; null where
     * there were too many to search.
     */
    readonly events: readonly number[];
    readonly count: number | null;
    /** The beginning of the first pending entry that is no valid message; null when there is none. */
    readonly unreadable: string | null;
  } | null;
  /** The worker's own statistics in Redis, by key. */
  readonly worker: Readonly<Record<string, number>>;
  /** The worker's total of stored messages before and after it went down; `to` is null where it is gone. */
  readonly setBack: { readonly from: number; readonly to: number | null } | null;
  /** Why the last reading of table or Redis failed; null when it did not. */
  readonly problem: string | null;
}

/** One path of a user's far end, settled. */
export interface ObservedPathAccount extends PathAccount {
  readonly path: string;
  readonly latency: Percentiles;
}

/** Details of a user's far end, besides the deliveries. */
export interface FarEndAccount {
  readonly pipeline: string;
  readonly kind: string;
  readonly paths: readonly ObservedPathAccount[];
  /** Arrivals beyond the expected number; null unless they are only counted. */
  readonly surplus: number | null;
  /** Whether contents were compared with what was published; absent in older records. */
  readonly compared?: boolean;
  /** Received texts without an identity. */
  readonly unread: number;
  /** Identities with wrong check digits, and texts that differ from what was published. */
  readonly damaged: number;
  /** Refused requests, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Rows or items that existed earlier and are gone at the end. */
  readonly vanished: number;
  /** Events whose arrival time is unknown: found only by the final reading, or dated by a clock that is ahead. */
  readonly undated: number;
  /** Events on a path that the far end does not declare. */
  readonly strays: number;
  /** The first of such paths; older records lack it. */
  readonly strayPaths?: readonly string[];
  /** The first paths that are none of its own on which canaries arrived; older records lack it. */
  readonly canariesAstray?: readonly string[];
  /** Why the last canary that came was refused; null where none was; older records lack it. */
  readonly canaryRefused?: string | null;
  /** Why the last reading failed; null when it did not. */
  readonly problem: string | null;
  /** Since when that was so, in Unix ms, and how many deliveries of what was sent before were missing then. */
  readonly stopped?: { readonly at: number; readonly missing: number } | null;
  /**
   * What the last reading was answered, where no other answer is to be expected, and the variable that it asked; null
   * where it was not; older records lack it.
   */
  readonly readingRefused?: { readonly variable: string | null; readonly said: string } | null;
  /** What the pipeline's own code threw in the last reading, with its place; null where it threw nothing. */
  readonly thrown?: string | null;
}

/** The ledger of a run at a moment: exact counts, joined by identity. counts.ts describes each count. */
export interface Account extends Counts {
  readonly version: 1;
  readonly run: string;
  /** Null while the run goes on. */
  readonly ending: Ending | null;
  /** Unix ms of the first send and the last answer. */
  readonly span: { readonly from: number; readonly through: number } | null;
  /** Unix ms of the last send; older records lack it. */
  readonly lastSendAt?: number | null;
  /** Number of publishers that have joined. */
  readonly publishers: number;
  /** Number of paths that have received a canary. */
  readonly ready: number;
  /** Whether all paths promise an order; otherwise reordered deliveries are no fault. */
  readonly ordered: boolean;
  /** Which order was held; of none, all reordered deliveries are counted. */
  readonly order: PromisedOrder;
  /** Number of publishers within each of which alone an order is promised; absent where it is promised otherwise. */
  readonly orderedWithin?: number;
  /** Expected deliveries that were missing when the last event was acknowledged. */
  readonly backlog: number;
  /** Ms from then to the last delivery. */
  readonly drain: number;
  readonly latency: Percentiles;
  /** Null unless the far end is looked at again and again. */
  readonly looks: LookAccount | null;
  /** The clocks that latencies were measured with, besides the receiver's. */
  readonly clocks: readonly ClockAccount[];
  /** The longest standstill of the receiver since the first event was sent; null without any. */
  readonly standstill: Standstill | null;
  /** Unix ms when the receiver last had no free file descriptor; null if it always had one. */
  readonly ranOutAt: number | null;
  /** How much slower subscriptions became over the load. */
  readonly growth: LatencyGrowth;
  /** Null where the load has no bursts. */
  readonly bursts: BurstAccount | null;
  /** Unix ms of the last first arrival of an event; null before the first. */
  readonly lastArrivalAt: number | null;
  /** The paths that broke a rule, the worst first; no more than ten. */
  readonly offenders: readonly Offender[];
  /** How many paths broke a rule. */
  readonly offending: number;
  /** Lost deliveries that arrived on paths that do not select them. */
  readonly detours: Detours;
  /** What became of events that were neither acknowledged nor refused; older records lack it. */
  readonly unanswered?: readonly Unanswered[];
  /** Subscriptions that received a probe, an event that no filter selects. */
  readonly probed: number;
  /** Attribute values that the target mistakes for others; empty where nothing was misrouted. */
  readonly mistaken: readonly Mistake[];
  /** Null unless events arrive as webhooks. */
  readonly webhooks: WebhookAccount | null;
  /** Null unless events are stored in a table. */
  readonly storage: StorageAccount | null;
  /** Null unless the run has a user's far end. */
  readonly farEnd: FarEndAccount | null;
  /** Why deliveries are missing, or where the pipeline holds them, if known. */
  readonly causes: readonly string[];
  /** What else was wrong, with examples: it does not say why something is missing. */
  readonly findings: readonly string[];
  /** The examples of all of that, where more were found than are told. */
  readonly examples?: readonly string[];
}

/** Whether nothing is missing that had to arrive, so that what was found is the cause of nothing. */
export function isWhole({ expected, lost, open }: Pick<Account, "expected" | "lost" | "open">): boolean {
  return expected > 0 && lost === 0 && open === 0;
}

/** Why the last reading of the far end failed; null when it did not. */
export function problemOf({ farEnd, storage }: Pick<Account, "farEnd" | "storage">): string | null {
  return farEnd?.problem ?? storage?.problem ?? null;
}

/**
 * Deliveries per second from the first send to the last arrival, without idle time; null without any. Where that came
 * before the last send, the load went on without deliveries, and its time counts.
 */
export function deliveryRate({ delivered, span, lastArrivalAt, lastSendAt }: Account): number | null {
  if (span === null || lastArrivalAt === null) return null;
  const end = Math.max(lastArrivalAt, lastSendAt ?? lastArrivalAt);
  return end <= span.from ? null : (delivered * 1000) / (end - span.from);
}

/** Acknowledged events per second from the first send to the last answer; null without any. */
export function acknowledgedRate({ acknowledged, span }: Account): number | null {
  return span === null || span.through <= span.from ? null : (acknowledged * 1000) / (span.through - span.from);
}
