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

/** What of an event is written in a type of choice. */
interface FieldValues {
  readonly chain: string;
  readonly number: number;
  readonly block: number;
  readonly programId: string;
  /** In ISO 8601. */
  readonly at: string;
}

/** The values of the fields in the types that were chosen; undefined for one that is absent. */
export function typedFields(types: FieldTypes, { chain, number, block, programId, at }: FieldValues) {
  const of = (field: TypedField, values: Readonly<Record<string, unknown>>) =>
    values[types[field] ?? FIELD_TYPES[field][0]];
  return {
    chain: of("chain", { number, text: chain }),
    commitment_level: of("commitment_level", { number: FINALIZED, text: COMMITMENT_LEVELS[FINALIZED] }),
    block_number: of("block_number", { number: block, text: String(block) }),
    payload: of("payload", { base64: PAYLOAD.base64, object: { amount: PAYLOAD.amount } }),
    reorg_action: of("reorg_action", { number: NORMAL, text: REORG_ACTIONS[NORMAL] }),
    program_id: of("program_id", { text: programId }),
    native_value: of("native_value", { number: 0, text: "0" }),
    published_at: of("published_at", { text: at }),
  } satisfies Readonly<Record<TypedField, unknown>>;
}
