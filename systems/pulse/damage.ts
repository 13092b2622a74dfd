import type { Damage } from "../../core/damage.ts";
import { once } from "../../core/once.ts";
import { beginningOf } from "../../core/redaction.ts";
import type { Event } from "./events.ts";
import { parseJson } from "./frames.ts";
import type { DeliveredEvent } from "./wire.ts";

type EventFields = Readonly<Partial<Record<keyof DeliveredEvent, unknown>>>;

/** Longest quote of a damaged value. */
const LONGEST_VALUE = 100;

/**
 * The first field of a delivery that differs from what was sent, or null. Each field is compared with the sent event,
 * which also checks its type; a schema first would take longer than all other work for a frame.
 */
export function damageOf(delivered: EventFields, sent: Event): Damage | null {
  const fields = comparedFields();
  for (let place = 0; place < fields.length; place++) {
    const { field, expected, holds } = fields[place] as Field;
    const received = delivered[field];
    const value = expected(sent);
    if (!holds(received, value)) return { field, sent: tell(value), received: tell(received) };
  }
  return null;
}

function tell(value: unknown): string {
  return value === undefined ? "nothing" : beginningOf(String(JSON.stringify(value)), LONGEST_VALUE);
}

interface Field {
  readonly field: keyof DeliveredEvent;
  /** The sent value; words where any value of a type is right. */
  expected(sent: Event): unknown;
  holds(received: unknown, sent: unknown): boolean;
}

const equal = (field: keyof DeliveredEvent, expected: Field["expected"]): Field => ({
  field,
  expected,
  holds: (received, sent) => received === sent,
});

const comparedFields = once((): readonly Field[] => [
  equal("chain", ({ chain }) => chain),
  equal("block_num", ({ blockNumber }) => blockNumber),
  equal("tx_hash", ({ txHash }) => txHash),
  equal("event_type", ({ eventType }) => eventType),
  { field: "accounts", expected: ({ accounts }) => accounts, holds: sameTexts },
  // The gateway's decoder has no such field, so that it sends none, or an empty one.
  {
    field: "program_id",
    expected: ({ programId }) => programId,
    holds: (received, sent) => received === undefined || received === "" || received === sent,
  },
  { field: "native_value", expected: () => 0, holds: (received) => received === undefined || received === 0 },
  { field: "timestamp", expected: () => "a text", holds: (received) => typeof received === "string" },
]);

function sameTexts(received: unknown, sent: unknown): boolean {
  const texts = sent as readonly string[];
  return Array.isArray(received) && received.length === texts.length && received.every((one, at) => one === texts[at]);
}

/** How deep the events may be nested in a frame. */
const DEEPEST = 4;

/** The events of a frame by their ids, wherever they are; none where the frame is not JSON. */
export function eventsIn(frame: string): ReadonlyMap<string, EventFields> {
  const found = new Map<string, EventFields>();
  const value = parseJson(frame);
  if (typeof value === "object" && value !== null) collect(value, found, DEEPEST);
  return found;
}

/**
 * Most values of a frame are strings and numbers: in k6 a call for each, and an iterator, took most of a comparison's
 * time.
 */
function collect(value: object, found: Map<string, EventFields>, depth: number): void {
  if (depth === 0) return;
  const { event_id: id } = value as EventFields;
  // An envelope may repeat the id of the event in it.
  if (typeof id === "string" && found.get(id)?.tx_hash === undefined) found.set(id, value as EventFields);
  const inside = Object.values(value) as unknown[];
  for (let place = 0; place < inside.length; place++) {
    const inner = inside[place];
    if (typeof inner === "object" && inner !== null) collect(inner, found, depth - 1);
  }
}
