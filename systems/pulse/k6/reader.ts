import exec from "k6/execution";
import type { Sockets, SocketsOptions } from "k6/x/sockets";
import { EVENT_ID_LENGTH } from "../../../core/trace.ts";
import { HEARTBEAT_MS } from "../../../k6/support/arrivals.ts";
import type { Door } from "../../../k6/support/door.ts";
import { WIRE } from "../framewire.ts";
import { COMPARED_PER_SECOND, type Inspection } from "./inspection.ts";
import type { Received, TakesEvents } from "./intake.ts";
import { ReadSocket } from "./readsocket.ts";
import type { SocketListener, SocketSource } from "./sessionparts.ts";

/** What a reader needs to know of its virtual user. */
type ReaderSettings = Pick<SocketsOptions, "judges" | "samplesPerSecond" | "enough">;

/**
 * Sockets whose events are read in Go. k6's own make an object and a call of every message, which takes 15 us, and hold
 * 80 KB of functions for each connection.
 */
export class Reader implements SocketSource, TakesEvents {
  private readonly door: Door;
  private readonly inspection: Inspection;
  private readonly sockets: Sockets;

  /** @param news is told that something came on a subscription for the first time, and that there is enough to report. */
  constructor(
    Make: typeof Sockets,
    door: Door,
    inspection: Inspection,
    settings: ReaderSettings,
    news: (first: boolean, enough: boolean) => void,
  ) {
    this.door = door;
    this.inspection = inspection;
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
    for (let place = 0; place < compared.messages.length; place++) {
      const id = compared.ids.substring(place * EVENT_ID_LENGTH, (place + 1) * EVENT_ID_LENGTH);
      this.inspection.compare(compared.messages[place] as string, id);
    }
    const strange = strays.filter((message) => !this.inspection.isDamage(message)).length;
    return { events, foreign: foreign + strange, samples };
  }
}
