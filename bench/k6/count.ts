/** Counts the frames that come, and nothing else: the peer of the subscriber bench. */
import { Trend } from "k6/metrics";
import { setTimeout } from "k6/timers";
import { WebSocket } from "k6/websockets";

const SECONDS = Number(__ENV["SECONDS"]);
/** Of so many frames, the lag of one is entered: a sample costs more than the frame. */
const STRIDE = 100;

export const options = { vus: 1, iterations: 1, summaryTrendStats: ["p(99)", "max"] };

const lag = new Trend("lag");

export default function count(): void {
  const socket = new WebSocket(__ENV["WS_URL"] as string);
  let frames = 0;
  socket.onopen = () => socket.send('{"type":"subscribe","data":{}}');
  socket.onmessage = (message) => {
    if (++frames % STRIDE === 0) lag.add(Date.now() - (message?.timestamp ?? 0));
  };
  setTimeout(() => socket.close(), SECONDS * 1000);
}
