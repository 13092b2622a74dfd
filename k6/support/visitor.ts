/** The pauses of a visitor. */
import { sleep } from "k6";
import exec from "k6/execution";
import { type Plan, secondsOf } from "../../core/plan.ts";
import { now } from "./clock.ts";
import type { Measure } from "./metrics.ts";

/** Visitors that begin at the same moment wait for each other's first steps, which is no latency of the target. */
const ARRIVAL_SECONDS = 1;
const ARRIVAL_SHARE = 0.1;
const GOLDEN = 0.618_034;

/** Lets a visitor come at a moment of its own in the first second of a load, or the first tenth of a short one. */
export function arrive(load: Plan): void {
  sleep(Math.min(ARRIVAL_SECONDS, ARRIVAL_SHARE * secondsOf(load)) * ((exec.vu.idInTest * GOLDEN) % 1));
}

/** Pauses between two visits. @param lateness takes how late the visitor goes on: what this machine adds to each step. */
export function think(seconds: number, lateness: Measure): void {
  const due = now() + seconds * 1000;
  sleep(seconds);
  lateness.add(Math.max(0, now() - due));
}
