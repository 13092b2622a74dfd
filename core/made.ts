import { draw, type Stream, variantIndex } from "./event.ts";
import type { Attributes } from "./filter.ts";
import { spell } from "./identity.ts";
import { onOneLine } from "./redaction.ts";
import { publishedMs, type Trace } from "./trace.ts";

/** The values of each attribute of a pipeline's events. */
export type AttributeTable = Readonly<Record<string, readonly string[]>>;

/** The identity of an event in its four spellings; one of them must survive every hop. */
export interface Spellings {
  /** 48 characters: `evt_`, the publish time, and 24 hexadecimal digits. */
  readonly id: string;
  /** `0x` and 64 hexadecimal digits. */
  readonly hash: string;
  /** A UUID of version 8. */
  readonly uuid: string;
  /** A 64-bit integer as 19 decimal digits; JavaScript would round it as a JSON number. */
  readonly number: string;
}

/** One event of the workload: its identity, its number from 0, its attributes, its publish time and a random number. */
export type WorkloadEvent<Table extends AttributeTable> = Spellings & {
  readonly seq: number;
  /** Publish time in whole Unix ms. The far end learns it from `id`, `hash` and `uuid`, but not from `number`. */
  readonly publishedAt: number;
  /** From 0 to 2^32 - 1, the same whenever this event is made. */
  readonly random: number;
} & { readonly [Name in keyof Table]: Table[Name][number] };

/** The receiver accepts no more combinations than this. */
export const MOST_VARIANTS = 10_000;
/** Nor longer names and values of attributes. */
export const LONGEST_VALUE = 128;
/** Of a name that is too long. */
const SHOWN = 40;
/** Makes `random` independent of the drawn attributes. */
const RANDOM_SEED = 0x5bd1e995;

/** Fields of an event besides its attributes. */
const OF_EVENTS: readonly string[] = ["id", "hash", "uuid", "number", "seq", "publishedAt", "random", "trace"];

/** The attributes of events, and the combinations of them that occur. */
export interface VariantTable<Table extends AttributeTable> {
  readonly attributes: Table;
  /** The only combinations of attributes that occur; one that stands there twice is drawn twice as often. */
  readonly variants?: readonly { readonly [Name in keyof Table]: NoInfer<Table[Name][number]> }[];
}

/** The combinations of attributes that occur. @throws RangeError as {@link combinations} does. */
export function variantsOf({ attributes, variants }: VariantTable<AttributeTable>): readonly Attributes[] {
  if (variants === undefined) return combinations(attributes);
  refuseNames(attributes);
  return variants.map((one) => Object.fromEntries(Object.entries(one).map(([name, value]) => [name, [value]])));
}

/** Every combination of attributes. @throws RangeError for an attribute without values, or too many combinations. */
export function combinations(table: AttributeTable): readonly Attributes[] {
  refuseNames(table);
  let all: Record<string, readonly string[]>[] = [{}];
  for (const [name, values] of Object.entries(table)) {
    if (values.length === 0) throw new RangeError(`attribute ${name} has no values; give it one at least`);
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: [value] })));
    if (all.length > MOST_VARIANTS) {
      throw new RangeError(`the attributes have more than ${MOST_VARIANTS} combinations; leave out some values`);
    }
  }
  return Object.keys(table).length === 0 ? [] : all;
}

function refuseNames(table: AttributeTable): void {
  for (const [name, values] of Object.entries(table)) {
    if (OF_EVENTS.includes(name)) {
      const others = OF_EVENTS.join(", ");
      throw new RangeError(`attribute ${name} is what every event has; allowed: another name than ${others}`);
    }
    const long = [name, ...values].find(({ length }) => length > LONGEST_VALUE);
    if (long === undefined) continue;
    const what = long === name ? "a name" : "a value";
    const start = onOneLine(name, SHOWN);
    throw new RangeError(
      `attribute ${start} has ${what} of ${long.length} characters; allowed: up to ${LONGEST_VALUE}`,
    );
  }
}

class SpelledTrace implements Spellings {
  // Declared only: k6 would define each of them twice.
  declare readonly seq: number;
  declare readonly random: number;
  declare private readonly trace: Trace;

  constructor(trace: Trace, random: number) {
    this.trace = trace;
    this.seq = trace.seq;
    this.random = random;
  }

  get publishedAt(): number {
    return publishedMs(this.trace);
  }

  get id(): string {
    return spell(this.trace, "text");
  }

  get hash(): string {
    return spell(this.trace, "hash");
  }

  get uuid(): string {
    return spell(this.trace, "uuid");
  }

  get number(): string {
    return spell(this.trace, "number");
  }
}

/** Makes an event: a pure function of stream and trace. */
export function made<Table extends AttributeTable>(
  { seed, variants, unwanted }: Stream,
  trace: Trace,
): WorkloadEvent<Table> {
  const drawn = variants[variantIndex(seed, trace.seq, Math.max(1, variants.length), unwanted)] ?? {};
  return madeOf(seed, drawn, trace);
}

/** Makes an event with given attributes. */
export function madeOf<Table extends AttributeTable>(
  seed: number,
  attributes: Attributes,
  trace: Trace,
): WorkloadEvent<Table> {
  const event = new SpelledTrace(trace, draw(randomSeedOf(seed), trace.seq));
  return Object.assign(event, valuesOf(attributes)) as unknown as WorkloadEvent<Table>;
}

const known = new WeakMap<Attributes, Readonly<Record<string, string | undefined>>>();

/** The first value of each; remembered, because thousands of events have the same ones. */
function valuesOf(attributes: Attributes): Readonly<Record<string, string | undefined>> {
  let values = known.get(attributes);
  if (values === undefined) {
    values = Object.fromEntries(Object.entries(attributes).map(([name, [value]]) => [name, value]));
    known.set(attributes, values);
  }
  return values;
}

/** The seed of `random`. */
export function randomSeedOf(seed: number): number {
  return (seed ^ RANDOM_SEED) >>> 0;
}
