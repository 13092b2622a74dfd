/**
 * Defects that can be planted in the reference target, to prove that the suite notices each of them.
 * Adding a fault is one row in its service's table; adding a service is one table.
 */

import type { Filter } from "../workload/filter.ts";

/** One fault: what goes wrong, and what its setting `name` or `name=value` may say. */
export interface Fault<Value> {
  /** What goes wrong, in one line. */
  readonly meaning: string;
  /** How the value is written in help texts: `N`, `MS`, or nothing for a fault that is on or off. */
  readonly value: string;
  /** What is allowed, in words that complete "drop takes ...". */
  readonly takes: string;
  /** Reads the text after `=`; null when it is not allowed. */
  readonly read: (text: string | undefined) => Value | null;
}

/** What the setting of a fault may be read as. */
type Setting = number | true | string | Stall;

/** The faults of one service by name. */
export type FaultTable = Readonly<Record<string, Fault<Setting>>>;

/** The faults that are planted, by name; a fault that is not planted is absent. */
export type Faults<Table extends FaultTable> = {
  readonly [Name in keyof Table]?: NonNullable<ReturnType<Table[Name]["read"]>>;
};

const LONGEST_DELAY_MS = 60_000;

/** Happens every N-th time, so that a run can tell exactly how often it happened. */
function oneIn(meaning: string): Fault<number> {
  return {
    meaning,
    value: "N",
    takes: "a whole number from 1, one in so many",
    read: (text) => (text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null),
  };
}

/** Lasts so long. */
function milliseconds(meaning: string): Fault<number> {
  return {
    meaning,
    value: "MS",
    takes: `milliseconds above 0 and up to ${LONGEST_DELAY_MS}`,
    read: (text) => {
      const time = text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
      return time > 0 && time <= LONGEST_DELAY_MS ? time : null;
    },
  };
}

/** So many of something. */
function number(meaning: string): Fault<number> {
  return { ...oneIn(meaning), takes: "a whole number from 1" };
}

/** One out of a few names. */
function oneOf<Name extends string>(meaning: string, names: readonly Name[]): Fault<Name> {
  return {
    meaning,
    value: names.join("|"),
    takes: `one of ${names.join(", ")}`,
    read: (text) => names.find((name) => name === text) ?? null,
  };
}

/** One name of the target's own. */
function name(meaning: string): Fault<string> {
  return {
    meaning,
    value: "NAME",
    takes: "letters, digits, dots, dashes and underscores",
    read: (text) => (text !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : null),
  };
}

/** A halt that comes again and again, in ms: so long, once in every period. */
export interface Stall {
  readonly length: number;
  readonly period: number;
}

function stall(meaning: string): Fault<Stall> {
  const { read } = milliseconds(meaning);
  return {
    meaning,
    value: "MS/PERIOD",
    takes: `milliseconds of every so many milliseconds, as in 2000/20000, both up to ${LONGEST_DELAY_MS}`,
    read: (text) => {
      const [length, period, ...rest] = (text ?? "").split("/").map(read);
      const given = typeof length === "number" && typeof period === "number" && rest.length === 0;
      return given && length < period ? { length, period } : null;
    },
  };
}

/** A length in characters. */
function characters(meaning: string): Fault<number> {
  return {
    meaning,
    value: "CHARACTERS",
    takes: "a whole number of characters from 1",
    read: (text) => (text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null),
  };
}

/** Is there or not. */
function always(meaning: string): Fault<true> {
  return { meaning, value: "", takes: "no value", read: (text) => (text === undefined ? true : null) };
}

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

/** The faults of the EthHook pipeline. A delivery is one event on its way to one endpoint. */
export const ETHHOOK_FAULTS = {
  drop: oneIn("every N-th delivery is not made"),
  delay: milliseconds("every delivery is made MS milliseconds late"),
  duplicate: oneIn("every N-th delivery is made twice"),
  misroute: oneIn("every N-th delivery is also made to another endpoint"),
  "wrong-signature": oneIn("every N-th delivery is signed with a wrong secret, once"),
  corrupt: oneIn("every N-th delivery has wrong data, rightly signed"),
  "retry-storm": always("what failed is tried again at once, and without end"),
  "give-up-on-404": always("an answer of 404 is taken for final"),
  breaker: number("N failures in a row of an endpoint discard all its deliveries of the next second"),
  "never-match": name("the endpoint of that name is never matched"),
  poison: always("a stream entry that cannot be read takes with it all that were read together with it"),
  "lose-jobs": always("deliveries that a worker has taken are kept nowhere, so that its crash loses them"),
  forget: always("stream entries are acknowledged before they are queued, so that a crash loses them"),
} as const satisfies FaultTable;

