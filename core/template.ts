/**
 * Messages that differ in little, as data: text that recurs, and slots for what does not. Whoever holds a template
 * writes an event when told its trace, so that a publisher in another language (`xk6/nats`) needs no script for each.
 */
import { draw, variantIndex } from "./event.ts";
import { type Spelling, spell } from "./identity.ts";
import { hex, type Trace } from "./trace.ts";

/** The event's identity. */
export interface IdentitySlot {
  readonly slot: "identity";
  readonly spelling: Spelling;
}

/** The time of publishing in ISO 8601, to the millisecond or cut to the second. */
export interface TimeSlot {
  readonly slot: "time";
  readonly unit: "millisecond" | "second";
}

/** The event's number, or another that follows from it. */
export interface NumberSlot {
  readonly slot: "number";
  /** So many consecutive events share a number; 1 unless told. */
  readonly every?: number;
  /** The number of the first event; 0 unless told. */
  readonly from?: number;
  /** Writes what {@link draw} gives for this seed and the number, instead of the number. */
  readonly seed?: number;
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

/** The messages of a workload. Which of the variants event number `seq` is, {@link variantIndex} says. */
export interface Template {
  readonly seed: number;
  readonly variants: readonly MessageTemplate[];
}

/** The message of the event that has this trace. */
export function writeMessage({ seed, variants }: Template, trace: Trace): { subject: string; data: string } {
  const { subject, pieces } = variants[variantIndex(seed, trace.seq, variants.length)] as MessageTemplate;
  let data = "";
  for (const piece of pieces) data += typeof piece === "string" ? piece : fill(piece, trace);
  return { subject, data };
}

function fill(slot: Slot, trace: Trace): string {
  switch (slot.slot) {
    case "identity":
      return spell(trace, slot.spelling);
    case "time":
      return slot.unit === "millisecond" ? isoTime(trace) : `${isoTime(trace).slice(0, 19)}Z`;
    case "number":
      return numberIn(slot, trace.seq);
  }
}

function numberIn({ every = 1, from = 0, seed, digits, times = 1 }: NumberSlot, seq: number): string {
  const number = from + Math.floor(seq / every);
  const drawn = seed === undefined ? number : draw(seed, number);
  return (digits === undefined ? String(drawn) : hex(drawn, digits)).repeat(times);
}

let lastTime = { millisecond: 0, text: "" };

/** Remembered for a millisecond, because a batch asks for the same one many times. */
function isoTime({ publishedAt }: Trace): string {
  // From the microseconds that the identity carries: what is rounded up there is so here.
  const millisecond = Math.floor(Math.round(publishedAt * 1000) / 1000);
  if (millisecond !== lastTime.millisecond) {
    lastTime = { millisecond, text: new Date(millisecond).toISOString() };
  }
  return lastTime.text;
}
