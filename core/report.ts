/** What publishers and subscribers tell the receiver, and what it answers: the shapes on that wire. */
import * as v from "valibot";
import { LONGEST_SECONDS, MOST_EVENTS } from "./plan.ts";
import { EVENT_ID_LENGTH, type Trace } from "./trace.ts";
import { WordsSchema } from "./words.ts";

/** Whether a trace, whose check digits fit, can be one of ours: by chance those of damaged ones fit too. */
export function isPlausible({ seq }: Pick<Trace, "seq">): boolean {
  return seq <= MOST_EVENTS;
}

/** The clocks of a run may be apart by so much, in ms. */
const APART_MS = 30_000;

/**
 * Whether an event was published before its run was opened: an earlier run had the same id, as where RUN_ID is the same
 * every night and the receiver is a new one, and left it behind.
 *
 * @param publishedAt, openedAt Unix ms; null where the identity does not say it.
 */
export function isLeftOver(publishedAt: number | null, openedAt: number): boolean {
  return publishedAt !== null && publishedAt < openedAt - APART_MS;
}

const Seq = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_EVENTS));
const Publisher = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
/** Unix ms that a Date can hold. */
const Time = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
export const Texts = v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(1_000), v.readonly());

const AttributesSchema = v.record(v.pipe(v.string(), v.maxLength(128)), Texts);

const PathName = v.pipe(v.string(), v.regex(/^[^\s/][^\s]{0,127}$/));

/** How a far end learns what has arrived; "reported" is an observer elsewhere, which tells it over HTTP. */
export const FAR_ENDS = ["request", "rows", "list", "stream", "count", "reported"] as const;

/** A run whose events come out at a far end that names its paths. */
export const FarEndSchema = v.object({
  /** The pipeline that says how it is observed. */
  pipeline: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  kind: v.picklist(FAR_ENDS),
  /** What each path selects. */
  paths: v.record(PathName, AttributesSchema),
  /** The promised order: none, per publisher, or per value of an attribute. */
  order: v.union([v.picklist(["none", "per publisher"]), v.object({ per: v.string() })]),
  /** Whether the pipeline's code says where arrivals belong, which are refused, or what is damaged; it does not unless told. */
  judges: v.optional(v.boolean()),
});
export type FarEndOpening = v.InferOutput<typeof FarEndSchema>;

/** What an observer elsewhere saw: whole texts, in which the receiver finds the identities. */
export const ObservedSchema = v.object({
  arrivals: v.pipe(
    v.array(
      v.object({
        path: v.optional(PathName),
        text: v.string(),
        /** Unix ms by the receiver's clock, see GET /clock; the moment of the report unless told. */
        at: v.optional(Time),
      }),
    ),
    v.maxLength(100_000),
  ),
});
export type ObservedReport = v.InferOutput<typeof ObservedSchema>;

/**
 * Opens a run, or joins one: all that take part must name the same workload. Beside this it has a part for each far end
 * that it asks for, by the name and in the shape that the far end gives it.
 */
export const OpeningSchema = v.object({
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)),
  /** The combinations of attributes that events draw from; see {@link Stream}. */
  variants: v.pipe(v.array(AttributesSchema), v.maxLength(10_000), v.readonly()),
  /** Given by a publisher: the account is not settled before each of them has asked for it. */
  publisher: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
  /** Given by a publisher whose load has bursts: the events of each, in their order. */
  bursts: v.optional(v.pipe(v.array(v.object({ from: Seq, to: Seq })), v.maxLength(10_000), v.readonly())),
});
export type Opening = v.InferOutput<typeof OpeningSchema>;

