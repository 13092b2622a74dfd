import { joined, type NumberSlot, type Piece, type Template } from "../../core/template.ts";
import { hex } from "../../core/trace.ts";
import { EVENTS_PER_BLOCK, FIRST_BLOCK, type Variant, variants, type Workload } from "./events.ts";
import { type FieldTypes, type TypedField, writeField } from "./fieldtypes.ts";
import { CHAIN_NUMBERS, type ChainNumbers, SUBJECT, subject } from "./wire.ts";

/** Where events are published, and how they are spelled, where that differs from the gateway's contract. */
export interface Spelling {
  readonly numbers?: ChainNumbers | undefined;
  readonly prefix?: string | undefined;
  readonly types?: FieldTypes | undefined;
}

const BLOCK: NumberSlot = { slot: "number", every: EVENTS_PER_BLOCK, from: FIRST_BLOCK };
const PLACE: NumberSlot = { slot: "number" };

/**
 * The messages of a workload: the events of {@link event} as the gateway decodes them.
 *
 * @throws RangeError for a chain that has no number: its events would have no subject.
 */
export function messageTemplate(
  workload: Workload,
  { numbers = CHAIN_NUMBERS, prefix = SUBJECT, types = {} }: Spelling = {},
): Template {
  const unknown = workload.chains.find((chain) => !Object.hasOwn(numbers, chain));
  if (unknown !== undefined) {
    throw new RangeError(`CHAINS=${unknown}: has no number; allowed: ${Object.keys(numbers).join(", ")}`);
  }
  const seed = workload.seed >>> 0;
  const messageOf = (variant: Variant) => {
    const number = numbers[variant.chain] as number;
    return {
      subject: subject(prefix, number, variant.eventType),
      pieces: joined(pieces(variant, number, seed, types)),
    };
  };
  return { seed, variants: variants(workload).map(messageOf) };
}

function pieces(variant: Variant, number: number, seed: number, types: FieldTypes): readonly Piece[] {
  const values = { chain: { name: variant.chain, number }, programId: variant.programId };
  const field = (name: TypedField) => writeField(types, name, values);
  const quote = types.block_number === "text" ? '"' : "";
  const published: readonly Piece[] =
    types.published_at === "absent" ? [] : [',"published_at":"', { slot: "time", unit: "iso" }, '"'];
  return [
    '{"event_id":"',
    { slot: "identity", spelling: "text" },
    `",${field("chain")}${field("commitment_level")}"block_number":${quote}`,
    BLOCK,
    `${quote},"block_hash":"`,
    ...hash(seed, BLOCK),
    '","tx_hash":"',
    ...hash(seed, PLACE),
    `","event_type":"${variant.eventType}","accounts":${JSON.stringify(variant.accounts)},`,
    field("payload") + field("reorg_action") + field("program_id") + field("native_value"),
    '"timestamp":"',
    { slot: "time", unit: "iso", to: 19 },
    'Z"',
    ...published,
    "}",
  ];
}

/** The hash of a block or a transaction, as `events.ts` makes it. */
function hash(seed: number, place: NumberSlot): readonly Piece[] {
  return ["0x", { ...place, seed, digits: 8, times: 6 }, hex(seed, 8), { ...place, digits: 8 }];
}
