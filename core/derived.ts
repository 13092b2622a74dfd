/**
 * The template of a pipeline's events, derived from its own `write`. That is a pure function: it is asked for events
 * that were made up, and what of its text changes with them, and how, is a slot. What is found is proven on others.
 */
import { draw, type Stream } from "./event.ts";
import type { Attributes } from "./filter.ts";
import { SPELLINGS, spell } from "./identity.ts";
import { type AttributeTable, madeOf, randomSeedOf, type WorkloadEvent } from "./made.ts";
import type { AnyPipeline } from "./pipeline.ts";
import {
  type EntryTemplate,
  type IdentitySlot,
  type MessageTemplate,
  merged,
  type NumberSlot,
  type Piece,
  type Template,
  written,
} from "./template.ts";
import { CANARY_PUBLISHER, type Trace } from "./trace.ts";

/** Events made up for each variant, by their numbers and by what they draw; with fewer a divisor may be mistaken. */
const PROBES = 16;
/** Other events on which the whole is proven, so that what one in a hundred has of its own shows; of each variant some. */
const PROOFS = 1_000;
const PROOFS_OF_EACH = 3;

const ALLOWED =
  "allowed: id, hash, uuid, number, seq and random, the last two also as % n, and then with a number added, " +
  "and attributes; or { batch } in publish()";

const PROBED: Trace = { run: 0x9e3779b1, publisher: 0x7ab3, seq: 0x6c078, publishedAt: 1_767_225_600_123.457 };
const SPELLED = new Map(
  SPELLINGS.map((spelling): [string, IdentitySlot] => [spell(PROBED, spelling), { slot: "identity", spelling }]),
);
const IDENTITIES = new RegExp(`(${[...SPELLED.keys()].join("|")})`);

/** From 0, because what is added shows there; the last one shows the largest divisors. */
const PROBED_NUMBERS = [0, ...Array.from({ length: PROBES - 2 }, (_, place) => draw(PROBES, place + 1)), 2 ** 32 - 1];

/**
 * Derives the template that writes what the pipeline does.
 *
 * @throws RangeError in one line that says what of it no template can write.
 */
export function derivedTemplate(
  { name, events }: Pick<AnyPipeline, "name" | "events">,
  { seed, variants }: Stream,
): Template<MessageTemplate | EntryTemplate> {
  const refuse = (what: string): never => {
    throw new RangeError(`pipeline ${name}: events.write: publish() sends a series, and ${what}`);
  };
  const textsOf = (event: WorkloadEvent<AttributeTable>): Texts =>
    textsIn(events.write(event)) ??
    refuse(
      "what it returns is not a message or an entry; allowed: { subject, data } of texts, or the fields of an entry as a " +
        "list of texts",
    );
  const all = variants.length === 0 ? [{}] : variants;
  const templates = all.map((attributes, variant) => {
    const probe = (seq: number, random: number) =>
      textsOf(Object.assign(madeOf(seed, attributes, PROBED), { seq, random }));
    const bySeq = PROBED_NUMBERS.map((seq) => probe(seq, 0));
    const byRandom = PROBED_NUMBERS.map((random) => probe(0, random));
    const { isMessage, texts } = bySeq[0] as Texts;
    const parts = texts.map((_, place) => {
      const of = (probes: readonly Texts[]) => probes.map((one) => one.texts[place] ?? "");
      const at = (seq: number, random: number) => probe(seq, random).texts[place] ?? "";
      return piecesOf(of(bySeq), of(byRandom), { at, seed: randomSeedOf(seed), refuse });
    });
    prove(attributes, parts, variant);
    const [[subject = "", ...others] = [], pieces = []] = parts;
    if (!isMessage) return { fields: parts };
    if (typeof subject !== "string" || others.length > 0)
      refuse("its subject differs; allowed: a subject of attributes");
    return { subject: String(subject), pieces };
  });
  return { seed: seed >>> 0, variants: templates };

  function prove(attributes: Attributes, parts: readonly (readonly Piece[])[], variant: number): void {
    const count = Math.max(PROOFS_OF_EACH, Math.ceil(PROOFS / all.length));
    for (let turn = 0; turn < count; turn++) {
      // No two variants are proven on the same events: together they see more.
      const trace = tracedFor(turn * all.length + variant);
      const { texts } = textsOf(madeOf(seed, attributes, trace));
      const derived = parts.map((pieces) => written(pieces, trace));
      if (texts.length !== derived.length) refuse(`the number of fields differs from event to event; ${ALLOWED}`);
      const wrong = texts.findIndex((text, at) => text !== derived[at]);
      if (wrong >= 0) refuse(`${difference(texts[wrong] ?? "", derived[wrong] ?? "")}; ${ALLOWED}`);
    }
  }
}

/**
 * Traces of whichever run and publisher, a canary among them; each spelling has room for their numbers, of which half are
 * the first ones: small divisors have each of their remainders there.
 */
