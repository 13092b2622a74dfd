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
    const [before, after] = [written(this.before, id, sent), written(this.after, id, sent)];
    if (frame.length < before.length + after.length) return false;
    if (!frame.startsWith(before) || !frame.endsWith(after)) return false;
    return PLAIN.test(frame.substring(before.length, frame.length - after.length));
  }
}

function written(pieces: readonly Piece[], id: string, sent: Event): string {
  let text = "";
  for (let place = 0; place < pieces.length; place++) {
    const piece = pieces[place] as Piece;
    text += typeof piece === "string" ? piece : piece(id, sent);
  }
  return text;
}
