/** What JetStream says of a stream and its readers, and what that means for a run. */
import * as v from "valibot";
import { once } from "../../core/once.ts";

/** The code of JetStream's error when there is no stream of that name. */
export const STREAM_NOT_FOUND = 10_059;

/** What it answers, as far as it is read; made when it is asked, which no virtual user does. */
const schemas = once(() => {
  const stream = v.object({
    config: v.object({
      name: v.string(),
      subjects: v.nullish(v.array(v.string()), []),
      retention: v.optional(v.string(), "limits"),
      no_ack: v.optional(v.boolean(), false),
    }),
    state: v.object({ messages: v.number(), last_seq: v.number(), first_seq: v.optional(v.number(), 0) }),
    created: v.optional(v.string(), ""),
  });
  const consumer = v.object({
    name: v.string(),
    config: v.object({
      ack_policy: v.optional(v.string(), "none"),
      filter_subject: v.optional(v.string()),
      filter_subjects: v.optional(v.array(v.string())),
      deliver_group: v.optional(v.string()),
    }),
    delivered: v.object({ stream_seq: v.number() }),
    ack_floor: v.object({ stream_seq: v.number() }),
    num_pending: v.optional(v.number(), 0),
    num_ack_pending: v.optional(v.number(), 0),
    num_waiting: v.optional(v.number(), 0),
    created: v.optional(v.string(), ""),
  });
  return {
    stream,
    consumers: v.object({ consumers: v.nullish(v.array(consumer), []) }),
    notFound: v.object({ error: v.object({ err_code: v.literal(STREAM_NOT_FOUND) }) }),
  };
});
type Schemas = ReturnType<typeof schemas>;

/** A stream, as `$JS.API.STREAM.INFO` answers. */
export type StreamFacts = v.InferOutput<Schemas["stream"]>;

/** A consumer, as `$JS.API.CONSUMER.LIST` answers. */
export type ConsumerFacts = v.InferOutput<Schemas["consumers"]>["consumers"][number];

/** How a stream and its readers stood before a load: when each was made, and the sequence number of its first message. */
export interface StreamOrigin {
  readonly created: string;
  readonly firstSeq: number;
  readonly readers: Readonly<Record<string, string>>;
}

/** Reads an answer about a stream; null when it is another one, such as an error. */
export function readStream(answer: unknown): StreamFacts | null {
  const parsed = v.safeParse(schemas().stream, answer);
  return parsed.success ? parsed.output : null;
}

/** Whether an answer about a stream says that there is none of that name. */
export function isNotFound(answer: unknown): boolean {
  return v.is(schemas().notFound, answer);
}

/** Reads an answer about the consumers of a stream; null when it is another one. */
export function readConsumers(answer: unknown): readonly ConsumerFacts[] | null {
  const parsed = v.safeParse(schemas().consumers, answer);
  return parsed.success ? parsed.output.consumers : null;
}

/** Whether a pattern of NATS takes a subject: `*` stands for one token, `>` for all that follow. */
export function takes(pattern: string, subject: string): boolean {
  const tokens = subject.split(".");
  const wanted = pattern.split(".");
  if (wanted.at(-1) === ">") {
    return (
      tokens.length >= wanted.length && wanted.slice(0, -1).every((each, at) => each === "*" || each === tokens[at])
    );
  }
  return tokens.length === wanted.length && wanted.every((each, at) => each === "*" || each === tokens[at]);
}

/**
 * Why a stream cannot hold what a run publishes, or null.
 *
 * @param subjects those that the run publishes on.
 */
export function unfitness({ config }: StreamFacts, subjects: readonly string[]): string | null {
  const { name, no_ack: noAck, subjects: taken } = config;
  if (noAck) {
    return `STREAM=${name} never acknowledges (no_ack), so that nobody knows what it holds; publish to one that does`;
  }
  const outside = subjects.find((subject) => !taken.some((pattern) => takes(pattern, subject)));
  if (outside === undefined) return null;
  return (
    `STREAM=${name} takes ${taken.join(", ") || "no subjects"}, not ${outside}: events would go to another stream ` +
    "or nowhere; set SUBJECT to what it takes, or STREAM to the one that takes this"
  );
}

/** How a stream keeps its messages, and what it takes, in words. */
export function describeStream({ config, state }: StreamFacts): string {
  return `stream ${config.name} (retention ${config.retention}, subjects ${config.subjects.join(", ")}) holds ${state.messages} messages`;
}

/**
 * Why no event came out of a gateway although its stream took them, one cause after the other, as far as the broker
 * knows.
 *
 * @param firstSeq the stream's sequence number of the first message that must come out.
 * @param subjects those that the run publishes on.
 */
export function explainSilence(
  stream: StreamFacts,
  consumers: readonly ConsumerFacts[],
  firstSeq: number,
  subjects: readonly string[],
): Silence {
  const causes = [describeStream(stream)];
  if (consumers.length === 0) {
    const refused =
      stream.config.retention === "limits"
        ? "; a gateway that makes its stream itself, with another retention, may refuse this one"
        : "";
    return { causes: [...causes, `it has no consumer: no gateway reads it${refused}`], taken: "unread" };
  }
  const explained = consumers.map((consumer) => explainConsumer(consumer, stream, firstSeq, subjects));
  const all = explained.every(({ taken }) => taken);
  return { causes: [...causes, ...explained.map(({ why }) => why)], taken: all ? "all" : "some" };
}

