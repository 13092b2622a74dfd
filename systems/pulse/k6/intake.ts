import exec from "k6/execution";
import { Allowance } from "../../../k6/support/allowance.ts";
import type { PathLog } from "../../../k6/support/arrivals.ts";
import { Sampling } from "../../../k6/support/sampling.ts";
import { eventIdsIn, soleEventId } from "../frames.ts";
import { COMPARED_PER_SECOND, type Inspection, type Samples } from "./inspection.ts";

/** What was received since it was taken the last time. */
export interface Received {
  readonly events: number;
  /** Those that have no identity of ours or no subscription. */
  readonly foreign: number;
  readonly samples: Samples;
}

interface Sample {
  readonly id: string;
  /** Unix ms by the clock of this machine. */
  readonly at: number;
  readonly lag: number;
}

/** Where events are kept as they come, until they are taken. */
export interface TakesEvents {
  /** Enters what came where it belongs. */
  read(): void;
  /** Reads, and takes out what was received. */
  take(): Received;
}

/**
 * Messages are read so many together, or before a report. With ten virtual users and 2,400 messages a second k6 took
 * 64 % of a core where each was read as it came, and 52 % where they are read together. A loop over 20,000 frames takes a
 * tenth of what each cost there, so the likely cause is that virtual users in turn find the others' data in the caches.
 */
const READ_TOGETHER = 250;

/** What one virtual user receives: messages are kept as they come, and read together. */
export class Intake implements TakesEvents {
  private readonly inspection: Inspection;
  private readonly correction: number;
  // A column for each thing that is kept of a message: with an object for each, lag at 20,000/s was nine times as long.
  private readonly logs = new Array<PathLog | null>(READ_TOGETHER);
  private readonly messages = new Array<string>(READ_TOGETHER);
  /** When sockets were read, in Unix ms, and how long messages had waited for this script then, in ms. */
  private readonly readAt = new Float64Array(READ_TOGETHER);
  private readonly lags = new Float64Array(READ_TOGETHER);
  private readonly sampling: Sampling<Sample>;
  private readonly comparisons = new Allowance(COMPARED_PER_SECOND / exec.instance.vusInitialized);
  private takenAt = Date.now();
  private unread = 0;
  private events = 0;
  private foreign = 0;
  private lastLag = 0;

  /**
   * @param correction ms to add to a time here for that of the receiver's clock.
   * @param samplesPerSecond latencies that may be kept one by one.
   */
  constructor(inspection: Inspection, correction: number, samplesPerSecond: number) {
    this.inspection = inspection;
    this.correction = correction;
    this.sampling = new Sampling(samplesPerSecond, exec.vu.idInTest);
  }

  /** Events that were read and not taken yet. */
  get size(): number {
    return this.events;
  }

  /** How long the last message that was read and not taken yet had waited, in ms; 0 without one. */
  get lag(): number {
    return this.lastLag;
  }

  /** A message with events came. @param log null before its subscription was confirmed. */
  add(log: PathLog | null, message: string, readAt: number): void {
    const place = this.unread++;
    this.logs[place] = log;
    this.messages[place] = message;
    this.readAt[place] = readAt;
    this.lags[place] = Date.now() - readAt;
    if (this.unread === READ_TOGETHER) this.read();
  }

  /** A message of a slow reader came: counted, not judged. */
  count(message: string): void {
    this.events += Math.max(1, eventIdsIn(message).length);
  }

  read(): void {
    const { unread } = this;
    this.unread = 0;
    if (unread > 0) this.lastLag = this.lags[unread - 1] as number;
    for (let place = 0; place < unread; place++) {
      const id = soleEventId(this.messages[place] as string);
      if (id !== null) this.record(id, place);
      else this.readClosely(place);
    }
  }

  take(): Received {
    this.read();
    const { events, foreign } = this;
    const now = Date.now();
    const samples = this.sampling.take((now - this.takenAt) / 1000);
    this.takenAt = now;
    this.events = 0;
    this.foreign = 0;
    this.lastLag = 0;
    return {
      ...{ events, foreign },
      samples: {
        ids: samples.map(({ id }) => id).join(""),
        at: samples.map(({ at }) => at),
        lags: samples.map(({ lag }) => lag),
      },
    };
  }

  /** Reads a message that carries several events, or none with an id that is whole. */
  private readClosely(place: number): void {
    const message = this.messages[place] as string;
    const ids = eventIdsIn(message);
    for (const id of ids) this.record(id, place);
    if (ids.length > 0) return;
    this.events++;
    if (this.logs[place] === null || !this.inspection.isDamage(message)) this.foreign++;
  }

  private record(id: string, place: number): void {
    this.events++;
    const log = this.logs[place] as PathLog | null;
    if (log === null) {
      this.foreign++;
      return;
    }
    const readAt = this.readAt[place] as number;
    const at = readAt + this.correction;
    log.record(id, at);
    if (this.sampling.keeps()) this.sampling.keep({ id, at: readAt, lag: Math.max(0, this.lags[place] as number) });
    if (this.comparisons.take(readAt)) this.inspection.compare(this.messages[place] as string, id);
  }
}
