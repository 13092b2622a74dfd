import {
  always,
  type Faults,
  type FaultTable,
  milliseconds,
  number,
  oneIn,
  oneOf,
  stall,
} from "../../../target/faults.ts";
import type { Filter } from "../filters.ts";

/** The faults of the Pulse gateway. A delivery is one event on its way to one subscription. */
export const PULSE_FAULTS = {
  drop: oneIn("every N-th delivery is not sent"),
  delay: milliseconds("every delivery is sent MS milliseconds after the event was received"),
  hold: milliseconds("every delivery is sent MS milliseconds after the event was published, by its trace"),
  duplicate: oneIn("every N-th delivery is sent twice"),
  misroute: oneIn("every N-th delivery is also sent to a subscription whose filter it does not pass"),
  "keep-last": number("the last N events are kept back until others come behind them"),
  "drop-after-reconnect": milliseconds("a connection that follows one that ended is sent no event for its first MS"),
  reorder: oneIn("every N-th delivery is sent behind the next one of its subscription"),
  "swap-pairs": always("every two deliveries of a subscription change places"),
  "ignore-filter": oneOf<keyof Filter>("one field of every filter is passed over", [
    "chains",
    "event_types",
    "accounts",
    "program_ids",
  ]),
  corrupt: oneIn("every N-th delivery has a wrong tx_hash"),
  truncate: oneIn("every N-th delivery breaks off before its end"),
  "slow-tail": milliseconds("one delivery in a hundred is sent MS milliseconds late"),
  creep: milliseconds("deliveries are sent MS milliseconds later with every second that passes"),
  stall: stall("nothing is sent for MS of every PERIOD milliseconds"),
  "slow-consumer-drop": number("a client that is sent more than N events at once misses the rest of them"),
  "connection-cap": number("further clients than N are refused"),
  "refuse-upgrade": oneIn("every N-th WebSocket upgrade is refused"),
  "close-idle": milliseconds("a client that says nothing for MS is disconnected"),
  "slow-subscribe": milliseconds("a subscription takes MS to be granted"),
  "slow-http": milliseconds("every HTTP answer comes MS late"),
  "stale-health": always("health and readiness are told as if all were well, and nothing is delivered"),
  "shared-consumer": always("all gateways read through one consumer, so that each gets a part of the events"),
  "wrong-chains": always("the numbers of the first two chains are taken for each other's"),
  "not-ready": always("/ready answers 503 although everything works"),
  "no-manifests": always("manifests answer 503, as a gateway without a repository does"),
} as const satisfies FaultTable;

export type PulseFaults = Faults<typeof PULSE_FAULTS>;
