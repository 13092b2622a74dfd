import type { Event } from "./events.ts";

/** A text that stays, or a value of the event that takes its place. */
type Piece = string | ((id: string, sent: Event) => string);

/** Times, in whatever format: what needs no escape between the quotes of a JSON text. */
const PLAIN = /^[\w :.+-]*$/;

const VALUES: readonly Exclude<Piece, string>[] = [
  (id) => id,
  (_, { blockNumber }) => String(blockNumber),
  (_, { txHash }) => txHash,
];

/**
 * How a gateway writes the deliveries of one variant: they differ in id, block, hash and timestamp only. A frame that
 * is written as a whole one was, is whole. To compare texts takes k6 32 us, to parse and compare them 91.
 */
export class Pattern {
  private readonly before: readonly Piece[];
  private readonly after: readonly Piece[];

  private constructor(before: readonly Piece[], after: readonly Piece[]) {
    this.before = before;
    this.after = after;
  }

  /**
   * The pattern of a delivery that was compared field by field.
   *
   * @returns null where one of its values stands in the frame twice, or in another spelling.
   */
  static of(frame: string, id: string, sent: Event, timestamp: string): Pattern | null {
    const values = VALUES.map((value) => ({ value, text: value(id, sent) }));
    const places = [...values, { value: null, text: timestamp }].map(({ value, text }) => ({
      ...{ value, at: frame.indexOf(text), end: frame.indexOf(text) + text.length },
      isSole: text !== "" && frame.includes(text) && frame.indexOf(text) === frame.lastIndexOf(text),
    }));
    if (!places.every(({ isSole }) => isSole)) return null;
    const before: Piece[] = [];
    const after: Piece[] = [];
    let [pieces, from] = [before, 0];
    for (const { value, at, end } of places.sort((one, other) => one.at - other.at)) {
      if (at < from) return null;
      pieces.push(frame.substring(from, at));
      if (value === null) pieces = after;
      else pieces.push(value);
      from = end;
    }
    after.push(frame.substring(from));
    return new Pattern(before, after);
  }

  /** Whether a frame is the delivery of an event of the same variant, with any text for its timestamp. */
  fits(frame: string, id: string, sent: Event): boolean {
    const from = endIn(frame, 0, this.before, id, sent);
    const to = frame.length - lengthOf(this.after, id, sent);
    if (from < 0 || to < from || endIn(frame, to, this.after, id, sent) < 0) return false;
    return PLAIN.test(frame.substring(from, to));
  }
}

/** Where pieces end that stand in a frame from a place on; -1 where they do not. Nothing is put together for it. */
function endIn(frame: string, at: number, pieces: readonly Piece[], id: string, sent: Event): number {
  for (let place = 0; place < pieces.length; place++) {
    const text = textOf(pieces[place] as Piece, id, sent);
    if (!frame.startsWith(text, at)) return -1;
    at += text.length;
  }
  return at;
}

function lengthOf(pieces: readonly Piece[], id: string, sent: Event): number {
  let length = 0;
  for (let place = 0; place < pieces.length; place++) length += textOf(pieces[place] as Piece, id, sent).length;
  return length;
}

function textOf(piece: Piece, id: string, sent: Event): string {
  return typeof piece === "string" ? piece : piece(id, sent);
}