/** One batch that was published and settled: acknowledged, except where it says otherwise. */
const PublisherReportSchema = v.pipe(
  v.object({
    publisher: Publisher,
    /** The k6 process it belongs to, and how wrong its clock may be against the receiver's, in ms. */
    instance: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    clockError: v.optional(v.pipe(v.number(), v.minValue(0))),
    firstSeq: Seq,
    count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
    /** Unix ms just before the first event was sent and just after the last was answered, or given up. */
    sentFrom: Time,
    sentThrough: Time,
    refused: v.array(Seq),
    unknown: v.array(Seq),
    /** The ids that the target gave to what it acknowledged, where it gives any. */
    ids: v.optional(v.array(v.pipe(v.string(), v.maxLength(200)))),
    /** In what words the target refused them. */
    words: v.optional(WordsSchema),
    /** Events of the batch that never left. */
    unsent: v.optional(v.array(Seq), []),
  }),
  v.check(
    ({ firstSeq, count, refused, unknown, unsent }) =>
      [...refused, ...unknown, ...unsent].every((seq) => seq >= firstSeq && seq < firstSeq + count),
    "refused, unknown and unsent events must be events of the batch",
  ),
);
export type PublisherReport = v.InferOutput<typeof PublisherReportSchema>;

/** Batches as a publisher reports them: several at once, in the order in which they were settled. */
export const PublishedSchema = v.pipe(v.array(PublisherReportSchema), v.minLength(1), v.maxLength(10_000));
/** As a publisher tells it. */
export type PublisherReportInput = v.InferInput<typeof PublisherReportSchema>;

/**
 * What arrived on one path since its last report, in order of arrival. The ids are told as they came and read
 * where they are judged: in k6 reading one takes as long as all else that is done with an event.
 */
const PathReportSchema = v.pipe(
  v.object({
    /** Unique within the run. */
    path: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
    filter: AttributesSchema,
    /** Unix ms from which the path is live, and up to which this report is complete. */
    from: Time,
    through: Time,
    /** The path has ended as planned: nothing more is to come. */
    closed: v.boolean(),
    /** It was the other side that ended it. */
    lost: v.optional(v.boolean(), false),
    /** This path promises no order: reordered deliveries are no fault. */
    unordered: v.optional(v.literal(true)),
    /** Event ids one after another, {@link EVENT_ID_LENGTH} characters each. */
    ids: v.string(),
    /** When each of them arrived, in microseconds after `from`; null where nobody can say. */
    times: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  }),
  v.check(({ ids, times }) => ids.length === times.length * EVENT_ID_LENGTH, "each event must have an id and a time"),
);
export type PathReport = v.InferOutput<typeof PathReportSchema>;

/** Longest text of a damaged field that is told. */
const DamagedText = v.pipe(v.string(), v.maxLength(200));

/** Deliveries that differ from what was published in one field: how many since the last report, and one of them. */
const DamageReportSchema = v.object({
  field: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** The two values as JSON, cut short. */
  sent: DamagedText,
  received: DamagedText,
  count: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
export type DamageReport = v.InferOutput<typeof DamageReportSchema>;

export const ArrivalsSchema = v.object({
  paths: v.array(PathReportSchema),
  damages: v.optional(v.pipe(v.array(DamageReportSchema), v.maxLength(100)), []),
  /** Arrivals since the last report that carry no identity of ours. */
  foreign: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
});
export interface Arrivals {
  readonly paths: PathReport[];
  readonly damages?: DamageReport[];
  readonly foreign?: number;
}

/** Asks for the account once everything has arrived, or once waiting makes no sense. */
export const SettlingSchema = v.object({
  /** The publisher that has sent its last event, by the name it joined with. */
  publisher: v.optional(v.string()),
  /** The subscriber all of whose subscriptions are over, by the name that those of their paths begin with. */
  subscriber: v.optional(v.string()),
  /** Give up after so long, in ms. */
  timeout: v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)),
  /** Give up when nothing has arrived for so long, in ms. */
  quiet: v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)),
  /** So long a worker may keep what it has taken before it stores it, in ms; of a run whose events end up in a table. */
  hold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)), 30_000),
  /** Go on listening for so long after everything has arrived, in ms. */
  linger: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000)), 0),
});
export type Settling = v.InferInput<typeof SettlingSchema>;

/** What is answered to a report of arrivals. */
export interface ArrivalsAnswer {
  /** All is published, and what every path has to say is waited for. */
  readonly draining: boolean;
  /** Nothing more is to come. */
  readonly settled: boolean;
  /** Of what was reported, ids of the run whose check digits do not fit, and those of other runs and generators. */
  readonly damaged: number;
  readonly foreign: number;
}
