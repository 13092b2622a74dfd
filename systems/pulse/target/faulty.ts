import type { ReceivedEvent } from "./event.ts";
import type { PulseFaults } from "./faults.ts";
import { plantDelays } from "./late.ts";
import type { Deliver, Subscription, Subscriptions } from "./subscriptions.ts";

/** Sends an event to all subscriptions that select it. */
export type Dispatch = (event: ReceivedEvent) => void;

/** A delivery that waits to be overtaken is sent after this time. */
const OVERTAKEN_MS = 100;

/** Faults of whole events, before any filter. Without faults it is `dispatch` itself. */
export function plantEventFaults(dispatch: Dispatch, faults: PulseFaults): Dispatch {
  if (faults["stale-health"] === true) return () => {};
  const kept = faults["keep-last"];
  if (kept === undefined) return dispatch;
  const waiting: ReceivedEvent[] = [];
  return (event) => {
    waiting.push(event);
    if (waiting.length > kept) dispatch(waiting.shift() as ReceivedEvent);
  };
}

/**
 * Faults of deliveries, which are numbered from 1 in order; a fault of one in N affects the N-th, the 2N-th and so on.
 * Without faults it is `deliver` itself.
 */
export function plantFaults(deliver: Deliver, faults: PulseFaults, subscriptions: Subscriptions): Deliver {
  const { drop, duplicate, misroute, reorder, corrupt } = faults;
  const swaps = faults["swap-pairs"] === true;
  const send = plantDelays(plantSilence(deliver, faults), faults, subscriptions);
  if (!swaps && [drop, duplicate, misroute, reorder, corrupt].every((oneIn) => oneIn === undefined)) return send;

  const swap = new Overtaker(send, subscriptions);
  let number = 0;
  const strikes = (oneIn: number | undefined) => oneIn !== undefined && number % oneIn === 0;
  return (subscription, event) => {
    number++;
    if (strikes(drop)) return;
    const sent = strikes(corrupt) ? corrupted(event) : event;
    if (strikes(reorder) || (swaps && !swap.holds(subscription))) return swap.hold(subscription, sent);
    send(subscription, sent);
    swap.passed(subscription);
    if (strikes(duplicate)) send(subscription, sent);
    if (strikes(misroute)) {
      const stranger = subscriptions.stranger(event);
      if (stranger !== undefined) send(stranger, event);
    }
  };
}

/** Clients that must not be served get nothing. */
function plantSilence(deliver: Deliver, { "fall-silent": age, unserved }: PulseFaults): Deliver {
  if (age === undefined && unserved === undefined) return deliver;
  return (subscription, event) => {
    const isOld = age !== undefined && Date.now() - subscription.createdAt > age;
    const isUnserved = unserved !== undefined && subscription.filter[unserved].length > 0;
    if (!isOld && !isUnserved) deliver(subscription, event);
  };
}

/** Deliveries that wait for the next one of their subscription to overtake them. */
class Overtaker {
  private readonly send: Deliver;
  private readonly subscriptions: Subscriptions;
  private readonly waiting = new Map<Subscription, ReceivedEvent>();

  constructor(send: Deliver, subscriptions: Subscriptions) {
    this.send = send;
    this.subscriptions = subscriptions;
  }

  hold(subscription: Subscription, event: ReceivedEvent): void {
    this.passed(subscription);
    this.waiting.set(subscription, event);
    setTimeout(() => {
      if (this.waiting.get(subscription) === event) this.passed(subscription);
    }, OVERTAKEN_MS).unref();
  }

  holds(subscription: Subscription): boolean {
    return this.waiting.has(subscription);
  }

  /** Another delivery was made: the waiting one follows. */
  passed(subscription: Subscription): void {
    const event = this.waiting.get(subscription);
    if (event === undefined) return;
    this.waiting.delete(subscription);
    if (this.subscriptions.has(subscription)) this.send(subscription, event);
  }
}

/** The same event with another last digit in its transaction. */
function corrupted(event: ReceivedEvent): ReceivedEvent {
  const { tx_hash } = event.canonical;
  return event.changed({ tx_hash: tx_hash.slice(0, -1) + (tx_hash.endsWith("0") ? "1" : "0") });
}
