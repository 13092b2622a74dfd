import * as v from "valibot";
import type { Webhook } from "../systems/ethhook/wire.ts";

/** JSON knows numbers that are too large for us, which would be read as infinity and written as null. */
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

/** As much of a body is shown. */
const SHOWN_LENGTH = 60;

/** The first bytes of compressed data, by how it is compressed. */
const MAGIC: readonly (readonly [name: string, bytes: string])[] = [
  ["gzip", "1f8b"],
  ["zstd", "28b52ffd"],
];

/** Reads the body of a webhook. @returns what is wrong with it where it is none. */
export function readWebhook(bytes: Buffer, encoding = "identity"): Webhook | string {
  if (bytes.length === 0) return "it is empty";
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return unreadable(bytes, encoding);
  }
  const parsed = v.safeParse(WebhookSchema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  return `${shapeOf(value)}: ${v.getDotPath(parsed.issues[0]) ?? "the whole"}: ${parsed.issues[0].message}`;
}

function unreadable(bytes: Buffer, encoding: string): string {
  const [compressed] = MAGIC.find(([, magic]) => bytes.toString("hex", 0, 4).startsWith(magic)) ?? [];
  if (encoding !== "identity")
    return `its Content-Encoding is ${encoding.slice(0, SHOWN_LENGTH)}, which is not read here`;
  if (compressed !== undefined) return `it is compressed with ${compressed}, and no Content-Encoding says so`;
  return `it is not JSON, but begins with ${JSON.stringify(bytes.toString("utf8", 0, SHOWN_LENGTH))}`;
}

/** Says what came in the place of a webhook, by its outermost shape. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return "it is a JSON array";
  if (typeof value !== "object" || value === null)
    return `it is the JSON value ${JSON.stringify(value).slice(0, SHOWN_LENGTH)}`;
  const keys = Object.keys(value).sort();
  return `it is a JSON object with ${keys.length === 0 ? "no fields" : `the fields ${keys.join(", ").slice(0, 2 * SHOWN_LENGTH)}`}`;
}
