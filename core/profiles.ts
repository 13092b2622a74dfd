/** Building blocks of profiles: how a load changes over time, step by step. */
import { hold, ramp, type Step } from "./shape.ts";

/** The profiles of one test, by name. */
export type Profiles = Readonly<Record<string, readonly Step[]>>;

/** Changes to another level at once. */
export const jump = (level: number): Step => ramp(level, "0s");

/** A number of events at a constant rate per second. */
export const at = (rate: number, { events }: { events: number }): Step[] => [hold(rate, `${events / rate}s`)];

/** Doubles the rate every 30 seconds until an objective breaks. */
export const doublings = (rate: number, times: number): Step[] =>
  Array.from({ length: times }, (_, step) => hold(rate * 2 ** step, "30s"));

/** Concurrent clients: virtual users over time. */
export const VISITORS = {
  smoke: [hold(10, "1m")],
  load: [hold(100, "5m")],
  stress: [
    ramp(100, "2m"),
    hold(100, "3m"),
    ramp(500, "2m"),
    hold(500, "3m"),
    ramp(1000, "2m"),
    hold(1000, "3m"),
    ramp(2000, "2m"),
    hold(2000, "2m"),
    ramp(0, "1m"),
  ],
  spike: [hold(100, "2m"), ramp(2000, "15s"), hold(2000, "1m"), ramp(100, "15s"), hold(100, "2m"), ramp(0, "30s")],
  soak: [hold(200, "30m")],
  breakpoint: [
    hold(100, "1m"),
    jump(200),
    hold(200, "1m"),
    jump(400),
    hold(400, "1m"),
    jump(800),
    hold(800, "1m"),
    jump(1600),
    hold(1600, "1m"),
    jump(3200),
    hold(3200, "1m"),
  ],
};

/** Names of the same loads in the replaced tools. A test's own profile of that name takes precedence. */
const ALIASES: Readonly<Record<string, string>> = {
  quick: "smoke",
  medium: "load",
  extreme: "stress",
  burst: "spike",
  sustained: "soak",
};

/** The names of profiles, with aliases. */
export function namesOf(profiles: Profiles): string[] {
  const own = Object.keys(profiles);
  const others = Object.keys(ALIASES).filter((alias) => own.includes(ALIASES[alias] as string));
  return [...own, ...others.filter((alias) => !own.includes(alias))];
}

/** Resolves an alias. */
export function named(profiles: Profiles, name: string): string {
  if (Object.hasOwn(profiles, name) || !Object.hasOwn(ALIASES, name)) return name;
  return ALIASES[name] as string;
}
