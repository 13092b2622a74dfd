/** A linear piece of a load's shape: the level changes from one value to another within some seconds. */
interface Segment {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** How a load changes over time, in virtual users or events per second. */
export type Shape = readonly Segment[];

/** A step of a profile; it starts at the level where the previous step ended. */
export type Step = (level: number) => Segment;

/**
 * Jumps to a level and stays there. The duration is parsed only when the step is used, because a virtual user uses one
 * of all profiles.
 */
export function hold(level: number, duration: string): Step {
  return () => ({ from: level, to: level, seconds: parseDuration(duration) });
}

/** Moves to a level linearly. */
export function ramp(level: number, duration: string): Step {
  return (from) => ({ from, to: level, seconds: parseDuration(duration) });
}

/** Joins steps into a shape that starts at zero. */
export function shape(steps: readonly Step[]): Shape {
  const segments: Segment[] = [];
  let level = 0;
  for (const step of steps) {
    const segment = step(level);
    segments.push(segment);
    level = segment.to;
  }
  return segments;
}

/** Bursts: their rate relative to the base rate, their length, and the time between two, in seconds. */
export interface BurstShape {
  readonly ratio: number;
  readonly length: number;
  readonly gap: number;
}

/** A base rate with a burst at the end of each period of gap and burst. */
export function bursts(base: number, { ratio, length: lasting, gap }: BurstShape, seconds: number): Shape {
  const segments: Segment[] = [];
  let left = seconds;
  for (let calm = true; left > 1e-9; calm = !calm) {
    const length = Math.min(left, calm ? gap : lasting);
    const level = calm ? base : base * ratio;
    segments.push({ from: level, to: level, seconds: length });
    left -= length;
  }
  return segments;
}

/** Duration of a shape in seconds. */
export function lengthOf(load: Shape): number {
  return load.reduce((sum, segment) => sum + segment.seconds, 0);
}

/** The highest level of a shape. */
export function peakOf(load: Shape): number {
  return load.reduce((peak, segment) => Math.max(peak, segment.from, segment.to), 0);
}

/** When the level next begins to fall, in seconds from the start of the shape; its end if it never does. */
export function fallsAt(load: Shape, seconds: number): number {
  let start = 0;
  let level = 0;
  for (const { from, to, seconds: length } of load) {
    if (start >= seconds && from < level) return start;
    if (to < from && (start >= seconds || start + length > seconds)) return Math.max(start, seconds);
    start += length;
    level = to;
  }
  return Math.max(start, seconds);
}

/** Number of events in a shape of events per second. */
export function eventsIn(load: Shape): number {
  return load.reduce((sum, { from, to, seconds }) => sum + ((from + to) / 2) * seconds, 0);
}

/**
 * The second at which event number `count` is due in a shape of events per second, so that `secondOf(load,
 * eventsIn(load))` is its duration. After the end the last level continues.
 */
export function secondOf(load: Shape, count: number): number {
  let start = 0;
  let left = count;
  for (const segment of load) {
    const { from, to, seconds } = segment;
    const held = ((from + to) / 2) * seconds;
    if (left <= held && held > 0) return start + secondWithin(segment, left);
    left -= held;
    start += seconds;
  }
  const last = load.at(-1);
  return last === undefined || last.to === 0 ? start : start + left / last.to;
}

/** Solves from·t + (to - from)·t² / (2·seconds) = count for t. */
function secondWithin({ from, to, seconds }: Segment, count: number): number {
  const slope = (to - from) / seconds;
  if (slope === 0) return count / from;
  return (Math.sqrt(Math.max(0, from * from + 2 * slope * count)) - from) / slope;
}

/** The shape with its times and levels multiplied. */
export function scaled(load: Shape, by: { time?: number; level?: number }): Shape {
  const { time = 1, level = 1 } = by;
  return load.map((segment) => ({
    from: segment.from * level,
    to: segment.to * level,
    seconds: segment.seconds * time,
  }));
}

const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const WHOLE_DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Whether a text is a duration as in k6 and Go: `90s`, `1m30s`, `500ms`, `2h`. */
export function isDuration(text: string): boolean {
  return WHOLE_DURATION.test(text);
}

/** Parses a duration such as `1m30s` into seconds. @throws RangeError when it is invalid. */
export function parseDuration(text: string): number {
  if (!isDuration(text)) throw new RangeError(`"${text}" is not a duration such as 30s, 5m or 1m30s`);
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    seconds += Number(amount) * (UNIT_SECONDS[unit as string] as number);
  }
  return seconds;
}
