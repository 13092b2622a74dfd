/** What publishers report of where events are. Apart from hops.ts, so that no virtual user makes these schemas. */
import * as v from "valibot";

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const StreamId = v.pipe(v.string(), v.regex(/^\d+-\d+$/));

/** An entry that a group has read and not acknowledged. */
const PendingSchema = v.object({
  id: StreamId,
  consumer: v.string(),
  /** Ms since its last delivery to a consumer, and the number of deliveries. */
  idle: Count,
  deliveries: Count,
});
export type PendingEntries = v.InferOutput<typeof PendingSchema>;

/** One reading of the stream and of the lists behind it. */
const HopsSchema = v.object({
  stream: v.string(),
  /** Null when the stream does not exist. */
  entries: v.nullable(
    v.object({
      length: Count,
      /** Number of entries ever added; null where the server is too old to count them. */
      added: v.nullable(Count),
      /** Id of the newest entry, even if it has been deleted. */
      lastId: v.nullable(StreamId),
    }),
  ),
  groups: v.array(
    v.object({
      name: v.string(),
      /** Entries that were read and not acknowledged. */
      pending: Count,
      /** Entries not read yet, and entries read so far; null where the server cannot tell. */
      lag: v.nullable(Count),
      read: v.nullable(Count),
      /** The id of the last entry that was read. */
      delivered: v.nullable(StreamId),
      /** The first entries of the load that stayed pending from one reading to the next. */
      left: v.array(PendingSchema),
    }),
  ),
  /** Length of each list behind the stream, by key. */
  queues: v.record(v.string(), Count),
  /** Identifies one run of the server process; null without permission. */
  server: v.nullable(v.string()),
});
export type Hops = v.InferOutput<typeof HopsSchema>;
export type Group = Hops["groups"][number];

/** Readings before the load and after the drain. */
export const HopsReportSchema = v.object({ before: HopsSchema, after: HopsSchema });
export type HopsReport = v.InferOutput<typeof HopsReportSchema>;
