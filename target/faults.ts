/**
 * Faults that can be planted in a reference target to prove that the suite notices them: the kinds of their settings.
 * Each system has a table of its faults.
 */

import { suggestion } from "../core/nearest.ts";

/** One fault, and the values of its setting `name` or `name=value`. */
interface Fault<Value> {
  /** What goes wrong, in one line. */
  readonly meaning: string;
  /** The value in help texts: `N`, `MS`, or nothing for a fault without one. */
  readonly value: string;
  /** What is allowed, to complete "drop takes ...". */
  readonly takes: string;
  /** Parses the text after `=`; null when it is not allowed. */
  readonly read: (text: string | undefined) => Value | null;
}

/** The parsed setting of a fault. */
type Setting = number | true | string | Stall;

/** The faults of one service by name. */
export type FaultTable = Readonly<Record<string, Fault<Setting>>>;

/** The planted faults by name; others are absent. */
export type Faults<Table extends FaultTable> = {
  readonly [Name in keyof Table]?: NonNullable<ReturnType<Table[Name]["read"]>>;
};

const LONGEST_DELAY_MS = 60_000;

/** Happens every N-th time, so that a run can tell exactly how often it happened. */
export function oneIn(meaning: string): Fault<number> {
  return {
    meaning,
    value: "N",
    takes: "a whole number from 1, one in so many",
    read: (text) => (text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null),
  };
}

/** A duration. */
export function milliseconds(meaning: string): Fault<number> {
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

/** A number. */
export function number(meaning: string): Fault<number> {
  return { ...oneIn(meaning), takes: "a whole number from 1" };
}

/** One of a few names. */
export function oneOf<Name extends string>(meaning: string, names: readonly Name[]): Fault<Name> {
  return {
    meaning,
    value: names.join("|"),
    takes: `one of ${names.join(", ")}`,
    read: (text) => names.find((name) => name === text) ?? null,
  };
}

/** Any name. */
export function name(meaning: string): Fault<string> {
  return {
    meaning,
    value: "NAME",
    takes: "letters, digits, dots, dashes and underscores",
    read: (text) => (text !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : null),
  };
}

/** A halt in ms, repeated once in every period. */
export interface Stall {
  readonly length: number;
  readonly period: number;
}

export function stall(meaning: string): Fault<Stall> {
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
export function characters(meaning: string): Fault<number> {
  return {
    meaning,
    value: "CHARACTERS",
    takes: "a whole number of characters from 1",
    read: (text) => (text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null),
  };
}

/** A fault without a value. */
export function always(meaning: string): Fault<true> {
  return { meaning, value: "", takes: "no value", read: (text) => (text === undefined ? true : null) };
}

/**
 * Parses settings such as `drop=1000` or `not-ready`.
 *
 * @throws RangeError that names the setting and what is allowed, for an unknown fault, an invalid value, or a fault
 * that is given twice.
 */
export function parseFaults<Table extends FaultTable>(settings: readonly string[], table: Table): Faults<Table> {
  const planted = new Map<string, Setting>();
  for (const setting of settings) {
    const [name = "", ...rest] = setting.split("=");
    const fault = Object.hasOwn(table, name) ? table[name] : undefined;
    if (fault === undefined) {
      const known = spellings(table);
      const close = suggestion(name, Object.keys(table));
      const meant = close.startsWith("did you mean") ? `${close} ` : "";
      const allowed = known.length > 0 ? `known are ${known.join(", ")}` : "what is run here has none";
      throw new RangeError(`fault "${setting}" is not known; ${meant}${allowed}`);
    }
    const value = fault.read(rest.length === 0 ? undefined : rest.join("="));
    if (value === null) throw new RangeError(`fault "${setting}" is not valid: ${name} takes ${fault.takes}`);
    if (planted.has(name)) throw new RangeError(`fault "${setting}" is not valid: ${name} is given twice`);
    planted.set(name, value);
  }
  return Object.fromEntries(planted) as Faults<Table>;
}

/** The faults of a table, one line each, for help. */
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
