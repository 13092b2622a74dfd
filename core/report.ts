/** The messages between publishers, subscribers and receiver. */

import * as v from "valibot";
import { LONGEST_VALUE } from "./made.ts";
import { PATH_NAME } from "./pathname.ts";
import { LONGEST_SECONDS, MOST_EVENTS } from "./plan.ts";
import { texts } from "./texts.ts";
import { EVENT_ID_LENGTH } from "./trace.ts";
import { LONGEST_TEXT, MOST_TEXTS, WORD_KINDS } from "./words.ts";

const Seq = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_EVENTS));
const Publisher = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
/** The range of Date, in Unix ms. */
const Time = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));

/** What all virtual users of a test tell of the words in which the target refused them. */
export const WordsSchema = v.object({
  test: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/)),
  words: v.pipe(
    v.array(
      v.object({
        kind: v.picklist(WORD_KINDS),
        text: v.pipe(v.string(), v.maxLength(LONGEST_TEXT + 3)),
        count: v.pipe(v.number(), v.integer(), v.minValue(1)),
      }),
    ),
    v.maxLength(WORD_KINDS.length * (MOST_TEXTS + 1)),
  ),
});

const AttributesSchema = v.record(v.pipe(v.string(), v.maxLength(LONGEST_VALUE)), texts());

const PathName = v.pipe(v.string(), v.regex(PATH_NAME));

/** How a far end is observed; "reported" means an external observer that reports over HTTP. */
export const FAR_ENDS = ["request", "rows", "list", "stream", "count", "reported"] as const;

/** The promised order: none, per publisher, or per value of an attribute. */
export const OrderSchema = v.union([v.picklist(["none", "per publisher"]), v.object({ per: v.string() })]);

/** A user's far end. */
export const FarEndSchema = v.object({
  /** The pipeline with the code that observes it. */
  pipeline: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  kind: v.picklist(FAR_ENDS),
  /** What each path selects. */
  paths: v.record(PathName, AttributesSchema),
  order: OrderSchema,
  /**
   * Whether the pipeline's code is needed to assign arrivals to paths, to refuse or to compare them; false by default.
   */
  judges: v.optional(v.boolean()),
});
export type FarEndOpening = v.InferOutput<typeof FarEndSchema>;

/** What an external observer saw: whole texts, in which the receiver finds the identities. */
export const ObservedSchema = v.object({
  arrivals: v.pipe(
    v.array(
      v.object({
        path: v.optional(PathName),
        text: v.string(),
        /** Unix ms by the receiver's clock, see GET /clock; by default the time of the report. */
        at: v.optional(Time),
      }),
    ),
    v.maxLength(100_000),
  ),
});
export type ObservedArrival = v.InferOutput<typeof ObservedSchema>["arrivals"][number];

/**
 * Opens or joins a run. All participants must describe the same workload. In addition, an opening has a part for each
 * far end, under the name and in the form that the far end defines.
 */
export const OpeningSchema = v.object({
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)),
  /** The combinations of attributes; see {@link Stream}. */
  variants: v.pipe(v.array(AttributesSchema), v.maxLength(10_000), v.readonly()),
  /** The order that subscriptions promise; that of all events by default. */
  order: v.optional(OrderSchema),
  /** Set by publishers: the account is not settled before each of them has asked for it. */
  publisher: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
  /** Set by publishers of bursts: the events of each burst, in order. */
  bursts: v.optional(v.pipe(v.array(v.object({ from: Seq, to: Seq })), v.maxLength(10_000), v.readonly())),
});
export type Opening = v.InferOutput<typeof OpeningSchema>;

