import { Clock } from "../../workload/clock.ts";
import { readEventId } from "../../workload/trace.ts";
import { DelayLine } from "../delay.ts";
import type { PulseFaults } from "../faults.ts";
import type { ReceivedEvent } from "./event.ts";
import type { Deliver, Subscription, Subscriptions } from "./subscriptions.ts";

/**
 * The one seam through which deliveries go wrong. Deliveries are numbered from 1 in the order they
 * come; a fault of one in N strikes the N-th, the 2N-th and so on. Without faults it is `deliver` itself.
 */
export function plantFaults(deliver: Deliver, faults: PulseFaults, subscriptions: Subscriptions): Deliver {
  const { drop, delay, hold, duplicate, misroute } = faults;
  const late = delay === undefined ? deliver : delayed(deliver, delay, subscriptions, receivedAt);
  const send = hold === undefined ? late : delayed(late, hold, subscriptions, publishedAt());
  if (drop === undefined && duplicate === undefined && misroute === undefined) return send;

  let number = 0;
  const strikes = (oneIn: number | undefined) => oneIn !== undefined && number % oneIn === 0;
  return (subscription, event) => {
    number++;
    if (strikes(drop)) return;
    send(subscription, event);
    if (strikes(duplicate)) send(subscription, event);
    if (strikes(misroute)) {
      const stranger = subscriptions.stranger(event);
      if (stranger !== undefined) send(stranger, event);
    }
  };
}

function delayed(
  deliver: Deliver,
  milliseconds: number,
  subscriptions: Subscriptions,
  since: (event: ReceivedEvent) => number,
): Deliver {
  const line = new DelayLine<{ subscription: Subscription; event: ReceivedEvent }>(
    milliseconds,
    ({ subscription, event }) => {
      if (subscriptions.has(subscription)) deliver(subscription, event);
    },
  );
  return (subscription, event) => line.push({ subscription, event }, since(event));
}

function receivedAt(event: ReceivedEvent): number {
  return event.receivedAt;
}

/**
 * When events were published, by `performance.now()`: never earlier than the one before, because events
 * of several publishers may overtake each other on their way. Those without a trace count from receipt.
 */
function publishedAt(): (event: ReceivedEvent) => number {
  const clock = new Clock(() => performance.now(), 1_000);
  let latest = 0;
  return (event) => {
    const trace = readEventId(event.canonical.event_id);
    const published = trace === null ? event.receivedAt : performance.now() + trace.publishedAt - clock.now();
    latest = Math.max(latest, published);
    return latest;
  };
}
