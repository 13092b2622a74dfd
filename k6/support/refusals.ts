/** Settings that no run is started with, each refused by the names of the variables that made it so. */
import { definitionOf } from "../../core/definition.ts";
import { PREFIX } from "../../core/ownvariables.ts";
import { excessOf, type Plan } from "../../core/plan.ts";
import { peakOf } from "../../core/shape.ts";
import { isLoopback, needsConsent } from "../../systems/remote.ts";
import { type RunnableTest, variablesOf } from "../../systems/variables.ts";
import { type Environment, givenIn, shown } from "./environment.ts";

/** The variables that say how long a run waits. */
export interface WaitValues {
  readonly RECEIVER_URL?: string | undefined;
  readonly DRAIN_TIMEOUT?: number | undefined;
  readonly DRAIN_QUIET?: number | undefined;
  readonly BUFFER_TIMEOUT?: number | undefined;
}

/** The variables that say how hard a test hits. */
export interface TargetValues {
  readonly ALLOW_REMOTE: boolean;
  readonly SOCKETS?: number | undefined;
  readonly THINK_TIME?: number | undefined;
}

/** @throws RangeError for what a user's pipeline cannot do without, with the way to give it that shows no secret. */
export function refuseMissing(test: string, values: object): void {
  const { required = {}, variables = {} } = definitionOf(test) ?? {};
  for (const [name, meaning] of Object.entries(required)) {
    if ((values as Record<string, unknown>)[name] !== undefined) continue;
    const shell = `set it in the shell, as ${PREFIX}${name} or ${name}`;
    // A command line is shown by ps and kept by the shell.
    const flag = variables[name]?.credential === true ? "" : `, or with -e ${name}=...`;
    throw new RangeError(`${name}: is not given: ${meaning}; ${shell}${flag}`);
  }
}

/** DRAIN_TIMEOUT must be longer than DRAIN_QUIET and BUFFER_TIMEOUT. The message names what was given. */
export function refuseShortDrain(values: WaitValues, environment: Environment): void {
  const { DRAIN_TIMEOUT: timeout, RECEIVER_URL } = values;
  if (timeout === undefined || RECEIVER_URL === undefined) return;
  for (const name of ["DRAIN_QUIET", "BUFFER_TIMEOUT"] as const) {
    const wait = values[name];
    if (wait === undefined || wait < timeout) continue;
    const isGiven = givenIn(environment, name) !== undefined;
    throw new RangeError(
      isGiven
        ? `${name}=${wait}s: allowed: less than DRAIN_TIMEOUT, which is ${timeout}s`
        : `DRAIN_TIMEOUT=${timeout}s: allowed: more than ${name}, which is ${wait}s`,
    );
  }
}

const LOAD_VARIABLES = [
  "DURATION",
  "TIME_SCALE",
  "LOAD_SCALE",
  "RATE",
  "EVENTS",
  "MESSAGES",
  "CONCURRENCY",
  "VUS",
  "BURST_RATIO",
  "BURST_PERIOD",
  "BURST_LENGTH",
  "BURST_GAP",
  "BURST_CYCLES",
];

/** Refuses a load out of all bounds, by the names of the variables that made it so, or else by its profile. */
export function refuseExcess(load: Plan, profile: string, environment: Environment): void {
  const excess = excessOf(load);
  if (excess === null) return;
  const given = LOAD_VARIABLES.flatMap((name) => {
    const text = givenIn(environment, name);
    return text === undefined ? [] : [`${name}=${shown(name, text)}`];
  });
  const culprits = given.length > 0 ? given : [`SCENARIO=${profile}`];
  throw new RangeError(`${culprits.join(", ")}: ${excess}`);
}

/** Refuses to turn more than a smoke test on somebody else's machine, unless that is what is asked for. */
export function refuseRemote(test: RunnableTest, values: TargetValues, load: Plan): void {
  if (values.ALLOW_REMOTE) return;
  const given: Readonly<Record<string, unknown>> = { ...values };
  const addresses: Record<string, string> = {};
  for (const [name, { target }] of Object.entries(variablesOf(test))) {
    const urls = [given[name] ?? []].flat().map(String);
    const [url] = [...urls.filter((one) => !isLoopback(one)), ...urls];
    if (target && url !== undefined) addresses[name] = url;
  }
  const { SOCKETS, THINK_TIME } = values;
  const peak = "shape" in load ? peakOf(load.shape) : null;
  const after = peak === null ? undefined : definitionOf(test)?.afterLoad?.(given, peak);
  const problem = needsConsent(test, { load, SOCKETS, THINK_TIME, after }, addresses);
  if (problem !== null) throw new RangeError(`${problem}; allowed: a host of this machine, or ALLOW_REMOTE=1`);
}
