/** What a test is told, read from the environment and from what follows of it. */
import { definitionOf } from "../../core/definition.ts";
import { foresee } from "../../core/foresight.ts";
import type { Plan } from "../../core/plan.ts";
import { hide } from "../../core/redaction.ts";
import { eventsIn, lengthOf } from "../../core/shape.ts";
import { type Slo, sloVariable, withBound } from "../../core/slo.ts";
import type { Variable } from "../../core/variable.ts";
import { plan, profileOf } from "../../scenarios.ts";
import { type RunnableTest, type VARIABLES, variablesOf } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";
import { changeOf, OFF, readBounds } from "./bounds.ts";
import { type Environment, givenIn, secretsIn, shown } from "./environment.ts";
import { type OverrideValues, overridesOf } from "./overrides.ts";
import {
  refuseExcess,
  refuseMissing,
  refuseRemote,
  refuseShortDrain,
  type TargetValues,
  type WaitValues,
} from "./refusals.ts";
import { refuseUnknown } from "./unknown.ts";

type Values<T extends RunnableTest> = ValuesOf<(typeof VARIABLES)[T]>;

/** What variables are read as. */
export type ValuesOf<Variables> = {
  readonly [Name in keyof Variables]: Variables[Name] extends Variable<infer Value>
    ? Variables[Name] extends { readonly fallback: string }
      ? OptionalValue<Value>
      : OptionalValue<Value> | undefined
    : never;
};

/** A variable that says "none" is as one that was not given. */
type OptionalValue<Value> = Exclude<Value, null> | (null extends Value ? undefined : never);

/** Everything a script is told: its variables, and what follows from them. */
export type Settings<T extends RunnableTest> = Values<T> & Following & { readonly test: T };

/** What follows from the variables of a test. */
export interface Following {
  readonly load: Plan;
  /** What the run is held to. It is judged as a whole: virtual users but the first know nothing of it, nor of the two below. */
  readonly slos: readonly Slo[];
  /** Bounds that are not the standard ones, and objectives that were switched off, each in words. */
  readonly changes: readonly string[];
  /** Why the run will be INVALID whatever the target does; null where that is not known. */
  readonly foreseen: string | null;
}

/**
 * Reads a test's settings from the environment.
 *
 * @throws a string of one line that names the variable, its value and what is allowed. Thrown in the
 * init context it makes k6 exit 107 before any load; a string, because k6 prints an Error with its stack.
 */
export function settings<T extends RunnableTest>(test: T, environment: Environment = __ENV): Settings<T> {
  try {
    const values = readVariables(test, environment);
    const load = plan(test, values.SCENARIO, overridesOf(values));
    const standards = standardsOf(test, values, load, environment);
    // Under another name a profile would be another one to the history, and to baselines.
    return { ...values, SCENARIO: profileOf(test, values.SCENARIO), test, load, ...standards };
  } catch (problem) {
    throw problem instanceof RangeError ? problem.message : problem;
  }
}

type Standards = Omit<Following, "load">;

/** What the run is held to, once it is known that it can be made at all. @throws RangeError for what cannot. */
function standardsOf(test: RunnableTest, values: AnyValues, load: Plan, environment: Environment): Standards {
  refuseMissing(test, values);
  refuseExcess(load, values.SCENARIO, environment);
  refuseRemote(test, values, load);
  refuseShortDrain(values, environment);
  const rows = slos(test, {
    accounted: values.RECEIVER_URL !== undefined,
    watched: values.HEALTH_URL !== undefined,
    events: load.kind === "paced" ? load.events : null,
    instances: values.INSTANCES,
    steady: load.kind === "paced" && load.shape.length === 1 && load.shape[0]?.from === load.shape[0]?.to,
    messages: load.kind === "closed" || load.kind === "unpaced" ? load.events : null,
    profile: profileOf(test, values.SCENARIO),
    rate: requestedRate(load),
    bursts: load.kind === "paced" ? load.bursts?.length : undefined,
    ...definitionOf(test)?.context?.(values),
  });
  const bounds = readBounds(rows, environment);
  refuseUnknown(test, rows, environment);
  const asked = rows.filter((row) => bounds[sloVariable(row)] !== OFF);
  const held = asked.map((row) => withBound(row, bounds[sloVariable(row)]));
  return {
    slos: held,
    foreseen: foresee(load, held, values.INSTANCES),
    changes: rows.flatMap((row) => changeOf(row, bounds[sloVariable(row)]) ?? []),
  };
}

/** Mean rate that the load asks for, in events per second; null where acknowledgements set the pace. */
export function requestedRate(load: Plan): number | null {
  return load.kind === "paced" ? eventsIn(load.shape) / lengthOf(load.shape) : null;
}

/** What is read of every test that has it. */
interface AnyValues extends OverrideValues, WaitValues, TargetValues {
  readonly SCENARIO: string;
  readonly HEALTH_URL?: readonly string[];
}

function readVariables<T extends RunnableTest>(test: T, environment: Environment): Values<T> & AnyValues {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variablesOf(test))) {
    values[name] = readVariable(name, variable, environment);
  }
  return values as Values<T> & AnyValues;
}

function readVariable(name: string, variable: Variable<unknown>, environment: Environment): unknown {
  const text = givenIn(environment, name) ?? variable.fallback;
  if (text === null) return undefined;
  const value = variable.parse(text);
  if (value === undefined) throw new RangeError(`${name}=${shown(name, text)}: allowed: ${variable.allowed}`);
  hide(...secretsIn(name, text, variable));
  return value ?? undefined;
}
