import { Clock } from "../../../core/clock.ts";
import { readEventId } from "../../../core/trace.ts";
import { DelayLine } from "../../../target/delay.ts";
import type { Stall } from "../../../target/faults.ts";
import type { ReceivedEvent } from "./event.ts";
import type { PulseFaults } from "./faults.ts";
import type { Deliver, Subscription, Subscriptions } from "./subscriptions.ts";

/** How many events a slow tail leaves quick for each delayed one. */
const TAIL = 100;

/** When an event is due, by `performance.now()`. */
type Due = (event: ReceivedEvent) => number;

/** Faults that delay deliveries. Without faults it is `deliver` itself. */
export function plantDelays(deliver: Deliver, faults: PulseFaults, subscriptions: Subscriptions): Deliver {
  const { delay = 0, hold, creep = 0, stall } = faults;
  const tail = faults["slow-tail"];
  const send: Deliver = (subscription, event) => {
    if (subscriptions.has(subscription)) deliver(subscription, event);
  };
  const started = performance.now();
  const creeping: Due = ({ receivedAt }) =>
    endOfStall(stall, started, receivedAt + delay + (creep * (receivedAt - started)) / 1000);
  const { capacity } = faults;
  if (capacity !== undefined) return delayed(send, inTurn(1_000 / capacity));
  const timely = delay > 0 || creep > 0 || stall !== undefined ? delayed(send, creeping) : deliver;
  const late = hold === undefined ? timely : held(timely, hold);
  if (tail === undefined) return late;
  const slow = delayed(send, ({ receivedAt }) => receivedAt + tail);
  let number = 0;
  return (subscription, event) => (++number % TAIL === 0 ? slow : late)(subscription, event);
}

/** @param dueAt never earlier than for the event before. */
function delayed(send: Deliver, dueAt: Due): Deliver {
  const line = new DelayLine<{ subscription: Subscription; event: ReceivedEvent }>(({ subscription, event }) =>
    send(subscription, event),
  );
  return (subscription, event) => line.push({ subscription, event }, dueAt(event));
}

/** Sends deliveries one by one, at least this many ms apart. */
function inTurn(milliseconds: number): Due {
  let next = 0;
  return ({ receivedAt }) => {
    const due = Math.max(receivedAt, next);
    next = due + milliseconds;
    return due;
  };
}

/** A period ends with its stall, so that a gateway starts healthy. */
function endOfStall(stall: Stall | undefined, started: number, at: number): number {
  if (stall === undefined) return at;
  const left = stall.period - ((at - started) % stall.period);
  return left <= stall.length ? at + left : at;
}

/**
 * Delays every delivery by a time after its publishing; without a trace, after its receipt. Each publisher has its own
 * line: events of several publishers overtake each other, and one that waited for another would be too late.
 */
function held(send: Deliver, milliseconds: number): Deliver {
  const clock = new Clock(() => performance.now(), 1_000);
  const lines = new Map<number, Line>();
  return (subscription, event) => {
    const trace = readEventId(event.canonical.event_id);
    const publisher = trace?.publisher ?? -1;
    const published = trace === null ? event.receivedAt : performance.now() + trace.publishedAt - clock.now();
    let line = lines.get(publisher);
    if (line === undefined) {
      line = new Line(send);
      lines.set(publisher, line);
    }
    line.push(subscription, event, published + milliseconds);
  };
}

/** Deliveries of one publisher, in order. */
class Line {
  private readonly waiting: Deliver;
  private due = 0;

  constructor(send: Deliver) {
    this.waiting = delayed(send, () => this.due);
  }

  push(subscription: Subscription, event: ReceivedEvent, due: number): void {
    this.due = Math.max(this.due, due);
    this.waiting(subscription, event);
  }
}
