import type { Shape } from "../../core/shape.ts";

/** The level at a time; 0 before the start and after the end. */
export function levelAt(load: Shape, seconds: number): number {
  let start = 0;
  for (const { from, to, seconds: length } of load) {
    if (seconds >= start && seconds < start + length) {
      return from + ((to - from) * (seconds - start)) / length;
    }
    start += length;
  }
  return 0;
}
