/**
 * Defects that can be planted in the reference target, to prove that the suite notices each of them.
 * Adding a fault is one row in its service's table; adding a service is one table.
 */

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

/** The faults of one service by name. */
export type FaultTable = Readonly<Record<string, Fault<number | true>>>;

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
  duplicate: oneIn("every N-th delivery is sent twice"),
  misroute: oneIn("every N-th delivery is also sent to a subscription whose filter it does not pass"),
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
  forget: always("stream entries are acknowledged before they are queued, so that a crash loses them"),
} as const satisfies FaultTable;

export type EthhookFaults = Faults<typeof ETHHOOK_FAULTS>;

/** The faults of the message ingestor. A worker that is dead is one that is not started. */
export const INGESTOR_FAULTS = {
  drop: oneIn("every N-th message is accepted and never stored"),
  duplicate: oneIn("every N-th message becomes two rows"),
  truncate: characters("contents are stored with so many characters at most"),
  slow: milliseconds("every message is answered MS milliseconds late"),
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
  const planted = new Map<string, number | true>();
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