function tracedFor(place: number): Trace {
  const drawn = (what: number) => draw(what, place);
  return {
    run: drawn(1),
    publisher: place === 1 ? CANARY_PUBLISHER : drawn(2) % CANARY_PUBLISHER,
    seq: place % 2 === 0 ? place / 2 : drawn(3) % 2 ** (place % 28),
    publishedAt: 1_700_000_000_000 + drawn(4) * 100 + (drawn(5) % 1000) / 1000,
  };
}

/** What is written of an event: a subject and the data, or fields. */
interface Texts {
  readonly isMessage: boolean;
  readonly texts: readonly string[];
}

function textsIn(wire: unknown): Texts | null {
  const isText = (one: unknown) => typeof one === "string";
  if (Array.isArray(wire)) return wire.every(isText) ? { isMessage: false, texts: wire } : null;
  const { subject, data, ...others } = (wire ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof subject !== "string" || typeof data !== "string" || Object.keys(others).length > 0) return null;
  return { isMessage: true, texts: [subject, data] };
}

/** A text in parts: identities, digits, and what is neither. */
function partsOf(text: string): readonly (string | IdentitySlot)[] {
  return text.split(IDENTITIES).flatMap((part): (string | IdentitySlot)[] => {
    const slot = SPELLED.get(part);
    return slot === undefined ? (part.match(/\d+|\D+/g) ?? []) : [slot];
  });
}

interface Probing {
  /** The text of one more event. */
  readonly at: (seq: number, random: number) => string;
  /** What `random` is drawn by. */
  readonly seed: number;
  readonly refuse: (what: string) => never;
}

/** @param bySeq texts of events that differ in their number; those of `byRandom`, in what they draw. */
function piecesOf(
  bySeq: readonly string[],
  byRandom: readonly string[],
  { at, seed, refuse }: Probing,
): readonly Piece[] {
  const seqs = bySeq.map(partsOf);
  const randoms = byRandom.map(partsOf);
  const first = seqs[0] as readonly (string | IdentitySlot)[];
  const odd = [...seqs, ...randoms].findIndex(({ length }) => length !== first.length);
  if (odd >= 0) refuse(`${difference([...bySeq, ...byRandom][odd] ?? "", bySeq[0] ?? "")}; ${ALLOWED}`);
  const pieces = first.map((part, place): Piece => {
    const ofSeqs = seqs.map((parts) => parts[place]);
    const ofRandoms = randoms.map((parts) => parts[place]);
    const isOfSeq = ofSeqs.some((one) => one !== part);
    const isOfRandom = ofRandoms.some((one) => one !== part);
    if (!isOfSeq && !isOfRandom) return part;
    const slot = isOfSeq && isOfRandom ? null : isOfSeq ? numberOf(ofSeqs) : drawnOf(ofRandoms, seed);
    // (seq + 1) % n and seq % n + 1 differ where the remainder begins again.
    const last = (slot?.modulo ?? slot?.below ?? 2 ** 32) - 1;
    const there = partsOf(isOfSeq ? at(last, 0) : at(0, last))[place];
    if (slot !== null && there === String(last + (slot.from ?? slot.plus ?? 0))) return slot;
    const of = isOfSeq ? "seq" : "random";
    return refuse(`what it writes of ${of} is no remainder: ${shown(ofSeqs, ofRandoms)}; ${ALLOWED}`);
  });
  return merged(pieces);
}

function shown(...all: readonly (readonly unknown[])[]): string {
  const texts = [...new Set(all.flat())].slice(0, 3);
  return texts.map((text) => JSON.stringify(typeof text === "string" ? text.slice(0, 20) : "an identity")).join(", ");
}

function numberOf(texts: readonly unknown[]): NumberSlot | null {
  const found = remainderOf(texts);
  if (found === null) return null;
  const { below, plus } = found;
  return { slot: "number", ...(below === null ? {} : { modulo: below }), ...(plus === 0 ? {} : { from: plus }) };
}

function drawnOf(texts: readonly unknown[], seed: number): NumberSlot | null {
  const found = remainderOf(texts);
  if (found === null) return null;
  const { below, plus } = found;
  return { slot: "number", seed, ...(below === null ? {} : { below }), ...(plus === 0 ? {} : { plus }) };
}

/** Reads what was written of {@link PROBED_NUMBERS} as `number % below + plus`; null where it is something else. */
function remainderOf(texts: readonly unknown[]): { readonly below: number | null; readonly plus: number } | null {
  const values = texts.map(Number);
  if (values.some((value, place) => String(value) !== texts[place])) return null;
  const plus = values[0] as number;
  const rests = values.map((value) => value - plus);
  // What is taken away is a multiple of the divisor, and so is what divides all that is taken away.
  const below = rests.reduce((divisor, rest, place) => common(divisor, (PROBED_NUMBERS[place] as number) - rest), 0);
  if (plus >= 2 ** 32 || rests.some((rest) => rest < 0 || (below !== 0 && rest >= below))) return null;
  return { below: below === 0 ? null : below, plus };
}

/** The greatest common divisor. */
function common(one: number, other: number): number {
  return other === 0 ? Math.abs(one) : common(other, one % other);
}

/** Two texts where they part. */
function difference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 16), at + 16));
  return `what it writes differs by more than that: ${part(one)} and ${part(other)}`;
}
