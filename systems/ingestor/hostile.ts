/** Inputs at and beyond the limits of the contract: each must be refused with a 4xx or be stored as it was sent. */
import { once } from "../../core/once.ts";
import type { Trace } from "../../core/trace.ts";
import { asStored, type Message, RANGES, SHORTEST_CONTENT, type StoredMessage, tracedContent } from "./wire.ts";

/** One hostile request. */
export interface HostileRequest {
  readonly name: string;
  readonly body: string;
  /** The body must be sent as one byte per character, even if that is not UTF-8. */
  readonly binary: boolean;
  readonly contentType: string;
  /** The row it must become when it is accepted; null when it must not be accepted. */
  readonly stored: StoredMessage | null;
  /** The server may close the connection before it has read everything. */
  readonly mayBeCut?: boolean;
  /** The contract allows it: refusing it is wrong. */
  readonly valid: boolean;
}

type Case = (trace: Trace) => Omit<HostileRequest, "name">;

const JSON_TYPE = "application/json";

/** A message that the contract allows. */
function good(trace: Trace, content = tracedContent(trace, 200)): Message {
  return { user_id: 1 + (trace.seq % RANGES.user), channel_id: 1 + (trace.seq % RANGES.channel), content };
}

function request(body: string, stored: StoredMessage | null, valid = false): Omit<HostileRequest, "name"> {
  return { body, binary: false, contentType: JSON_TYPE, stored, valid };
}

/** A message that must be stored. */
const valid = (content: (trace: Trace) => string, change: Partial<Message> = {}): Case => {
  return (trace) => {
    const message = { ...good(trace, content(trace)), ...change };
    return request(JSON.stringify(message), asStored(message), true);
  };
};

/**
 * A message that may be stored or refused. `content` is the JSON text where it differs from the output of
 * `JSON.stringify`.
 */
const either = (content: (trace: Trace) => string): Case => {
  return (trace) => {
    const message = good(trace, content(trace));
    return request(JSON.stringify(message), asStored(message));
  };
};

/** A number field in a given JSON spelling; a target that stores it must store that number. */
const numbered = (field: "user_id" | "channel_id", text: string): Case => {
  return (trace) => {
    const message = good(trace);
    const body = JSON.stringify({ ...message, [field]: 0 }).replace(`"${field}":0`, `"${field}":${text}`);
    return request(body, { ...asStored(message), [field]: text.replaceAll('"', "") });
  };
};

/** A body that cannot become a row. */
const senseless = (body: (trace: Trace) => string): Case => {
  return (trace) => request(body(trace), null);
};

/** A message with a value of the wrong type in one field. */
const mistyped = (field: keyof Message, value: unknown): Case => {
  return senseless((trace) => JSON.stringify({ ...good(trace), [field]: value }));
};

/** A content with unusual text between head and trace. */
const containing = (odd: string) => (trace: Trace) => {
  const plain = tracedContent(trace, SHORTEST_CONTENT + 100);
  return plain.slice(0, 30) + odd + plain.slice(30);
};

/**
 * First character for contents of one character, which have no room for a trace: the character encodes the event's
 * number.
 */
const FIRST_SINGLE = 0x4e00;
const SINGLES = 20_000;

