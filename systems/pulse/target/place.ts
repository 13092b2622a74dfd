/** What must be known of a stream to find one's place in it; NATS' `StreamInfo` has it. */
export interface StreamExtent {
  /** When the stream was made: tells a stream from another one that took its name. */
  readonly created: string;
  readonly state: { readonly last_seq: number };
}

/**
 * Where in a stream a reader goes on. It begins behind the last message of a stream that was there
 * before the reader, and at the first message of one that came into being after it.
 */
export class Place {
  private next = 1;
  private created: string | null = null;
  private begun = false;

  /** The sequence number of the next message to read from a stream as it is now. */
  find({ created, state }: StreamExtent): number {
    const end = state.last_seq + 1;
    if (created !== this.created) this.next = this.begun ? 1 : end;
    this.created = created;
    this.begun = true;
    // A stream restored from an older copy ends before the place that was reached.
    this.next = Math.min(this.next, end);
    return this.next;
  }

  /** There is no stream of that name, so whatever one comes is read from its beginning. */
  lost(): void {
    this.begun = true;
  }

  /** A message has been read. @param seq its sequence number in the stream. */
  passed(seq: number): void {
    this.next = seq + 1;
  }
}
