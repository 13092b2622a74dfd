/**
 * The template of a pipeline's events, derived from its own `write`. That is a pure function: it is called with probes,
 * and each part of its text that changes with them is a slot. The slots are then proven on other events.
 */
import { draw, type Stream } from "./event.ts";
import type { Attributes } from "./filter.ts";
import { type AttributeTable, madeOf, randomSeedOf, type WorkloadEvent } from "./made.ts";
import { FIRST_PROBE, mapResults, OTHER_PROBE, PROBE_TRACE, type ProbeEvent, probe } from "./probes.ts";
import { difference, SlotFinder } from "./slotfinder.ts";
import { type EntryTemplate, type MessageTemplate, type Piece, type Template, written } from "./template.ts";
import { CANARY_PUBLISHER, type Trace } from "./trace.ts";

/** Events on which a template is proven, some of each variant: enough to show what only one in a hundred has. */
const PROOFS = 1_000;
/** Half of them follow each other, so that divisors up to 20 have each of their remainders there. */
const PROOFS_OF_EACH = 40;
/** With thousands of variants each has fewer: k6 takes 0.11 ms for a proof. */
const MOST_PROOFS = 8_000;
const LEAST_PROOFS_OF_EACH = 8;

const ALLOWED =
  "allowed: attributes; id, hash, uuid, number; seq, Math.floor(seq / n) and random, each also as % n, with a number " +
  "added, and in hex digits of one width; publishedAt, in Unix ms, seconds or ISO 8601; or { batch } in publish()";

/** How the events of a pipeline are written. */
export interface EventWriter<Table extends AttributeTable, Wire> {
  readonly name: string;
  /**
   * True where tests prove the templates of all variants: each is then proven on a few events only. With 80 variants and
   * 3,200 proofs, k6 took 0.5 s for it at each start.
   */
  readonly isProven?: boolean;
  readonly events: { write(event: WorkloadEvent<Table>): Wire };
}

/**
 * Derives the template that writes the same as the pipeline.
 *
 * @throws RangeError in one line that says what no template can write.
 */
export function derivedTemplate<Table extends AttributeTable, Wire>(
  { name, events, isProven = false }: EventWriter<Table, Wire>,
  { seed, variants, unwanted }: Stream,
): Template<MessageTemplate | EntryTemplate> {
  const refuse = (what: string, allowed = ALLOWED): never => {
    throw new RangeError(`pipeline ${name}: events.write: publish() sends a series, and ${what}; ${allowed}`);
  };
  const textsOf = (event: WorkloadEvent<Table>): Texts =>
    textsIn(events.write(event)) ??
    refuse(
      "what it returns is not a message or an entry",
      "allowed: { subject, data } of texts, or the fields of an entry as a list of texts",
    );
  const finder = new SlotFinder(randomSeedOf(seed), refuse);
  const all = variants.length === 0 ? [{}] : variants;
  const templates = all.map((attributes, variant) => {
    const write = ({ seq, random, publishedAt }: ProbeEvent) => {
      const event = Object.assign(madeOf<Table>(seed, attributes, PROBE_TRACE), { seq, random });
      return textsOf(Object.defineProperty(event, "publishedAt", { value: publishedAt }));
    };
    const parts = knownParts(write, attributes, variant) ?? provenParts(write, attributes, variant);
    const [[subject = "", ...others] = [], pieces = []] = parts;
    if (!write(FIRST_PROBE).isMessage) return { fields: parts };
    if (typeof subject !== "string" || others.length > 0)
      refuse("its subject differs", "allowed: a subject of attributes");
    return { subject: String(subject), pieces };
  });
  return { seed: seed >>> 0, variants: templates, ...(unwanted === undefined ? {} : { unwanted }) };

  function provenParts(write: (event: ProbeEvent) => Texts, attributes: Attributes, variant: number) {
    const probes = probe(write);
    const parts = (probes.seq[0] as Texts).texts.map((_, place) => {
      const of = ({ texts }: Texts) => texts[place] ?? "";
      return finder.piecesOf(mapResults(probes, of), (event) => of(write(event)));
    });
    const wrong = differenceIn(parts, attributes, variant);
    return wrong === null ? parts : refuse(wrong);
  }

  /** Most variants change in the same parts: of 160, all but the first are called with two probes and not with 36. */
  function knownParts(write: (event: ProbeEvent) => Texts, attributes: Attributes, variant: number) {
    const other = write(OTHER_PROBE).texts;
    const parts = write(FIRST_PROBE).texts.map((text, place) => finder.knownIn(text, other[place] ?? ""));
    const known = parts.filter((pieces) => pieces !== null);
    return known.length === parts.length && differenceIn(known, attributes, variant) === null ? known : null;
  }

  /** How the template differs from `write` on a proof; null where it never does. */
  function differenceIn(parts: readonly (readonly Piece[])[], attributes: Attributes, variant: number): string | null {
    const count = isProven ? LEAST_PROOFS_OF_EACH : proofsOfEach(all.length);
    for (let turn = 0; turn < count; turn++) {
      // No two variants are proven on the same events: together they see more. Those of one follow each other.
      const trace = tracedFor(turn, variant * count + turn);
      const { texts } = textsOf(madeOf(seed, attributes, trace));
      if (texts.length !== parts.length) return "the number of fields differs from event to event";
      const derived = parts.map((pieces) => written(pieces, trace));
      const wrong = texts.findIndex((text, at) => text !== derived[at]);
      if (wrong >= 0) return difference(texts[wrong] ?? "", derived[wrong] ?? "");
    }
    return null;
  }
}

function proofsOfEach(variants: number): number {
  const affordable = Math.max(LEAST_PROOFS_OF_EACH, Math.floor(MOST_PROOFS / variants));
  return Math.max(Math.ceil(PROOFS / variants), Math.min(PROOFS_OF_EACH, affordable));
}

/**
 * The traces of proofs, of any run and publisher, and one of a canary. Every spelling has room for their numbers. Every
 * other one is small, so that small divisors have each of their remainders.
 */
function tracedFor(turn: number, place: number): Trace {
  const drawn = (what: number) => draw(what, place);
  return {
    run: drawn(1),
    publisher: place === 1 ? CANARY_PUBLISHER : drawn(2) % CANARY_PUBLISHER,
    seq: turn % 2 === 0 ? Math.floor(place / 2) : drawn(3) % 2 ** (28 - (turn % 28)),
    publishedAt: 1_700_000_000_000 + drawn(4) * 97 + (drawn(5) % 1000) / 1000,
  };
}

/** What `write` returns for an event: a subject and the data, or fields. */
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
