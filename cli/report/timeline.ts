import { milliseconds, number, several } from "../../core/numbers.ts";
import type { Result } from "../result.ts";
import type { Mark, Timeline } from "./charts.ts";
import { objectivesOf } from "./objectives.ts";

/** More points show nothing more, and make the report of a long run slow. */
export const MOST_POINTS = 600;

/**
 * The run over time. In a long run each point covers several seconds: rates are means, backlog and latencies are those
 * of the worst second, because percentiles cannot be merged.
 */
export function timelineOf(result: Result): Timeline | null {
  const { startedAt, timeline, account, health } = result;
  if (timeline.length === 0) return null;
  const step = Math.ceil(timeline.length / MOST_POINTS);
  const points = grouped(timeline, step);
  const worst = (key: "p50" | "p95" | "p99" | "backlog") =>
    points.map((seconds) => greatest(seconds.map((one) => one[key])));
  const mean = (key: "published" | "delivered") =>
    points.map((seconds) => seconds.reduce((sum, one) => sum + one[key], 0) / seconds.length);
  const lost = (account?.offenders ?? []).flatMap(({ path, firstLostAt }) =>
    firstLostAt === null ? [] : [{ at: firstLostAt, what: `first loss on ${path}` }],
  );
  const missed = objectivesOf(result).flatMap(({ metric, moment }) =>
    moment === null || lost.some(({ at }) => at === moment.at)
      ? []
      : [{ at: moment.at, what: `${metric}: ${moment.what}` }],
  );
  const happened = health.flatMap(({ process, events }) =>
    events.map(({ at, what }) => ({ at, what: `${process} ${what}` })),
  );
  return {
    at: points.map(([first]) => seconds(startedAt, (first as Result["timeline"][number]).at)),
    step,
    published: mean("published"),
    delivered: mean("delivered"),
    backlog: worst("backlog"),
    p50: worst("p50"),
    p95: worst("p95"),
    p99: worst("p99"),
    marks: earliest([...missed, ...lost, ...happened].map(({ at, what }) => ({ at: seconds(startedAt, at), what }))),
  };
}

/** More marks than this cannot be told apart. */
const MARKS = 8;

/** The earliest marks in order of time; those in the same second become one. */
export function earliest(marks: readonly Mark[]): Mark[] {
  const bySecond = new Map<number, Mark[]>();
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const second = Math.floor(mark.at);
    bySecond.set(second, [...(bySecond.get(second) ?? []), mark]);
  }
  return [...bySecond.values()].slice(0, MARKS).map((together) => {
    const [{ at, what }] = together as [Mark, ...Mark[]];
    return { at, what: together.length === 1 ? what : `${what} and ${together.length - 1} more` };
  });
}

/** Seconds from the start of a run, to a millisecond. */
export function seconds(start: number, at: number): number {
  return Math.round(at - start) / 1000;
}

/** Splits a list into groups of `size` neighbours. */
export function grouped<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, place) =>
    all.slice(place * size, (place + 1) * size),
  );
}

/** The greatest value; null without any. */
export function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
}

/** The timeline in one sentence, as text alternative. */
export function describeTimeline({ at, step, published, delivered, backlog, p99 }: Timeline): string {
  return (
    `The run over ${several(at.length * step, "second")}: at most ${number(round(greatest(published)))} published and ` +
    `${number(round(greatest(delivered)))} delivered per second, a backlog of at most ${number(greatest(backlog))}, ` +
    `and a p99 of at most ${milliseconds(greatest(p99))} in a second.`
  );
}

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
