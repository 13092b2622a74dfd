/** Subscribes and counts what comes, and nothing else: the peer of the connections bench. */
import exec from "k6/execution";
import { Counter } from "k6/metrics";
import { setTimeout } from "k6/timers";
import { WebSocket } from "k6/websockets";
import { variants } from "../../systems/pulse/events.ts";
import { filterAt } from "../../systems/pulse/filters.ts";
import { frames } from "../../systems/pulse/frames.ts";

const VUS = Number(__ENV["VUS"]);
const SOCKETS = Number(__ENV["SOCKETS"]);
const SECONDS = Number(__ENV["SECONDS"]);
const OPENED_PER_SECOND = 1_000;

export const options = {
  scenarios: {
    hold: { executor: "per-vu-iterations", vus: VUS, iterations: 1, maxDuration: `${SECONDS + 30}s` },
  },
  summaryTrendStats: ["max"],
};

const received = new Counter("received");
const all = variants({ seed: 1, chains: ["ethereum", "solana"] });

export default function hold(): void {
  const first = exec.scenario.iterationInTest * SOCKETS;
  const until = Date.now() + SECONDS * 1000;
  for (let slot = 0; slot < SOCKETS; slot++) {
    setTimeout(() => open(first + slot, until), (1000 * (first + slot)) / OPENED_PER_SECOND);
  }
}

function open(place: number, until: number): void {
  const socket = new WebSocket(__ENV["WS_URL"] as string);
  socket.onopen = () => {
    socket.send(frames.subscribe(filterAt(place, ["complex"], all), SECONDS + 60));
    setTimeout(() => socket.close(), until - Date.now());
  };
  socket.onmessage = () => received.add(1);
}
