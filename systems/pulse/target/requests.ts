import * as v from "valibot";
import type { Filter } from "../filters.ts";

/** A client's decoded request. */
export type Request =
  | { readonly type: "ping" }
  | { readonly type: "subscribe"; readonly filter: Filter; readonly ttlSeconds: number }
  | { readonly type: "list_subscriptions" }
  | { readonly type: "unsubscribe"; readonly subscriptionId: string };

/** The error codes of the contract. */
export type ErrorCode = "invalid_message" | "unknown_type" | "invalid_data" | "missing_id" | "subscribe_failed";

/** A refused request; `message` says why, for the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const DEFAULT_TTL_SECONDS = 3600;
const LONGEST_TTL_SECONDS = 86_400;

const envelope = v.object({ type: v.string(), data: v.optional(v.unknown()) });

/** Absent and null both mean empty: some clients marshal an empty list as null. */
const values = v.nullish(v.array(v.string()), []);

const subscribe = v.object({
  chains: values,
  event_types: values,
  accounts: values,
  program_ids: values,
  ttl_seconds: v.nullish(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LONGEST_TTL_SECONDS)),
    DEFAULT_TTL_SECONDS,
  ),
});

const unsubscribe = v.object({ subscription_id: v.nullish(v.string(), "") });

/** Decodes a client's frame. @throws Refusal with the code of the contract when it cannot be understood. */
export function readRequest(text: string): Request {
  const { type, data } = read(envelope, parseJson(text), "invalid_message");
  switch (type) {
    case "ping":
    case "list_subscriptions":
      return { type };
    case "subscribe": {
      const { ttl_seconds: ttlSeconds, ...filter } = read(subscribe, data, "invalid_data");
      return { type, filter, ttlSeconds };
    }
    case "unsubscribe": {
      const { subscription_id: subscriptionId } = read(unsubscribe, data ?? {}, "invalid_data");
      if (subscriptionId === "") throw new Refusal("missing_id", "unsubscribe needs data.subscription_id");
      return { type, subscriptionId };
    }
    default:
      throw new Refusal(
        "unknown_type",
        `"${type.slice(0, 64)}" is no message type; known are ping, subscribe, list_subscriptions, unsubscribe`,
      );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("invalid_message", "the message is not JSON");
  }
}

function read<Schema extends v.GenericSchema>(schema: Schema, input: unknown, code: ErrorCode): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Refusal(code, `${v.getDotPath(issue) ?? (code === "invalid_data" ? "data" : "message")}: ${issue.message}`);
}