export type EthhookFaults = Faults<typeof ETHHOOK_FAULTS>;

/** The faults of the signal webhook. A signal is one request that was let through. */
export const SIGNALS_FAULTS = {
  "no-limit": always("no request is ever answered 429"),
  "limit-per-process": always("every process counts its own requests, so that N processes let N times as many pass"),
  "trust-headers": always("the client's address is taken from headers that it can set itself"),
  "no-idempotency": always("a repeated signal is executed again"),
  "racing-idempotency": always(
    "a repeated signal is looked for, and only later noted: those at the same time all pass",
  ),
  "open-door": always("a wrong secret is as good as the right one"),
  "execute-limited": always("what is answered 429 is executed too"),
  forget: oneIn("every N-th signal of a process is accepted and never executed"),
  fail: oneIn("every N-th signal of a process is answered with 500"),
  delay: milliseconds("every answer comes MS milliseconds late"),
  leak: oneIn("every N-th signal of a process costs 1 MB of memory for good"),
  crash: oneIn("a process dies after its N-th signal, and another takes its place"),
} as const satisfies FaultTable;

export type SignalsFaults = Faults<typeof SIGNALS_FAULTS>;

/** The faults of the message ingestor. A worker that is dead is one that is not started. */
export const INGESTOR_FAULTS = {
  drop: oneIn("every N-th message is accepted and never stored"),
  duplicate: oneIn("every N-th message becomes two rows"),
  truncate: characters("contents are stored with so many characters at most"),
  slow: milliseconds("every message is answered MS milliseconds late"),
  narrow: characters("contents of more than so many characters are refused"),
  fragile: always("what is no message is answered with 500"),
  "slow-worker": milliseconds("the worker needs MS milliseconds more to store a batch"),
  "lose-buffer": always("a worker that is told to stop loses what it has buffered"),
  "poison-blocks": always("a message that cannot be read holds up its batch for ever"),
} as const satisfies FaultTable;

export type IngestorFaults = Faults<typeof INGESTOR_FAULTS>;

/**
 * Reads fault settings such as `drop=1000` or `not-ready`.
 *
 * @throws RangeError naming the setting and what is allowed, for an unknown fault, a value that is not
 * allowed, or a fault that is given twice.
 */
export function parseFaults<Table extends FaultTable>(settings: readonly string[], table: Table): Faults<Table> {
  const planted = new Map<string, Setting>();
  for (const setting of settings) {
    const [name = "", ...rest] = setting.split("=");
    const fault = Object.hasOwn(table, name) ? table[name] : undefined;
    if (fault === undefined) {
      throw new RangeError(`fault "${setting}" is not known; known are ${spellings(table).join(", ")}`);
    }
    const value = fault.read(rest.length === 0 ? undefined : rest.join("="));
    if (value === null) throw new RangeError(`fault "${setting}" is not valid: ${name} takes ${fault.takes}`);
    if (planted.has(name)) throw new RangeError(`fault "${setting}" is not valid: ${name} is given twice`);
    planted.set(name, value);
  }
  return Object.fromEntries(planted) as Faults<Table>;
}

/** The faults of a table, one line each, for a help text. */
export function describeFaults(table: FaultTable): string {
  const names = spellings(table);
  const width = Math.max(...names.map((name) => name.length));
  return Object.values(table)
    .map((fault, row) => `  ${(names[row] as string).padEnd(width)}  ${fault.meaning}`)
    .join("\n");
}

function spellings(table: FaultTable): string[] {
  return Object.entries(table).map(([name, { value }]) => (value === "" ? name : `${name}=${value}`));
}
