/** Finds, before the load, objectives that a plan is too small to judge. */
import { EDGE_MS } from "./edges.ts";
import { metricOf } from "./metrics.ts";
import { number, several } from "./numbers.ts";
import type { Plan } from "./plan.ts";
import { lengthOf } from "./shape.ts";
import { expression, type Slo, sloVariable } from "./slo.ts";

/** Judged time of a subscription without a receiver: a second at each edge is left out. */
const BY_SECOND = "ws_judged_share";
/** For decimal fractions that binary numbers cannot represent, such as a tenth. */
const ROUNDING = 1e-6;
const EDGES_SECONDS = (2 * EDGE_MS) / 1_000;

/**
 * Objectives that a plan gives too few samples, in one line with what to do; null where there are none, or where it
 * cannot be known. Such a run would end INVALID whatever the target does.
 *
 * @param slos of the run.
 * @param instances number of k6 processes that share the plan.
 */
export function foresee(plan: Plan, slos: readonly Slo[], instances: number): string | null {
  if (plan.kind === "visitors") return foreseeTime(lengthOf(plan.shape), slos);
  if (plan.events === null) return null;
  const events = Math.floor(plan.events / instances);
  const starved = slos.filter(({ metric, floor }) => metricOf(metric)?.perEvent === true && floor > events);
  if (starved.length === 0) return null;
  const needed = Math.max(...starved.map(({ floor }) => floor));
  const rows = starved.map((slo) => `${slo.metric} ${expression(slo)} (${slo.floor}, ${sloVariable(slo)})`);
  const share = instances === 1 ? "" : " for each process";
  return `this run will be INVALID: ${several(events, "event")}${share} ${events === 1 ? "is" : "are"} too few to judge ${rows.join(", ")}; publish ${number(needed * instances)} or more, or switch these off with =off`;
}

function foreseeTime(seconds: number, slos: readonly Slo[]): string | null {
  const row = slos.find(({ metric }) => metric === BY_SECOND);
  if (row === undefined) return null;
  const needed = Math.ceil(EDGES_SECONDS / (1 - row.bound) - ROUNDING);
  if (seconds >= needed) return null;
  return `this run will be INVALID: without a receiver, losses in the first and the last second of a subscription are not seen, and ${seconds} s are too short for that; DURATION=${needed * 2}s, RECEIVER_URL, or ${sloVariable(row)}=off`;
}
