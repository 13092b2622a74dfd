/** The facts about a stream that decide where to read on, as in NATS' `StreamInfo`. */
export interface StreamExtent {
  /** When the stream was created: tells it from another stream with the same name. */
  readonly created: string;
  readonly state: { readonly last_seq: number };
}

/**
 * Where a reader goes on in a stream. It begins after the last message of a stream that existed before the reader, and
 * at the first message of one that was created later.
 */
export class Place {
  private next = 1;
  private created: string | null = null;
  private begun = false;

  /** The sequence number of the next message to read from a stream in its current state. */
  find({ created, state }: StreamExtent): number {
    const end = state.last_seq + 1;
    if (created !== this.created) this.next = this.begun ? 1 : end;
    this.created = created;
    this.begun = true;
    // A stream restored from an older copy ends before the place that was reached.
    this.next = Math.min(this.next, end);
    return this.next;
  }

  /** There is no stream of that name, so a new one is read from its beginning. */
  lost(): void {
    this.begun = true;
  }

  /** A message was read. @param seq its sequence number in the stream. */
  passed(seq: number): void {
    this.next = seq + 1;
  }
}
