/** The gateway's HTTP answers: what must be in them, and what is wrong with one. Pure. */
import * as v from "valibot";
import type { Freshness } from "../../core/moment.ts";
import { once } from "../../core/once.ts";
import { beginningOf } from "../../core/redaction.ts";

/** What was asked, as far as the answer must fit it. */
export interface Question {
  /** When the answer was there, in Unix ms. */
  readonly at: number;
  readonly chain: string;
  readonly block: number;
  /** False where the gateway runs without watermark and gap detector. */
  readonly correctness: boolean;
  readonly freshness: Freshness;
}

/** Says what is wrong with the body of an answer with status 200; null when nothing is. */
export type Contract = (body: Body, asked: Question) => string | null;
type Body = Readonly<Record<string, unknown>>;

/** Says what is wrong with the text of an answer with status 200, whatever was asked; null when nothing is. */
export function problemOf(text: string, contract: Contract, asked: Question): string | null {
  const body = fromJson(text);
  if (typeof body !== "object" || body === null) return "is not a JSON object";
  if (Array.isArray(body)) return contract({ list: body }, asked);
  if (Object.keys(body).length === 0) return "says nothing";
  const fields = body as Body;
  return errorIn(fields) ?? contract(fields, asked) ?? ageOf(fields, asked);
}

const BAD_STATUS = /^(error|fail|failed|failure|unavailable|unhealthy|degraded|down|halted|critical)\b/i;
const ERRORS = ["error", "errors", "err", "exception", "fault", "error_message", "errorMessage", "error_code"];
/** The error's number among those of HTTP goes by the first names, its word by the others. */
const CODES = ["status", "code", "statusCode", "status_code"];
// Not spread: k6 makes iterators for that, 17 KB in each virtual user.
const STATUSES = CODES.concat("state", "result");
/** What stands round an error's words, and what these go by: a body of nothing else tells nothing of what was asked. */
const ROUND_WORDS = ["type", "instance", "path", "timestamp", "request_id", "requestId", "trace_id"];
const WORDS = ["message", "msg", "detail", "details", "title", "reason", "description"];
const AROUND = ROUND_WORDS.concat(WORDS);
/** Beside such a word, others may well be all that there is to say. */
const GOOD_STATUS = /^(ok|okay|success|successful|healthy|up|ready|alive|idle|true|0|2\d\d)$/i;

/** An error that a status of 200 hides. */
function errorIn(body: Body): string | null {
  const told = (fields: readonly string[], isWrong: (value: unknown) => boolean) =>
    fields.find((field) => isWrong(body[field]));
  const error = told(ERRORS, isSomething);
  if (error !== undefined) return `says ${error}: ${shown(body[error])}`;
  const isBadWord = (value: unknown) => typeof value === "string" && BAD_STATUS.test(value);
  const status = told(STATUSES, isBadWord) ?? told(CODES, (value) => /^[45]\d\d$/.test(String(value)));
  if (status !== undefined) return `says ${status} ${body[status]}`;
  const denied = told(["ok", "success", "available"], (value) => value === false || value === "false");
  if (denied !== undefined) return `says ${denied}: false`;
  const words = told(WORDS, (value) => typeof value === "string");
  const isOnlyWords = Object.keys(body).every(
    (field) => AROUND.includes(field) || (STATUSES.includes(field) && !GOOD_STATUS.test(String(body[field]))),
  );
  if (words !== undefined && isOnlyWords) return `says nothing but ${words}: ${shown(body[words])}`;
  const inside = Object.values(body).find((part): part is Body => isObject(part) && typeof part["error"] === "string");
  return inside === undefined ? null : errorIn({ error: inside["error"] });
}

function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "" || value === 0) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** A time in an answer is that of the answer. */
function ageOf(body: Body, { at, freshness }: Question): string | null {
  return body["timestamp"] === undefined ? null : freshness.problemOf(body["timestamp"], at);
}

