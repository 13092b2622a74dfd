import type { Batch, SocketListener, Sockets, SocketsListener } from "../../systems/pulse/k6/rudeness.ts";

export const NOTHING: Batch = {
  events: 0,
  foreign: 0,
  samples: { ids: "", at: [], lags: [] },
  compared: { ids: "", messages: [] },
  strays: [],
};

/** Stands for the class of k6/x/sockets: it tells what it is called with. */
export class GoSockets implements Sockets {
  static last: GoSockets;
  batch: Batch = NOTHING;
  readonly calls: unknown[][] = [];
  listeners: SocketListener[] = [];
  readonly news: SocketsListener["news"];

  constructor(options: object, { news }: SocketsListener) {
    GoSockets.last = this;
    this.calls.push(["new", options]);
    this.news = news;
  }

  open(_url: string, _params: object, listener: SocketListener): number {
    return this.listeners.push(listener);
  }
  send = (...call: unknown[]) => void this.calls.push(["send", ...call]);
  cut = (...call: unknown[]) => void this.calls.push(["cut", ...call]);
  listen = (...call: unknown[]) => void this.calls.push(["listen", ...call]);
  ignore = (...call: unknown[]) => void this.calls.push(["ignore", ...call]);
  framesRead = () => 7;
  leave = (...call: unknown[]) => void this.calls.push(["leave", ...call]);
  reports = (..._: unknown[]) => "";
  takeArrivals = () => ({ ids: "", times: [] });
  /** The second is behind. */
  lag = (socket: number) => (socket === 2 ? 5_000 : 12);
  take = () => this.batch;
}
