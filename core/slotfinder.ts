/** Finds how a template writes a text, from the texts of probes. */
import { SPELLINGS, spell } from "./identity.ts";
import { once } from "./once.ts";
import {
  changesWith,
  FIRST_PROBE,
  mapResults,
  OTHER_PROBE,
  PROBE_TRACE,
  type ProbeEvent,
  type ProbeResults,
  SOURCES,
  type Source,
} from "./probes.ts";
import { firstChange, MOST, remainderOf } from "./remainders.ts";
import { type IdentitySlot, joined, type NumberSlot, type Piece } from "./template.ts";
import { timesIn } from "./timeslots.ts";
import { hex } from "./trace.ts";

const identities = once(() => {
  const slots = SPELLINGS.map((spelling): [string, IdentitySlot] => [
    spell(PROBE_TRACE, spelling),
    { slot: "identity", spelling },
  ]);
  return { slots: new Map(slots), pattern: new RegExp(`(${slots.map(([text]) => text).join("|")})`) };
});

/** A text in parts: identities, digits, which may be hexadecimal ones, and what is neither. */
function runsIn(text: string): readonly (string | IdentitySlot)[] {
  const { slots, pattern } = identities();
  return text.split(pattern).flatMap((part): (string | IdentitySlot)[] => {
    const slot = slots.get(part);
    return slot === undefined ? (part.match(/[0-9a-f]+|[^0-9a-f]+/g) ?? []) : [slot];
  });
}

/** Writes the text of another probe. */
type WriteProbe = (event: ProbeEvent) => string;

/** The most hex digits that are read as one number. */
const MOST_DIGITS = 13;

/** Finds the slots of one pipeline's texts. */
export class SlotFinder {
  private readonly randomSeed: number;
  private readonly refuse: (what: string) => never;
  /** How many events in a row have the same number, as found so far: numbers found later may have it too. */
  private readonly shares = [1];
  /** The pieces of parts, by their texts in {@link FIRST_PROBE} and {@link OTHER_PROBE}. */
  private readonly found = new Map<string, readonly Piece[]>();

  /** @param randomSeed the seed of `random`. */
  constructor(randomSeed: number, refuse: (what: string) => never) {
    this.randomSeed = randomSeed;
    this.refuse = refuse;
  }

  /**
   * The pieces of a text whose changing parts were all found in earlier texts; null where one was not. They still have
   * to be proven.
   */
  knownIn(text: string, other: string): readonly Piece[] | null {
    const [runs, others] = [runsIn(text), runsIn(other)];
    if (runs.length !== others.length) return null;
    const pieces = together(runs, (run, place) =>
      run === others[place] ? [run] : (this.found.get(`${String(run)},${String(others[place])}`) ?? null),
    );
    return pieces === null ? null : joined(pieces);
  }

  /** The pieces of a text. @param texts of all probes. */
  piecesOf(texts: ProbeResults<string>, write: WriteProbe): readonly Piece[] {
    const others = runsIn(write(OTHER_PROBE));
    const [text] = texts.seq as readonly [string];
    const first = runsIn(text);
    const runs = mapResults(texts, (one) => (one === text ? first : runsIn(one)));
    const odd = SOURCES.flatMap((source) => runs[source].findIndex(({ length }) => length !== first.length));
    odd.forEach((at, place) => {
      if (at >= 0) this.refuse(difference(texts[SOURCES[place] as Source][at] ?? "", text));
    });
    const pieces = first.map((run, place): readonly Piece[] => {
      const all = mapResults(runs, (one) => one[place]) as ProbeResults<string>;
      const changing = changesWith(all);
      if (changing.length === 0) return [run];
      const writeRun: WriteProbe = (event) => String(runsIn(write(event))[place]);
      const found =
        this.decimals(all, writeRun) ?? this.hexDigits(all, writeRun) ?? this.refuse(unwritten(changing, all));
      this.found.set(`${String(run)},${String(others[place])}`, found);
      return found;
    });
    return joined(pieces.flat());
  }

  /** Decimal numbers, and the texts between them. */
  private decimals(all: ProbeResults<string>, write: WriteProbe): readonly Piece[] | null {
    const parts = mapResults(all, partsIn);
    const [first = []] = parts.seq;
    if (SOURCES.some((source) => parts[source].some(({ length }) => length !== first.length))) return null;
    return together(first, (part, place) => {
      const of = mapResults(parts, (one) => one[place] ?? "");
      const changing = changesWith(of);
      if (changing.length === 0) return [part];
      if (changing.length > 1) return null;
      if (changing[0] === "publishedAt") return timesIn(of.publishedAt);
      const slot = this.numberIn(of, null, (event) => partsIn(write(event))[place] ?? "");
      return slot === null ? null : [slot];
    });
  }

