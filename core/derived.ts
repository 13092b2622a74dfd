/**
 * The template of a pipeline's events, derived from its own `write`. That is a pure function: it is asked for events
 * that were made up, and what of its text changes with them, and how, is a slot. What is found is proven on others.
 */
import { draw, type Stream } from "./event.ts";
import type { Attributes } from "./filter.ts";
import { type AttributeTable, madeOf, randomSeedOf, type WorkloadEvent } from "./made.ts";
import type { AnyPipeline } from "./pipeline.ts";
import { type Asked, ofEach, PROBED, probed } from "./probes.ts";
import { difference, SlotFinder } from "./slotfinder.ts";
import { type EntryTemplate, type MessageTemplate, type Piece, type Template, written } from "./template.ts";
import { CANARY_PUBLISHER, type Trace } from "./trace.ts";

/** Other events on which the whole is proven, so that what one in a hundred has of its own shows; of each variant some. */
const PROOFS = 1_000;
const PROOFS_OF_EACH = 3;

const ALLOWED =
  "allowed: attributes; id, hash, uuid, number; seq, Math.floor(seq / n) and random, each also as % n, with a number " +
  "added, and in hex digits of one width; publishedAt, in Unix ms, seconds or ISO 8601; or { batch } in publish()";

/** What of a pipeline says how its events are written. */
export interface Writes {
  readonly name: string;
  readonly events: Pick<AnyPipeline["events"], "write">;
}

/**
 * Derives the template that writes what the pipeline does.
 *
 * @throws RangeError in one line that says what of it no template can write.
 */
export function derivedTemplate(
  { name, events }: Writes,
  { seed, variants }: Stream,
): Template<MessageTemplate | EntryTemplate> {
  const refuse = (what: string, allowed = ALLOWED): never => {
    throw new RangeError(`pipeline ${name}: events.write: publish() sends a series, and ${what}; ${allowed}`);
  };
  const textsOf = (event: WorkloadEvent<AttributeTable>): Texts =>
    textsIn(events.write(event)) ??
    refuse(
      "what it returns is not a message or an entry",
      "allowed: { subject, data } of texts, or the fields of an entry as a list of texts",
    );
  const finder = new SlotFinder(randomSeedOf(seed), refuse);
  const all = variants.length === 0 ? [{}] : variants;
  const templates = all.map((attributes, variant) => {
    const ask = ({ seq, random, publishedAt }: Asked) => {
      const event = Object.assign(madeOf(seed, attributes, PROBED), { seq, random });
      return textsOf(Object.defineProperty(event, "publishedAt", { value: publishedAt }));
    };
    const probes = probed(ask);
    const { isMessage, texts } = probes.seq[0] as Texts;
    const parts = texts.map((_, place) => {
      const of = (one: Texts) => one.texts[place] ?? "";
      return finder.piecesOf(ofEach(probes, of), (asked) => of(ask(asked)));
    });
    prove(attributes, parts, variant);
    const [[subject = "", ...others] = [], pieces = []] = parts;
    if (!isMessage) return { fields: parts };
    if (typeof subject !== "string" || others.length > 0)
      refuse("its subject differs", "allowed: a subject of attributes");
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
      if (texts.length !== derived.length) refuse("the number of fields differs from event to event");
      const wrong = texts.findIndex((text, at) => text !== derived[at]);
      if (wrong >= 0) refuse(difference(texts[wrong] ?? "", derived[wrong] ?? ""));
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
