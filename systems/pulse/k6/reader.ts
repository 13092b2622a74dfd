import exec from "k6/execution";
import type { Sockets, SocketsOptions } from "k6/x/sockets";
import { HEARTBEAT_MS } from "../../../k6/support/arrivals.ts";
import type { Door } from "../../../k6/support/door.ts";
import { WIRE } from "../framewire.ts";
import { COMPARED_PER_SECOND, type Inspection } from "./inspection.ts";
import type { Received, TakesEvents } from "./intake.ts";
import { ReadSocket } from "./readsocket.ts";
import type { SocketListener, SocketSource } from "./sessionparts.ts";

/** What a reader needs to know of its virtual user. */
interface ReaderSettings extends Pick<SocketsOptions, "judges" | "samplesPerSecond" | "enough"> {
  /** Ms to add to a time here for that of the receiver's clock. */
  readonly correction: number;
}

/**
 * Sockets whose events are read in Go. k6's own make an object and a call of every message, which takes 15 us, and hold
 * 80 KB of functions for each connection.
 */
export class Reader implements SocketSource, TakesEvents {
  private readonly door: Door;
  private readonly inspection: Inspection;
  private readonly correction: number;
  private readonly sockets: Sockets;

  /** @param news is told that something came on a subscription for the first time, and that there is enough to report. */
  constructor(
    Make: typeof Sockets,
    door: Door,
    inspection: Inspection,
    { correction, ...settings }: ReaderSettings,
    news: (first: boolean, enough: boolean) => void,
  ) {
    this.door = door;
    this.inspection = inspection;
    this.correction = correction;
    const comparedPerSecond = COMPARED_PER_SECOND / exec.instance.vusInitialized;
    const options = { wire: WIRE, place: exec.vu.idInTest, comparedPerSecond, heartbeat: HEARTBEAT_MS, ...settings };
    this.sockets = new Make(options, { news });
  }

  open(listener: SocketListener): ReadSocket {
    return new ReadSocket(this.sockets, this.door, listener);
  }

  read(): void {
    // Has been done.
  }

  /** Reports of the subscriptions that are live, as members of a list in JSON; see {@link Sockets.reports}. */
  reports(now: number, all: boolean): string {
    return this.sockets.reports(now, all);
  }

  take(): Received {
    const { events, foreign, samples, compared, strays } = this.sockets.take();
    for (const { id, message } of compared) this.inspection.compare(message, id);
    const strange = strays.filter((message) => !this.inspection.isDamage(message)).length;
    const { correction } = this;
    return {
      ...{ events, foreign: foreign + strange },
      samples: samples.map(({ id, at, lag }) => ({ id, at: at + correction, lag })),
    };
  }
}
