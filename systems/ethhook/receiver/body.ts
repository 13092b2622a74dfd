import * as v from "valibot";
import { beginningOf } from "../../../core/redaction.ts";
import type { Webhook } from "../wire.ts";

/** JSON allows numbers that are too large for a double, which would be read as infinity and written as null. */
const Finite = v.pipe(v.number(), v.finite());

export const WebhookSchema: v.GenericSchema<unknown, Webhook> = v.object({
  block_hash: v.string(),
  block_number: Finite,
  chain_id: Finite,
  contract_address: v.string(),
  data: v.string(),
  log_index: Finite,
  timestamp: Finite,
  topics: v.array(v.string()),
  transaction_hash: v.string(),
});

/** Longest quote of a body. */
const SHOWN_LENGTH = 60;

/** The first bytes of compressed data, by format. */
const MAGIC: readonly (readonly [name: string, bytes: string])[] = [
  ["gzip", "1f8b"],
  ["zstd", "28b52ffd"],
];

/** Most nested envelopes that are opened. */
const MOST_ENVELOPES = 4;

/**
 * Reads the webhooks in a body: one, an array, or either in an envelope such as a CloudEvent, under any key.
 *
 * @param bytes decompressed.
 * @returns what is wrong if it holds no webhook, or anything else besides.
 */
export function readWebhooks(bytes: Buffer): readonly Webhook[] | string {
  if (bytes.length === 0) return "it is empty";
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return unreadable(bytes);
  }
  return webhooksIn(value, MOST_ENVELOPES);
}

function webhooksIn(value: unknown, depth: number): readonly Webhook[] | string {
  if (depth === 0) return "it has too many envelopes";
  if (Array.isArray(value)) return webhooksOf(value, depth);
  const parsed = v.safeParse(WebhookSchema, value, { abortEarly: true });
  if (parsed.success) return [parsed.output];
  const held = typeof value === "object" && value !== null ? Object.entries(value) : [];
  for (const [name, part] of held) {
    const content = typeof part === "string" ? contentOf(name, part) : part;
    const webhooks = typeof content === "object" && content !== null ? webhooksIn(content, depth - 1) : "";
    if (typeof webhooks !== "string") return webhooks;
  }
  return `${shapeOf(value)}: ${v.getDotPath(parsed.issues[0]) ?? "the whole"}: ${parsed.issues[0].message}`;
}

function webhooksOf(list: readonly unknown[], depth: number): readonly Webhook[] | string {
  if (list.length === 0) return "it is an empty JSON array";
  const webhooks: Webhook[] = [];
  for (const [place, element] of list.entries()) {
    const own = webhooksIn(element, depth - 1);
    if (typeof own === "string") return `element ${place + 1} of ${list.length}: ${own}`;
    webhooks.push(...own);
  }
  return webhooks;
}

/**
 * The content of a string in an envelope: JSON as text, as from queues, or base64 in the field that CloudEvents names.
 */
function contentOf(name: string, text: string): unknown {
  const json = name === "data_base64" ? Buffer.from(text, "base64").toString() : text;
  if (!/^\s*[{[]/.test(json)) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function unreadable(bytes: Buffer): string {
  const [compressed] = MAGIC.find(([, magic]) => bytes.toString("hex", 0, 4).startsWith(magic)) ?? [];
  if (compressed !== undefined) return `it is compressed with ${compressed}, and no Content-Encoding says so`;
  return `it is not JSON, but begins with ${JSON.stringify(beginningOf(bytes.toString(), SHOWN_LENGTH))}`;
}

/** Describes a body that is no webhook, by its outermost form. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return "it is a JSON array";
  if (typeof value !== "object" || value === null)
    return `it is the JSON value ${beginningOf(JSON.stringify(value), SHOWN_LENGTH)}`;
  const keys = Object.keys(value).sort();
  return `it is a JSON object with ${keys.length === 0 ? "no fields" : `the fields ${keys.join(", ").slice(0, 2 * SHOWN_LENGTH)}`}`;
}