/**
 * What became of the messages of a stream whose events are missing in part, as far as the broker knows: what happened
 * to it and its readers since the load began, whether they have the messages, and whether several share one consumer.
 *
 * @param origin null where nobody looked before the load.
 */
export function explainLosses(
  stream: StreamFacts,
  consumers: readonly ConsumerFacts[],
  origin: StreamOrigin | null = null,
): string {
  const changes = origin === null ? NO_CHANGES : changesSince(origin, stream, consumers);
  const readers = consumers.map((consumer) => {
    const { name, num_pending: pending, num_ack_pending: unacknowledged } = consumer;
    const acknowledges = consumer.config.ack_policy !== "none";
    const counts = acknowledges ? `${pending} pending, ${unacknowledged} not acknowledged` : `${pending} pending`;
    const taken = `consumer ${name} has ${acknowledges ? "acknowledged" : "fetched"} all of them (${counts})`;
    const isBehind = pending + (acknowledges ? unacknowledged : 0) > 0;
    return `${isBehind ? `consumer ${name} has not taken all of them (${counts})` : taken}${sharing(consumer)}`;
  });
  const counts = [describeStream(stream), ...(readers.length === 0 ? ["it has no consumer"] : readers)];
  return [...changes.ofStream, ...counts, ...changes.ofReaders].join("; ");
}

const NO_CHANGES = { ofStream: [], ofReaders: [] };

/** What was made anew or removed since the load began. */
function changesSince(origin: StreamOrigin, stream: StreamFacts, consumers: readonly ConsumerFacts[]) {
  const { config, state, created } = stream;
  const isAnother = created !== origin.created || state.last_seq < origin.firstSeq - 1;
  if (isAnother) {
    return { ...NO_CHANGES, ofStream: [`stream ${config.name} was made anew in mid-run: what it held before is gone`] };
  }
  // Of other retentions, what was taken is removed.
  const removed = config.retention === "limits" ? Math.max(0, state.first_seq - origin.firstSeq) : 0;
  // A gateway with a consumer for each subscription deletes it with the subscription, and this is asked after the load.
  const ofReaders = Object.entries(origin.readers).flatMap(([name, made]) => {
    const now = consumers.find((one) => one.name === name);
    if (now === undefined) return [`consumer ${name} is not there any more`];
    return now.created === made ? [] : [`consumer ${name} was made anew since the load began`];
  });
  const gone = `${removed} messages of this run were removed from the stream (purged, or beyond its limits), read or not`;
  return { ofStream: removed === 0 ? [] : [gone], ofReaders };
}

/** What says that a consumer is not one gateway's alone; empty where nothing does. */
function sharing({ num_waiting: waiting, config: { deliver_group: group } }: ConsumerFacts): string {
  if (group !== undefined) return `; it delivers to the queue group ${group}, of whose members each gets a part`;
  return waiting > 1 ? `; ${waiting} requests wait on it, so that gateways may share it and each get a part` : "";
}

/** Why nothing came out, and how much of it was taken by those that read the stream. */
export interface Silence {
  readonly causes: readonly string[];
  /** `all`: every reader has taken all of it. `unread`: there is no reader. */
  readonly taken: "all" | "some" | "unread";
}

function explainConsumer(
  consumer: ConsumerFacts,
  { state }: StreamFacts,
  firstSeq: number,
  subjects: readonly string[],
): { readonly why: string; readonly taken: boolean } {
  const { config, delivered, ack_floor: floor, num_pending: pending, num_ack_pending: unacknowledged } = consumer;
  const filters = config.filter_subjects ?? (config.filter_subject === undefined ? [] : [config.filter_subject]);
  const outside = subjects.find((subject) => filters.length > 0 && !filters.some((filter) => takes(filter, subject)));
  const name = `consumer ${consumer.name}`;
  const held = (why: string) => ({ why: `${name} ${why}`, taken: false });
  if (outside !== undefined) return held(`reads ${filters.join(", ")}, not ${outside}`);
  const sent = state.last_seq - firstSeq + 1;
  const counts = `${pending} pending, ${unacknowledged} not acknowledged`;
  const acknowledges = config.ack_policy !== "none";
  const through =
    acknowledges && unacknowledged === 0 ? Math.max(floor.stream_seq, delivered.stream_seq) : delivered.stream_seq;
  if (through < firstSeq) {
    return held(`has fetched none of the ${sent} canaries (${counts}): its gateway does not read`);
  }
  if (acknowledges && unacknowledged > 0) {
    return held(
      `has fetched canaries and not acknowledged them (${counts}): its gateway is stuck, or about to try again`,
    );
  }
  const why =
    `${name} has ${acknowledges ? "acknowledged" : "fetched"} the canaries (${counts}) and none was delivered: ` +
    'the gateway could not decode them (look for "failed to unmarshal event" in its log, and see FIELD_TYPES and ' +
    `CHAIN_IDS), or no filter matches them (see FILTER_FIELDS)${sharing(consumer)}`;
  return { why, taken: pending === 0 };
}