  /** Hex digits of one width, and others that are always the same. */
  private hexDigits(all: ProbeResults<string>, write: WriteProbe): readonly Piece[] | null {
    const [{ length }] = all.seq as readonly [string];
    if (SOURCES.some((source) => all[source].some((text) => text.length !== length))) return null;
    const pieces: Piece[] = [];
    for (let from = 0; from < length; ) {
      const found = this.digitsAt(all, from, write);
      if (found === null) return null;
      pieces.push(found.piece);
      from += found.digits;
    }
    return pieces;
  }

  /** The longest number that begins here, or a digit that is always the same. */
  private digitsAt(
    all: ProbeResults<string>,
    from: number,
    write: WriteProbe,
  ): { piece: Piece; digits: number } | null {
    const { length } = all.seq[0] as string;
    for (let digits = Math.min(MOST_DIGITS, length - from); digits > 0; digits--) {
      const cut = (text: string) => text.slice(from, from + digits);
      const of = mapResults(all, cut);
      const changing = changesWith(of);
      if (changing.length === 0) return { piece: (of.seq[0] as string).slice(0, 1), digits: 1 };
      const slot = changing.length > 1 ? null : this.numberIn(of, digits, (event) => cut(write(event)));
      if (slot !== null) return { piece: slot, digits };
    }
    return null;
  }

  /** The number in texts that change with `seq` or with `random`. @param digits in hex; null for a decimal number. */
  private numberIn(all: ProbeResults<string>, digits: number | null, write: WriteProbe): NumberSlot | null {
    const [source] = changesWith(all);
    if (source !== "seq" && source !== "random") return null;
    const textOf = (value: number) => (digits === null ? String(value) : hex(value, digits));
    const values = all[source].map((text) => Number.parseInt(text, digits === null ? 10 : 16));
    if (values.some((value, place) => textOf(value) !== all[source][place])) return null;
    const at = (number: number) => write({ ...FIRST_PROBE, [source]: number });
    const slotOf = (every: number): NumberSlot | null => {
      const { divisors, plus } = remainderOf(values, every);
      // (seq + 1) % n and seq % n + 1 differ where the remainder begins again.
      const below = divisors.find((divisor) => {
        const last = Math.min(divisor * every, MOST) - 1;
        return last === MOST - 1 || at(last) === textOf((Math.floor(last / every) % divisor) + plus);
      });
      if (below === undefined) return null;
      const part = source === "seq" ? { every, modulo: below, from: plus } : { seed: this.randomSeed, below, plus };
      const given = Object.entries(part).filter(([name, value]) => name === "seed" || value !== DEFAULTS[name]);
      return { slot: "number", ...Object.fromEntries(given), ...(digits === null ? {} : { digits }) };
    };
    if (source === "random") return slotOf(1);
    for (const every of this.shares) {
      const slot = slotOf(every);
      if (slot !== null) return slot;
    }
    // In hex digits every sixteenth event changes the last but one, and that is no number of its own.
    const every = digits === null ? firstChange(at) : 1;
    const slot = every === 1 ? null : slotOf(every);
    if (slot !== null) this.shares.push(every);
    return slot;
  }
}

/** What a slot is by default; it is left out of the template. */
const DEFAULTS: Readonly<Record<string, number>> = {
  ...{ every: 1, modulo: Number.POSITIVE_INFINITY, from: 0 },
  ...{ below: Number.POSITIVE_INFINITY, plus: 0 },
};

const partsIn = (run: string) => run.match(/\d+|\D+/g) ?? [];

/** The pieces of all parts; null where one has none. */
function together<Part>(
  parts: readonly Part[],
  piecesOf: (part: Part, place: number) => readonly Piece[] | null,
): readonly Piece[] | null {
  const pieces: Piece[] = [];
  for (const [place, part] of parts.entries()) {
    const found = piecesOf(part, place);
    if (found === null) return null;
    pieces.push(...found);
  }
  return pieces;
}

function unwritten(changing: readonly Source[], all: ProbeResults<string>): string {
  const texts = [...new Set(SOURCES.flatMap((source) => all[source]))].slice(0, 3);
  const shown = texts.map((text) => JSON.stringify(typeof text === "string" ? text.slice(0, 20) : "an identity"));
  return `no template writes what it does of ${changing.join(" and ")}: ${shown.join(", ")}`;
}

/** Two texts where they part. */
export function difference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 16), at + 16));
  return `what it writes differs by more than that: ${part(one)} and ${part(other)}`;
}
