import type { PathLog } from "../../../k6/support/arrivals.ts";
import { eventIdsIn, soleEventId } from "../frames.ts";
import type { Inspection } from "./inspection.ts";

/**
 * Messages are read so many together, or before a report. With ten virtual users and 2,400 messages a second k6 took
 * 64 % of a core where each was read as it came, because each virtual user found the others' data in the caches; it takes
 * 52 % where they are read together.
 */
const READ_TOGETHER = 250;

/** A message that came and has not been read yet. */
interface UnreadMessage {
  /** Null before its subscription was confirmed. */
  readonly log: PathLog | null;
  readonly message: string;
  /** When the socket was read, in Unix ms. */
  readonly readAt: number;
  /** How long the message had waited for this script, in ms. */
  readonly lag: number;
}

/** What one virtual user receives: messages are kept as they come, and read together. */
export class Intake {
  private readonly inspection: Inspection;
  private readonly correction: number;
  private unread: UnreadMessage[] = [];
  private events = 0;
  private foreign = 0;

  /** @param correction ms to add to a time here for that of the receiver's clock. */
  constructor(inspection: Inspection, correction: number) {
    this.inspection = inspection;
    this.correction = correction;
  }

  /** Events that were read and not taken yet. */
  get size(): number {
    return this.events;
  }

  /** A message with events came. @param log null before its subscription was confirmed. */
  add(log: PathLog | null, message: string, readAt: number): void {
    this.unread.push({ log, message, readAt, lag: Math.max(0, Date.now() - readAt) });
    if (this.unread.length >= READ_TOGETHER) this.read();
  }

  /** A message came that nobody judges. */
  count(message: string): void {
    this.events += Math.max(1, eventIdsIn(message).length);
  }

  /** Enters what came where it belongs. */
  read(): void {
    const { unread } = this;
    this.unread = [];
    for (let place = 0; place < unread.length; place++) {
      const one = unread[place] as UnreadMessage;
      const id = soleEventId(one.message);
      if (id !== null) this.record(id, one);
      else this.readClosely(one);
    }
  }

  /** Takes out how many events were read, and how many of them have no identity of ours or belong to no subscription. */
  take(): { readonly events: number; readonly foreign: number } {
    const { events, foreign } = this;
    this.events = 0;
    this.foreign = 0;
    return { events, foreign };
  }

  /** Reads a message that carries several events, or none with an id that is whole. */
  private readClosely(one: UnreadMessage): void {
    const ids = eventIdsIn(one.message);
    for (const id of ids) this.record(id, one);
    if (ids.length > 0) return;
    this.events++;
    if (one.log === null || !this.inspection.isDamage(one.message)) this.foreign++;
  }

  private record(id: string, { log, message, readAt, lag }: UnreadMessage): void {
    this.events++;
    if (log === null) {
      this.foreign++;
      return;
    }
    const at = readAt + this.correction;
    log.record(id, at);
    this.inspection.take(id, message, readAt, at, lag);
  }
}