/** Made when the first is asked for: 90 functions, which most virtual users do without. */
const cases = once(
  (): Readonly<Record<string, Case>> => ({
    "2,000 characters": valid((trace) => tracedContent(trace, RANGES.content)),
    "2,001 characters": either((trace) => tracedContent(trace, RANGES.content + 1)),
    "one character": (trace) => {
      const message = singleOf(trace.run, trace.seq);
      return request(JSON.stringify(message), asStored(message), true);
    },
    "the largest user": valid((trace) => tracedContent(trace, 100), { user_id: RANGES.user }),
    "the largest channel": valid((trace) => tracedContent(trace, 100), { channel_id: RANGES.channel }),
    "the smallest ids": valid((trace) => tracedContent(trace, 100), { user_id: 1, channel_id: 1 }),
    "a user beyond the range": numbered("user_id", "10001"),
    "a channel beyond the range": numbered("channel_id", "101"),
    "user 2^31 - 1": numbered("user_id", "2147483647"),
    "user 2^31": numbered("user_id", "2147483648"),
    "user 2^32": numbered("user_id", "4294967296"),
    "user 2^53 + 1": numbered("user_id", "9007199254740993"),
    "user 2^63": numbered("user_id", "9223372036854775808"),
    "user 1e400": senseless((trace) => JSON.stringify(good(trace)).replace(/"user_id":\d+/, '"user_id":1e400')),
    "user 0": numbered("user_id", "0"),
    "user -1": numbered("user_id", "-1"),
    "user 1.5": numbered("user_id", "1.5"),
    "channel 0": numbered("channel_id", "0"),
    "channel -1": numbered("channel_id", "-1"),
    "channel 2^31": numbered("channel_id", "2147483648"),
    "channel 2^63": numbered("channel_id", "9223372036854775808"),
    "a user in quotes": numbered("user_id", '"5"'),
    "a user that is a word": mistyped("user_id", "five"),
    "a user that is null": mistyped("user_id", null),
    "a user that is a list": mistyped("user_id", [[1]]),
    "no user": mistyped("user_id", undefined),
    "a channel that is an object": mistyped("channel_id", { id: 1 }),
    "no channel": mistyped("channel_id", undefined),
    "a content that is a number": mistyped("content", 42),
    "a content that is null": mistyped("content", null),
    "a content that is a list": mistyped("content", ["a", "b"]),
    "no content": mistyped("content", undefined),
    "an empty content": mistyped("content", ""),
    "a content of spaces": mistyped("content", "   "),
    "a content of tabs and newlines": mistyped("content", "\t\r\n"),
    "a content of Unicode spaces": mistyped("content", "\u00a0\u2003\u3000"),
    "astral characters": valid(containing("𝒳👩‍🚀🏳️‍🌈𠜎")),
    "combining characters": valid(containing("e\u0301Z\u0351\u036b\u0343\u036aa\u0300\u0301\u0302")),
    "right to left": valid(containing("\u202eabc\u202c مرحبا")),
    "invisible characters": valid(containing("\u200b\u200d\ufeff\u00ad")),
    "line ends and tabs": valid(containing("\r\n\t\u2028\u2029")),
    "quotes and backslashes": valid(containing(`"'\\\\n\\"\`$\{x}`)),
    SQL: valid(containing("'); drop table messages; --")),
    markup: valid(containing("<script>alert(1)</script>&amp;")),
    "2,000 characters in 4,000 UTF-16 units": either((trace) => {
      const room = RANGES.content - SHORTEST_CONTENT;
      return tracedContent(trace, RANGES.content, "🚀".repeat(room));
    }),
    "control characters": either(containing("\u0001\u0007\u001b[31m\u007f")),
    NUL: either(containing("\u0000")),
    "half of a surrogate pair": (trace) => {
      const message = good(trace, containing("@")(trace));
      return request(JSON.stringify(message).replace("@", "\\ud83d"), null);
    },
    "bytes that are no UTF-8": (trace) => ({
      ...request(JSON.stringify(good(trace, containing("\u00ff\u00fe")(trace))), null),
      binary: true,
    }),
    "no body": senseless(() => ""),
    "a body that ends too early": senseless((trace) => JSON.stringify(good(trace)).slice(0, -20)),
    "a body with something behind it": senseless((trace) => `${JSON.stringify(good(trace))}}`),
    "a body in single quotes": senseless((trace) => JSON.stringify(good(trace)).replaceAll('"', "'")),
    "a list": senseless((trace) => JSON.stringify([good(trace)])),
    "a text": senseless((trace) => JSON.stringify(tracedContent(trace, 100))),
    null: senseless(() => "null"),
    "a body of 2 MB": senseless((trace) =>
      JSON.stringify(good(trace, tracedContent(trace, 2_000, "") + "x".repeat(2e6))),
    ),
    "10,000 nested lists": senseless(() => "[".repeat(10_000) + "]".repeat(10_000)),
    "a field more": (trace) => {
      const message = good(trace);
      return request(JSON.stringify({ ...message, id: 1, created_at: "1970-01-01" }), asStored(message));
    },
    "a prototype": (trace) => {
      const message = good(trace);
      const body = `{"__proto__":{"user_id":1},"constructor":{"prototype":{}},${JSON.stringify(message).slice(1)}`;
      return request(body, asStored(message));
    },
    "another content type": (trace) => {
      const message = good(trace);
      return { ...request(JSON.stringify(message), asStored(message)), contentType: "text/plain" };
    },
  }),
);

/** The names of the hostile requests, in the order of sending. */
export const hostileNames = once((): readonly string[] => Object.keys(cases()));

/** The name of hostile request number `seq`; they repeat in turn. */
export function hostileName(seq: number): string {
  const names = hostileNames();
  return names[seq % names.length] as string;
}

/** Hostile request number `seq`. */
export function hostileRequest(trace: Trace): HostileRequest {
  const name = hostileName(trace.seq);
  return { name, ...(cases()[name] as Case)(trace) };
}

/** The user and channel of a run's messages of one character, which are their only other mark. */
function singleOwner(run: number): Pick<Message, "user_id" | "channel_id"> {
  return { user_id: 1 + (run % RANGES.user), channel_id: 1 + (Math.floor(run / RANGES.user) % RANGES.channel) };
}

function singleOf(run: number, seq: number): Message {
  return { ...singleOwner(run), content: String.fromCodePoint(FIRST_SINGLE + (seq % SINGLES)) };
}

/** The event of a row with one character; null when it is not of the run. */
export function readSingle(run: number, { user_id, channel_id, content }: StoredMessage): number | null {
  const owner = singleOwner(run);
  const seq = (content.codePointAt(0) ?? 0) - FIRST_SINGLE;
  const own = user_id === String(owner.user_id) && channel_id === String(owner.channel_id) && content.length === 1;
  return own && seq >= 0 && seq < SINGLES && hostileName(seq) === "one character" ? seq : null;
}
