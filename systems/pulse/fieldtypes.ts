import { COMMITMENT_LEVELS, REORG_ACTIONS } from "./wire.ts";

/** The JSON types that a field of a published event may have, the gateway's own first; `absent` leaves it out. */
export const FIELD_TYPES = {
  chain: ["number", "text"],
  commitment_level: ["number", "text", "absent"],
  block_number: ["number", "text"],
  payload: ["base64", "object", "absent"],
  reorg_action: ["number", "text", "absent"],
  program_id: ["text", "absent"],
  native_value: ["number", "text", "absent"],
  published_at: ["text", "absent"],
} as const;

export type TypedField = keyof typeof FIELD_TYPES;

/** The types of the fields that are not the gateway's own. */
export type FieldTypes = { readonly [Field in TypedField]?: (typeof FIELD_TYPES)[Field][number] };

/** All that a setting may say, for messages: `chain=number|text, ...`. */
export const fieldTypeChoices = () =>
  Object.entries(FIELD_TYPES)
    .map(([field, types]) => `${field}=${types.join("|")}`)
    .join(", ");

/** Reads `commitment_level=text,payload=object`; undefined when a field or a type is none of the table. */
export function readFieldTypes(text: string): FieldTypes | undefined {
  const read: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [field = "", type = "", ...rest] = pair.split("=").map((part) => part.trim());
    const allowed: readonly string[] = Object.hasOwn(FIELD_TYPES, field) ? FIELD_TYPES[field as TypedField] : [];
    if (!allowed.includes(type) || rest.length > 0 || field in read) return undefined;
    read[field] = type;
  }
  return read;
}

/** 10^18 as a 32-byte word, the data of a transfer of one token: every event carries the same. */
const PAYLOAD = { amount: "1000000000000000000", base64: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADeC2s6dkAAA=" };

const FINALIZED = COMMITMENT_LEVELS.indexOf("finalized");
const NORMAL = REORG_ACTIONS.indexOf("normal");

/** What is written of one event for each field whose type is a choice. */
export interface FieldValues {
  readonly chain: { readonly name: string; readonly number: number };
  readonly programId: string;
}

/** Writes `"field":value,` in the type that was chosen; nothing for an absent field. */
export function writeField(types: FieldTypes, field: TypedField, values: FieldValues): string {
  const value = jsonOf(field, types[field] ?? FIELD_TYPES[field][0], values);
  return value === undefined ? "" : `"${field}":${JSON.stringify(value)},`;
}

function jsonOf(field: TypedField, type: string, { chain, programId }: FieldValues): unknown {
  if (type === "absent") return undefined;
  const isText = type === "text";
  switch (field) {
    case "chain":
      return isText ? chain.name : chain.number;
    case "commitment_level":
      return isText ? COMMITMENT_LEVELS[FINALIZED] : FINALIZED;
    case "reorg_action":
      return isText ? REORG_ACTIONS[NORMAL] : NORMAL;
    case "payload":
      return type === "object" ? { amount: PAYLOAD.amount } : PAYLOAD.base64;
    case "program_id":
      return programId;
    case "native_value":
      return isText ? "0" : 0;
    // These differ from event to event: their writer asks for the type alone.
    case "block_number":
    case "published_at":
      return undefined;
  }
}
