/**
 * Messages that differ in little, as data: text that recurs, and slots for what does not. Whoever holds a template
 * writes an event when told its trace, so that a publisher in another language (`xk6/nats`) needs no script for each.
 */
import { draw, type UnwantedVariants, variantIndex } from "./event.ts";
import { type Spelling, spell } from "./identity.ts";
import { hex, publishedMs, type Trace } from "./trace.ts";

/** The event's identity. */
export interface IdentitySlot {
  readonly slot: "identity";
  readonly spelling: Spelling;
}

/** The time of publishing in whole ms: as Unix seconds or ms, or these characters of `2026-01-01T00:00:00.000Z`. */
export interface TimeSlot {
  readonly slot: "time";
  readonly unit: "unix" | "unixms" | "iso";
  /** From the first to the last unless told. */
  readonly from?: number;
  readonly to?: number;
}

/** The event's number, or another that follows from it. */
export interface NumberSlot {
  readonly slot: "number";
  /** So many consecutive events share a number; 1 unless told. */
  readonly every?: number;
  /** It begins again after so many; never unless told. */
  readonly modulo?: number;
  /** The number of the first event; 0 unless told. */
  readonly from?: number;
  /** Writes what {@link draw} gives for this seed and the number, instead of the number. */
  readonly seed?: number;
  /** What is drawn is brought below this, by its remainder, and then this is added to it. */
  readonly below?: number;
  readonly plus?: number;
  /** Hexadecimal digits, with zeros before them; decimal unless told. */
  readonly digits?: number;
  /** It stands there so many times in a row; once unless told. */
  readonly times?: number;
}

export type Slot = IdentitySlot | TimeSlot | NumberSlot;
export type Piece = string | Slot;

/** What the messages of one variant have in common. */
export interface MessageTemplate {
  readonly subject: string;
  readonly pieces: readonly Piece[];
}

/** What the entries of one variant have in common: of each the names and values in turn. */
export interface EntryTemplate {
  readonly fields: readonly (readonly Piece[])[];
}

/** The messages or entries of a workload; which of the variants event number `seq` is, its draw says. */
export interface Template<Variant = MessageTemplate> {
  readonly seed: number;
  readonly variants: readonly Variant[];
  readonly unwanted?: UnwantedVariants | undefined;
}

function variantOf<Variant>({ seed, variants, unwanted }: Template<Variant>, seq: number): Variant {
  return variants[variantIndex(seed, seq, variants.length, unwanted)] as Variant;
}

/** The message of the event that has this trace. */
export function writeMessage(template: Template, trace: Trace): { subject: string; data: string } {
  const { subject, pieces } = variantOf(template, trace.seq);
  return { subject, data: written(pieces, trace) };
}

/** The entry of the event that has this trace. */
export function writeEntry(template: Template<EntryTemplate>, trace: Trace): string[] {
  return variantOf(template, trace.seq).fields.map((pieces) => written(pieces, trace));
}

/** The text of pieces. */
export function written(pieces: readonly Piece[], trace: Trace): string {
  let text = "";
  for (const piece of pieces) text += typeof piece === "string" ? piece : fill(piece, trace);
  return text;
}

/** What stands between the parts of a time. */
const BETWEEN = "0000-00-00T00:00:00.000Z";

/** Pieces in which those that follow each other are one: texts, parts of a time, and numbers that recur. */
export function joined(all: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const piece of all) {
    const last = pieces.at(-1);
    const earlier = pieces.at(-2);
    if (typeof piece === "string" && typeof last === "string") pieces.splice(-1, 1, last + piece);
    else if (
      isNumber(piece) &&
      isNumber(last) &&
      JSON.stringify(piece) === JSON.stringify({ ...last, times: undefined })
    )
      pieces.splice(-1, 1, { ...last, times: (last.times ?? 1) + 1 });
    else if (isIso(piece) && isIso(earlier) && last === BETWEEN.slice(earlier.to, piece.from))
      pieces.splice(-2, 2, { ...piece, from: earlier.from ?? 0 });
    else pieces.push(piece);
  }
  return pieces;
}

const isNumber = (piece: Piece | undefined): piece is NumberSlot =>
  typeof piece === "object" && piece.slot === "number";
const isIso = (piece: Piece | undefined): piece is TimeSlot =>
  typeof piece === "object" && piece.slot === "time" && piece.unit === "iso";

function fill(slot: Slot, trace: Trace): string {
  switch (slot.slot) {
    case "identity":
      return spell(trace, slot.spelling);
    case "time":
      return timeIn(slot, trace);
    case "number":
      return numberIn(slot, trace.seq);
  }
}

function timeIn({ unit, from, to }: TimeSlot, trace: Trace): string {
  const millisecond = publishedMs(trace);
  if (unit === "iso") return isoTime(millisecond).slice(from, to);
  return String(unit === "unix" ? Math.floor(millisecond / 1000) : millisecond);
}

function numberIn(slot: NumberSlot, seq: number): string {
  const { every = 1, modulo = Number.POSITIVE_INFINITY, from = 0, seed, digits, times = 1 } = slot;
  const { below = Number.POSITIVE_INFINITY, plus = 0 } = slot;
  const number = from + (Math.floor(seq / every) % modulo);
  const drawn = seed === undefined ? number : (draw(seed, number) % below) + plus;
  return (digits === undefined ? String(drawn) : hex(drawn, digits)).repeat(times);
}

let lastTime = { millisecond: 0, text: "" };

/** Remembered for a millisecond, because a batch asks for the same one many times. */
function isoTime(millisecond: number): string {
  if (millisecond !== lastTime.millisecond) {
    lastTime = { millisecond, text: new Date(millisecond).toISOString() };
  }
  return lastTime.text;
}