/** One published batch: acknowledged, with the exceptions that it lists. */
const PublisherReportSchema = v.pipe(
  v.object({
    publisher: Publisher,
    /** The publisher's k6 process, and the error of its clock against the receiver's, in ms. */
    instance: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    clockError: v.optional(v.pipe(v.number(), v.minValue(0))),
    firstSeq: Seq,
    count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
    /** Unix ms just before the first event was sent, and just after the last answer or timeout. */
    sentFrom: Time,
    sentThrough: Time,
    refused: v.array(Seq),
    unknown: v.array(Seq),
    /** Ids from the target's acknowledgements, if it gives any. */
    ids: v.optional(v.array(v.pipe(v.string(), v.maxLength(200)))),
    /** The target's words when it refused events. */
    words: v.optional(WordsSchema),
    /** Events of the batch that were never sent. */
    unsent: v.optional(v.array(Seq), []),
  }),
  v.check(
    ({ firstSeq, count, refused, unknown, unsent }) =>
      [...refused, ...unknown, ...unsent].every((seq) => seq >= firstSeq && seq < firstSeq + count),
    "refused, unknown and unsent events must be events of the batch",
  ),
);
export type PublisherReport = v.InferOutput<typeof PublisherReportSchema>;

/** A publisher's report: several batches, in the order in which they were settled. */
export const PublishedSchema = v.pipe(v.array(PublisherReportSchema), v.minLength(1), v.maxLength(10_000));
/** The input form of a report. */
export type PublisherReportInput = v.InferInput<typeof PublisherReportSchema>;

/**
 * Arrivals on one path since its last report, in order. Ids are sent as text and decoded by the receiver: in k6,
 * decoding one takes as long as all other work for an event.
 */
const PathReportSchema = v.pipe(
  v.object({
    /** Unique within the run. */
    path: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
    /** What it selects; only a path's first report must say so. */
    filter: v.optional(AttributesSchema),
    /** Unix ms from which the path is live, and up to which this report is complete. */
    from: Time,
    through: Time,
    /** The path was closed as planned: nothing more will arrive. */
    closed: v.boolean(),
    /** The other side closed it. */
    lost: v.optional(v.boolean(), false),
    /** Concatenated event ids, {@link EVENT_ID_LENGTH} characters each. */
    ids: v.string(),
    /** Arrival times in microseconds after `from`; null where unknown. */
    times: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  }),
  v.check(({ ids, times }) => ids.length === times.length * EVENT_ID_LENGTH, "each event must have an id and a time"),
);
export type PathReport = v.InferOutput<typeof PathReportSchema>;

/** Longest reported text of a damaged field. */
const DamagedText = v.pipe(v.string(), v.maxLength(200));

/** Deliveries damaged in one field: their number since the last report, and an example. */
const DamageReportSchema = v.object({
  field: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** The two values as truncated JSON. */
  sent: DamagedText,
  received: DamagedText,
  count: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
export type DamageReport = v.InferOutput<typeof DamageReportSchema>;

export const ArrivalsSchema = v.object({
  paths: v.array(PathReportSchema),
  damages: v.optional(v.pipe(v.array(DamageReportSchema), v.maxLength(100)), []),
  /** Arrivals since the last report without an identity of ours. */
  foreign: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
});
export interface Arrivals {
  readonly paths: PathReport[];
  readonly damages?: DamageReport[];
  readonly foreign?: number;
}

/** Asks for the account once everything has arrived, or waiting longer is useless. */
export const SettlingSchema = v.object({
  /** Name of the publisher that has sent its last event. */
  publisher: v.optional(v.string()),
  /** Name of the subscriber that has closed all its subscriptions; the names of its paths begin with it. */
  subscriber: v.optional(v.string()),
  /** Give up after this time, in ms. */
  timeout: v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)),
  /** Give up when nothing has arrived for this long, in ms. */
  quiet: v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)),
  /** How long a worker may hold messages before it stores them, in ms; for runs with a table. */
  hold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)), 30_000),
  /** Keep listening for this long after everything has arrived, in ms. */
  linger: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)), 0),
});
export type Settling = v.InferInput<typeof SettlingSchema>;

/** The answer to a report of arrivals. */
export interface ArrivalsAnswer {
  /** Everything is published, and the last reports of all paths are awaited. */
  readonly draining: boolean;
  /** The account is closed. */
  readonly settled: boolean;
  /** Numbers of reported ids with wrong check digits, and of ids of other runs and generators. */
  readonly damaged: number;
  readonly foreign: number;
}
