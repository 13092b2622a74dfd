import { draw } from "../../core/event.ts";
import { once } from "../../core/once.ts";
import { EVENT_ID_LENGTH, eventId, readEventId, type Trace } from "../../core/trace.ts";

/** What is posted to the ingestor. */
export interface Message {
  readonly user_id: number;
  readonly channel_id: number;
  readonly content: string;
}

/** A row of the ingestor's table, with numbers as the database writes them. */
export interface StoredMessage {
  readonly user_id: string;
  readonly channel_id: string;
  readonly content: string;
}

/** Limits of the contract; the content is counted in characters (code points). */
export const RANGES = { user: 10_000, channel: 100, content: 2_000 } as const;

/** The list of accepted messages that no worker has taken yet. */
export const PENDING_LIST = "pending_messages";

/** The worker's own statistics in Redis. */
export const WORKER_KEYS = {
  total: "total_messages",
  rate: "current_rps",
  mean: "avg_latency_ms",
  p95: "p95_latency_ms",
  p99: "p99_latency_ms",
  buffered: "worker_buffer_size",
} as const;

/** The start of an event's content, so that a truncated content still shows its event. */
const HEAD_MARKER = "tl-";
/** Marker, run (8 digits), publisher (4) and sequence number (8), with dashes in between and a space at the end. */
const HEAD_LENGTH = HEAD_MARKER.length + 8 + 1 + 4 + 1 + 8 + 1;

/** The shortest content with room for head and trace. */
export const SHORTEST_CONTENT = HEAD_LENGTH + EVENT_ID_LENGTH;

/** Text in many scripts: every kind of character that a database or a parser may mishandle. */
const GREETINGS = [
  "",
  "Grüße aus Köln ",
  "Привет, мир ",
  "こんにちは世界 ",
  "مرحبا بالعالم ",
  "👩‍🚀🚀𝒳 ",
  "e\u0301a\u0308 ",
  `"quoted" \\ 'single' <b>&amp; %s `,
] as const;

const WORDS =
  "The quick brown fox jumps over the lazy dog while seven wizards quietly box a dozen liquor jugs, and nobody counts them. ";
const FILLING = WORDS.repeat(Math.ceil((2 * RANGES.content) / WORDS.length));

function hex(value: number, digits = 8): string {
  return value.toString(16).padStart(digits, "0");
}

/** The start of all contents of a run, for database queries. */
export function contentHead(run: number): string {
  return `${HEAD_MARKER}${hex(run)}`;
}

/** How many characters a text has, as PostgreSQL and the contract count them. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A content of exactly `length` characters, at least {@link SHORTEST_CONTENT}, with the trace at its end. */
export function tracedContent(trace: Trace, length: number, greeting = "", from = 0): string {
  const room = length - SHORTEST_CONTENT;
  const spoken = characters(greeting) <= room ? greeting : "";
  const filling = FILLING.substring(from, from + room - characters(spoken));
  return `${contentHead(trace.run)}-${hex(trace.publisher, 4)}-${hex(trace.seq)} ${spoken}${filling}${eventId(trace)}`;
}

/**
 * Message number `seq` of a workload: a pure function of seed and number, except for times and names in its trace. One
 * in sixteen is as long as the contract allows, one as short as a trace allows.
 */
export function message(seed: number, trace: Trace): Message {
  const first = draw(seed, trace.seq);
  const second = draw(first, trace.seq);
  return {
    user_id: 1 + (first % RANGES.user),
    channel_id: 1 + (second % RANGES.channel),
    content: tracedContent(trace, lengthOf(second), GREETINGS[(first >>> 16) % GREETINGS.length], first % WORDS.length),
  };
}

function lengthOf(drawn: number): number {
  const kind = drawn >>> 28;
  if (kind === 0) return RANGES.content;
  if (kind === 1) return SHORTEST_CONTENT;
  return SHORTEST_CONTENT + ((drawn >>> 8) % (RANGES.content - SHORTEST_CONTENT + 1));
}

/** The content of an entry of the pending list; null when it is no message. */
export function pendingContent(entry: string): string | null {
  try {
    const { content } = JSON.parse(entry) as { content?: unknown };
    return typeof content === "string" ? content : null;
  } catch {
    return null;
  }
}

/** The origin of a content. */
export interface ContentIdentity {
  readonly run: number;
  readonly publisher: number;
  readonly seq: number;
  /** Null when the content's end is cut off, or the trace there is damaged. */
  readonly trace: Trace | null;
}

/** Decodes the origin of a content; null when neither head nor trace show it. */
export function readContent(content: string): ContentIdentity | null {
  const end = content.slice(-EVENT_ID_LENGTH);
  const trace = readEventId(end);
  if (trace !== null) return { run: trace.run, publisher: trace.publisher, seq: trace.seq, trace };
  const [, ...digits] = headPattern().exec(content) ?? [];
  if (digits.length === 0) return null;
  const [run, publisher, seq] = digits.map((text) => Number(`0x${text}`)) as [number, number, number];
  return { run, publisher, seq, trace: null };
}

const headPattern = once(() => new RegExp(`^${HEAD_MARKER}([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{8}) `));

/** How a stored message differs from the sent one; null when it is intact. */
export function damageOf(stored: StoredMessage, sent: StoredMessage): string | null {
  for (const field of ["user_id", "channel_id"] as const) {
    if (stored[field] !== sent[field]) return `${field} is ${stored[field]} instead of ${sent[field]}`;
  }
  if (stored.content === sent.content) return null;
  const [has, had] = [characters(stored.content), characters(sent.content)];
  return has === had ? "its content is another" : `its content has ${has} characters instead of ${had}`;
}

/** The row that a message must become. */
export function asStored({ user_id, channel_id, content }: Message): StoredMessage {
  return { user_id: String(user_id), channel_id: String(channel_id), content };
}
