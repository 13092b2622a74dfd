/** What gives an objective the samples that it lacked, as flags that can be typed. Pure. */
import { definitionOf } from "../../core/definition.ts";
import { metricOf } from "../../core/metrics.ts";
import { type Plan, secondsOf } from "../../core/plan.ts";
import { openedRooms } from "../../core/room.ts";
import { type Statistic, sloVariable } from "../../core/slo.ts";
import type { SloResult } from "../../core/sloresult.ts";

/** How long a load was; null for what does not limit it. */
export interface LoadLength {
  readonly seconds: number | null;
  readonly events: number | null;
}

/** The length of each test's load, by its name. */
export type LoadLengths = Readonly<Record<string, LoadLength>>;

/** Two runs of one length have not the same number of samples, where not each event is one. */
const RESERVE = 1.1;

/** The lengths of the loads of tests that run together: who listens gets samples as long as others publish. */
export function loadLengths(groups: readonly (readonly { test: string; settings: { load: Plan } }[])[]): LoadLengths {
  return Object.fromEntries(
    groups.flatMap((group) => {
      const publisher = group.find(({ settings }) => settings.load.kind !== "visitors");
      return group.map(({ test, settings }) => {
        const follows = definitionOf(test)?.load === "stays" && publisher !== undefined;
        return [test, lengthOf((follows ? publisher : { settings }).settings.load)];
      });
    }),
  );
}

function lengthOf(load: Plan): LoadLength {
  const events = load.kind === "visitors" ? null : load.events;
  return { seconds: load.kind === "closed" ? null : secondsOf(load), events };
}

/** An objective with too few samples beside the others of its test. */
export interface Lack {
  /** The length of the load that gave the samples; null where it is not known. */
  readonly load: LoadLength | null;
  /** All objectives of the test. */
  readonly rows: readonly SloResult[];
}

/** What to change for an objective with too few samples. */
export function samplesStep(row: SloResult, { load, rows }: Lack): string {
  const has = `${row.samples} of ${row.floor} samples`;
  if (isBesideLoad(row)) {
    return `${has}, and a longer load gives no more of them: let the test run to its end${withoutIt(row)}`;
  }
  if (load === null || row.samples === 0) {
    return `${has}: let it run longer (--duration, --events) or with more load (--rate)${withoutIt(row)}`;
  }
  const [own, whole] = [flagsFor(load, [row]), flagsFor(load, [row, ...rows.filter(isFewer)])];
  return `${has}: at this rate it takes ${own}${whole === own ? "" : `, and the whole test ${whole}`}${withoutIt(row)}`;
}

function isBesideLoad({ metric }: SloResult): boolean {
  return openedRooms().some(({ besideLoad }) => besideLoad?.test(metric));
}

function isFewer(row: SloResult): boolean {
  return row.result === "unmeasured" && row.doubt === null && row.samples > 0 && !isBesideLoad(row);
}

/** The length of a load that has enough samples for all of these. */
function flagsFor({ seconds, events }: LoadLength, rows: readonly SloResult[]): string {
  const timesFor = ({ metric, floor, samples }: SloResult) =>
    (metricOf(metric)?.perEvent === true ? 1 : RESERVE) * Math.max(1, floor / samples);
  const times = Math.max(...rows.map(timesFor));
  const flags = Object.entries({ duration: seconds, events }).flatMap(([name, length]) =>
    length === null ? [] : [`--${name} ${Math.ceil(length * times)}${name === "duration" ? "s" : ""}`],
  );
  return flags.join(" or ");
}

/** A condition of the measurement cannot be given up. */
function withoutIt({ miss, metric, objective }: SloResult): string {
  const statistic = objective.split(" ")[0] as Statistic;
  return miss === "INVALID" ? "" : `, or do without it: --set ${sloVariable({ metric, statistic })}=off`;
}