/** Made by the first answer: a virtual user starts without them. */
const schemas = once(() => {
  const timestamp = v.union([v.string(), v.number()]);
  const part = v.object({ available: v.boolean() });
  return {
    health: v.object({ status: v.literal("healthy"), timestamp }),
    ready: v.object({ ready: v.literal(true), timestamp }),
    status: v.object({ timestamp, watermark: part, gap_detector: part }),
    halts: v.object({ halted: v.boolean(), conditions: v.array(v.unknown()) }),
  };
});
export const health: Contract = (body) => missing(schemas().health, body);
export const ready: Contract = (body) => missing(schemas().ready, body);

export const correctnessStatus: Contract = (body, { correctness }) => {
  const parsed = v.safeParse(schemas().status, body);
  if (!parsed.success) return missing(schemas().status, body);
  const parts = ["watermark", "gap_detector"] as const;
  const away = correctness ? parts.filter((part) => !parsed.output[part].available) : [];
  return away.length === 0 ? null : `says that ${away.join(" and ")} ${away.length === 1 ? "is" : "are"} unavailable`;
};

// The contract leaves its fields open: what is there must be of the chain that was asked for.
export const watermark: Contract = (body, { chain }) => {
  const { watermarks } = body;
  const parts = [body, ...(Array.isArray(watermarks) ? (watermarks as unknown[]) : [])];
  return parts.map((part) => otherThan("chain", Object(part), chain)).find((problem) => problem !== null) ?? null;
};

export const halts: Contract = (body) => {
  const parsed = v.safeParse(schemas().halts, body);
  if (!parsed.success) return missing(schemas().halts, body);
  const { halted, conditions } = parsed.output;
  if (halted) return `is halted: ${conditions.length === 0 ? "no condition is told" : shown(conditions[0])}`;
  return conditions.length === 0 ? null : `is not halted, by a condition: ${shown(conditions[0])}`;
};

export const gaps: Contract = () => null;

export const manifests: Contract = (body, { chain }) => otherThan("chain", body, chain);

export const manifest: Contract = (body, { chain, block }) => {
  if (!Object.values(body).some(isSomething)) return "names nothing of the block";
  const told = blockOf(body);
  if (told !== null && told !== block) return `is the manifest of block ${told}, not of ${block}`;
  return otherThan("chain", body, chain);
};

function otherThan(field: string, body: Body, wanted: string): string | null {
  const told = body[field];
  return typeof told !== "string" || told.toLowerCase() === wanted ? null : `is of ${field} ${told}, not of ${wanted}`;
}

/** The names that block numbers go by: the contract does not tell how a manifest spells it. */
const HEIGHTS = ["block_num", "block_number", "block", "number", "height"];

function blockOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : null;
  if (typeof value !== "object" || value === null) return null;
  const told = HEIGHTS.map((name) => (value as Body)[name]).find((one) => Number.isSafeInteger(Number(one ?? "x")));
  return told === undefined ? null : Number(told);
}

/** The block that a chain's list of manifests names first; null when it names none. */
export function firstBlock(text: string): number | null {
  const body = fromJson(text);
  if (typeof body !== "object" || body === null) return null;
  const list = Array.isArray(body)
    ? body
    : Object.values(body).find((value) => Array.isArray(value) && value.length > 0);
  return Array.isArray(list) ? blockOf(list[0]) : null;
}

/** Whether `/ready` or `/health` claims that all is well, whatever its other fields are. */
export function claimsHealth(status: number, text: string): boolean {
  if (status < 200 || status >= 300) return false;
  const body = fromJson(text);
  if (typeof body !== "object" || body === null) return true;
  const fields = body as Body;
  return fields["ready"] !== false && errorIn(fields) === null;
}

function missing(schema: v.GenericSchema, body: Body): string | null {
  const parsed = v.safeParse(schema, body, { abortEarly: true });
  if (parsed.success) return null;
  const field = v.getDotPath(parsed.issues[0]) ?? "body";
  const value = field.split(".").reduce<unknown>((whole, key) => (whole as Body | undefined)?.[key], body);
  return value === undefined ? `lacks ${field}` : `has ${field}: ${shown(value)}`;
}

const LONGEST_SHOWN = 120;

function shown(value: unknown): string {
  const text = beginningOf(String(JSON.stringify(value)));
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
