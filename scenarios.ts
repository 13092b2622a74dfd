/**
 * How much load, and when. The profiles of each test are a table in the room of its system, systems/<system>/profiles.ts, a row
 * for each; what several have in common is in core/profiles.ts.
 */

import { definitionOf } from "./core/definition.ts";
import { type Overrides, type Plan, publishingPlan, visitorPlan } from "./core/plan.ts";
import { named, namesOf, type Profiles } from "./core/profiles.ts";
import { type Shape, scaled, shape } from "./core/shape.ts";
import { type RunnableTest, VARIABLES } from "./systems/variables.ts";

export const TESTS = Object.keys(VARIABLES) as RunnableTest[];

/** The profiles of a test, the suite's or one's own. */
function tableOf(test: RunnableTest): Profiles {
  return definitionOf(test)?.profiles ?? {};
}

/** The profiles of a test, aliases included. */
export function profilesOf(test: RunnableTest): string[] {
  return namesOf(tableOf(test));
}

/** The profile that a name stands for. */
export function profileOf(test: RunnableTest, name: string): string {
  return named(tableOf(test), name);
}

/**
 * Decides the load of a test.
 *
 * @throws RangeError for an unknown profile or overrides that contradict each other.
 */
export function plan(test: RunnableTest, profile: string, overrides: Overrides = {}): Plan {
  const name = profileOf(test, profile);
  const all = tableOf(test);
  const steps = Object.hasOwn(all, name) ? all[name] : undefined;
  if (steps === undefined) {
    throw new RangeError(`SCENARIO=${profile}: not a profile of ${test}; allowed: ${profilesOf(test).join(", ")}`);
  }
  const standard = scaled(shape(steps), { time: overrides.timeScale ?? 1, level: overrides.loadScale ?? 1 });
  const definition = definitionOf(test);
  if (definition?.plan !== undefined) return definition.plan(name, standard, overrides);
  if (definition?.load === "visits") return visitsPlan(standard, overrides);
  if (definition?.load === "stays") return visitorPlan(standard, overrides, true);
  return publishingPlan(standard, overrides);
}

/** Closed by default, open when a rate is asked for: the profile then moves the rate as it moves virtual users. */
function visitsPlan(standard: Shape, overrides: Overrides): Plan {
  const { rate, vus, workers } = overrides;
  if (typeof rate !== "number") {
    if (workers === undefined) return visitorPlan(standard, overrides, false);
    throw new RangeError(`WORKERS=${workers}: a closed model has VUS instead; allowed: together with RATE`);
  }
  if (vus !== undefined)
    throw new RangeError(`RATE=${rate}, VUS=${vus}: a rate makes the model an open one; leave one out`);
  return publishingPlan(standard, { ...overrides, batch: 1 });
}
