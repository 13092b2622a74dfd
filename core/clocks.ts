/**
 * The clocks of a run, each compared with the receiver's again and again, and how wrong a latency between two of them
 * may be. Pure.
 */
import * as v from "valibot";
import { metricOf } from "./metrics.ts";
import type { Uncertainty } from "./sloresult.ts";

export const CLOCK_ROLES = ["publisher", "subscriber", "relay", "observer", "table"] as const;
type ClockRole = (typeof CLOCK_ROLES)[number];

const Ms = v.pipe(v.number(), v.finite());

/** A reported comparison with the receiver's clock. */
export const ClockReportSchema = v.object({
  /** Name of the clock. */
  clock: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  role: v.picklist(CLOCK_ROLES),
  /** Unix ms of the comparison, by either clock. */
  at: Ms,
  /** How far the receiver's clock was ahead of this one, in ms, and the error of that. */
  offset: Ms,
  error: v.pipe(Ms, v.minValue(0)),
  /** The correction that was being added to this clock's times. */
  correction: Ms,
});
export type ClockReport = v.InferOutput<typeof ClockReportSchema>;

/** A clock over the whole run. */
export interface ClockAccount {
  readonly clock: string;
  readonly role: ClockRole;
  readonly readings: number;
  /** How much its corrected times may differ from the receiver's, in ms. */
  readonly uncertainty: number;
  /** The readings that show it. */
  readonly evidence: string;
}

/** Further clocks share one name. */
const MOST_CLOCKS = 1_000;
/** Readings that are kept per clock: eleven hours. */
const MOST_READINGS = 20_000;

/**
 * Readings this close together describe one state of a clock, unless they contradict each other: quartz drifts by less
 * than 0.1 ms meanwhile. On a busy machine the error of a reading is that of its round trip, 0.3 to 3 ms on loopback,
 * so the most exact neighbour is used.
 */
const NEIGHBOURHOOD_MS = 5_000;

/** The clocks of one run. */
export class Clocks {
  private readonly byName = new Map<string, ClockReport[]>();

  /** Enters a comparison. */
  enter(report: ClockReport): void {
    const readings = this.byName.get(report.clock) ?? [];
    if (readings.length === 0 && this.byName.size >= MOST_CLOCKS) return;
    if (readings.length >= MOST_READINGS) readings.pop();
    readings.push(report);
    this.byName.set(report.clock, readings);
  }

  /** The result for each clock. */
  account(): ClockAccount[] {
    return [...this.byName].map(([clock, readings]) => accountOf(clock, readings));
  }
}

function accountOf(clock: string, unsorted: readonly ClockReport[]): ClockAccount {
  const readings = [...unsorted].sort((one, another) => one.at - another.at);
  const first = readings[0] as ClockReport;
  const narrowest = readings.reduce((best, one) => (one.error < best.error ? one : best), first);
  const telling = readings.map((one, place) => (contradicts(one, narrowest) ? one : closestTo(place, readings)));
  const worst = telling.reduce((most, one) => (reach(one) > reach(most) ? one : most));
  return {
    clock,
    role: first.role,
    readings: readings.length,
    uncertainty: reach(worst),
    evidence: evidenceOf(clock, first.role, worst),
  };
}

/** The most exact reading near another one. @param readings sorted by time. */
function closestTo(place: number, readings: readonly ClockReport[]): ClockReport {
  const reading = readings[place] as ClockReport;
  const isNear = (one: ClockReport | undefined) =>
    one !== undefined && Math.abs(one.at - reading.at) <= NEIGHBOURHOOD_MS;
  let [from, through] = [place, place];
  while (isNear(readings[from - 1])) from--;
  while (isNear(readings[through + 1])) through++;
  return readings.slice(from, through + 1).reduce((best, one) => (reach(one) < reach(best) ? one : best));
}

/** How wrong a corrected time may have been at a reading. */
function reach({ offset, correction, error }: ClockReport): number {
  return Math.abs(offset - correction) + error;
}

function contradicts(one: ClockReport, other: ClockReport): boolean {
  return Math.abs(one.offset - one.correction - (other.offset - other.correction)) > one.error + other.error;
}

function evidenceOf(clock: string, role: ClockRole, { at, offset, correction, error }: ClockReport): string {
  const moved = offset - correction;
  const name = `the clock of ${role} ${clock}`;
  if (Math.abs(moved) <= error)
    return `${name} is known to ${ms(error)} only: a round trip to the receiver takes ${ms(2 * error)}`;
  const when = new Date(at).toISOString().slice(11, 19);
  return `${name} and the receiver's were ${ms(Math.abs(moved))} (± ${ms(error)}) further apart at ${when}Z than they are taken to be`;
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

/** The part of an account that matters here. */
interface WithClocks {
  readonly clocks?: readonly ClockAccount[];
  readonly latency: { readonly samples: number };
}

/** How wrong latencies between the clocks of a run may be, by metric; null where one clock is enough. */
export function uncertaintyOf(account: WithClocks | null): (metric: string) => Uncertainty | null {
  if (account === null || account.latency.samples === 0) return () => null;
  const clocks = account.clocks ?? [];
  const worstOf = (...roles: ClockRole[]) =>
    clocks
      .filter(({ role }) => roles.includes(role))
      .reduce<ClockAccount | null>((most, one) => (one.uncertainty > (most?.uncertainty ?? -1) ? one : most), null);
  const publisher = worstOf("publisher");
  return (metric) => {
    const between = metricOf(metric)?.between;
    if (between === undefined) return null;
    if (publisher === null) {
      return { by: Number.POSITIVE_INFINITY, cause: "no publisher compared its clock with the receiver's" };
    }
    const other = between === "table" ? worstOf("table") : worstOf("subscriber", "relay", "observer");
    const both = other === null ? [publisher] : [publisher, other];
    const [worst] = [...both].sort((one, another) => another.uncertainty - one.uncertainty) as [ClockAccount];
    return { by: both.reduce((sum, { uncertainty }) => sum + uncertainty, 0), cause: worst.evidence };
  };
}
