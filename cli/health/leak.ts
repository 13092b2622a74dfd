import type { Leak } from "../../core/health.ts";
import { highest } from "./sample.ts";
import { type Point, type Slope, slopeOf } from "./trend.ts";

/** Memory in MB at a moment in Unix ms. */
export interface Memory {
  readonly at: number;
  readonly mb: number;
}

/** This first part of a watch is ignored: caches fill and code is compiled. */
const WARM_UP = 1 / 3;

/** The rest is divided into this many stretches. The minimum of each is what garbage collection could not free. */
const STRETCHES = 24;
/** At least this many stretches must have a sample. */
const LEAST_STRETCHES = 16;

/** Less growth than this cannot be told from a heap that fills up before its first garbage collection. */
const LEAST_MB = 20;

/** The growth that the guide calls critical, and the time within which a leak must reach it to be reported. */
const CRITICAL_MB = 100;
const MINUTES_TO_CRITICAL = 60;

/**
 * Decides whether memory rises without end. Two readings cannot tell: caches fill up, and between collections memory
 * rises like a saw tooth. So only the floor of the memory after a warm-up counts. Its slope must be positive with
 * confidence over the whole rest and over its later half, and steep enough to matter; and memory must end above all
 * earlier values, because a process that has freed memory may just be using it again.
 *
 * @param before the highest memory known from earlier, in MB.
 */
export function findLeak(memory: readonly Memory[], before = 0): Leak {
  const warm = afterWarmUp(memory);
  const floor = floorOf(warm);
  const later = floor.slice(floor.length / 2);
  if (floor.length < LEAST_STRETCHES) return { finding: "too few samples", slope: null };
  const slope = slopeOf(floor);
  const first = floor[0] as Point;
  const minutes = (floor.at(-1) as Point).x - first.x;
  const warmUp = memory.slice(0, memory.length - warm.length).map(({ mb }) => mb);
  const isNew = (floor.at(-1) as Point).y > highest(warmUp, before);
  const matters = ({ low }: Slope) => low * minutes >= LEAST_MB && low * MINUTES_TO_CRITICAL >= CRITICAL_MB;
  return { finding: isNew && matters(slope) && matters(slopeOf(later)) ? "leaking" : "steady", slope };
}

function afterWarmUp(memory: readonly Memory[]): readonly Memory[] {
  const [first, last] = [memory[0], memory.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = first.at + (last.at - first.at) * WARM_UP;
  return memory.filter(({ at }) => at >= from);
}

/** The minimum of each stretch, over minutes; stretches without samples are left out. */
function floorOf(memory: readonly Memory[]): Point[] {
  const [first, last] = [memory[0], memory.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return [];
  const least = new Map<number, Point>();
  for (const { at, mb } of memory) {
    const stretch = Math.min(STRETCHES - 1, Math.floor(((at - first.at) / (last.at - first.at)) * STRETCHES));
    const known = least.get(stretch);
    if (known === undefined || mb < known.y) least.set(stretch, { x: (at - first.at) / 60_000, y: mb });
  }
  return [...least.values()];
}
