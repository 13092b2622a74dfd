import leven from "leven";
import { definitionOf } from "../../core/definition.ts";
import { foresee } from "../../core/foresight.ts";
import { excessOf, type Overrides, type Plan } from "../../core/plan.ts";
import { onOneLine, withoutCredentials } from "../../core/redaction.ts";
import { eventsIn, lengthOf, peakOf } from "../../core/shape.ts";
import { SLO_PREFIX, type Slo, sloVariable, withBound } from "../../core/slo.ts";
import type { Variable } from "../../core/variable.ts";
import { plan, profileOf, type Test, type Trial } from "../../scenarios.ts";
import { NOT_OURS, PREFIXES } from "../../systems/access.ts";
import { type Force, isLoopback, needsConsent } from "../../systems/remote.ts";
import { peakOfTrials } from "../../systems/signals/k6/webhookcount.ts";
import { CONTRACT } from "../../systems/signals/wire.ts";
import { type RunnableTest, VARIABLES, variablesOf } from "../../systems/variables.ts";
import { boundVariables, EVERY_TRIAL, slos } from "../../thresholds.ts";

type Values<T extends RunnableTest> = {
  readonly [Name in keyof (typeof VARIABLES)[T]]: (typeof VARIABLES)[T][Name] extends Variable<infer Value>
    ? (typeof VARIABLES)[T][Name] extends { readonly fallback: string }
      ? OptionalValue<Value>
      : OptionalValue<Value> | undefined
    : never;
};

/** A variable that says "none" is as one that was not given. */
type OptionalValue<Value> = Exclude<Value, null> | (null extends Value ? undefined : never);

/** Everything a script is told: its variables, and what follows from them. */
export type Settings<T extends RunnableTest> = Values<T> & {
  readonly test: T;
  readonly load: Plan;
  readonly slos: readonly Slo[];
  /** Bounds that are not the standard ones, and objectives that were switched off, each in words. */
  readonly changes: readonly string[];
  /** Why the run will be INVALID whatever the target does; null where that is not known. */
  readonly foreseen: string | null;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Of all virtual users, which have the same environment, the one that k6 makes before them looks for what is not known. */
const IS_FIRST = typeof __VU === "undefined" || __VU === 0;

/** Every variable may also be given with this prefix, where the bare name is taken. */
export const PREFIX = "THROUGHLINE_";

/**
 * Reads a test's settings from the environment.
 *
 * @throws a string of one line that names the variable, its value and what is allowed. Thrown in the
 * init context it makes k6 exit 107 before any load; a string, because k6 prints an Error with its stack.
 */
export function settings<T extends RunnableTest>(test: T, environment: Environment = __ENV): Settings<T> {
  try {
    const values = readVariables(test, environment);
    refuseMissing(test, values);
    const load = plan(test, values.SCENARIO, overridesOf(test, values));
    refuseExcess(load, environment);
    refuseRemote(test, values, load);
    refuseShortDrain(values, environment);
    const rows = slos(test, {
      accounted: values.RECEIVER_URL !== undefined && values.EXECUTED_BY !== "count",
      watched: values.HEALTH_URL !== undefined,
      executedByCount: values.EXECUTED_BY === "count",
      ...trialsOf(values),
      events: load.kind === "paced" ? load.events : null,
      instances: values.INSTANCES,
      steady: load.kind === "paced" && load.shape.length === 1 && load.shape[0]?.from === load.shape[0]?.to,
      messages: load.kind === "closed" || load.kind === "unpaced" ? load.events : null,
      profile: profileOf(test, values.SCENARIO),
      rate: requestedRate(load),
      bursts: load.kind === "paced" ? load.bursts?.length : undefined,
      gateway: { manifests: values.MANIFESTS === true, dependencyAway: values.DEPENDENCY_AWAY === true },
    });
    const bounds = readBounds(rows, environment);
    if (IS_FIRST) refuseUnknown(test, rows, environment);
    const asked = rows.filter((row) => bounds[sloVariable(row)] !== OFF);
    const held = asked.map((row) => withBound(row, bounds[sloVariable(row)]));
    return {
      ...values,
      test,
      load,
      slos: held,
      foreseen: foresee(load, held, values.INSTANCES),
      changes: rows.flatMap((row) => changeOf(row, bounds[sloVariable(row)]) ?? []),
    };
  } catch (problem) {
    throw problem instanceof RangeError ? problem.message : problem;
  }
}

/** Who waits for quiet has to have the time to find it. The message names what was given. */
function refuseShortDrain(values: AnyValues, environment: Environment): void {
  const { DRAIN_TIMEOUT: timeout, RECEIVER_URL } = values;
  if (timeout === undefined || RECEIVER_URL === undefined) return;
  for (const name of ["DRAIN_QUIET", "BUFFER_TIMEOUT"] as const) {
    const wait = values[name];
    if (wait === undefined || wait < timeout) continue;
    const isGiven = [name, `${PREFIX}${name}`].some((one) => environment[one] !== undefined);
    throw new RangeError(
      isGiven
        ? `${name}=${wait}s: allowed: less than DRAIN_TIMEOUT, which is ${timeout}s`
        : `DRAIN_TIMEOUT=${timeout}s: allowed: more than ${name}, which is ${wait}s`,
    );
  }
}

/** Mean rate that the load asks for, in events per second; null where acknowledgements set the pace. */
export function requestedRate(load: Plan): number | null {
  return load.kind === "paced" ? eventsIn(load.shape) / lengthOf(load.shape) : null;
}

/** The variables that change a profile, where a test has them. */
interface AnyValues {
  readonly SCENARIO: string;
  readonly INSTANCES: number;
  readonly VUS?: number;
  readonly RATE?: number | "max";
  readonly DURATION?: number;
  readonly EVENTS?: number;
  readonly TIME_SCALE?: number;
  readonly LOAD_SCALE?: number;
  readonly WORKERS?: number;
  readonly CONCURRENCY?: number;
  readonly MODEL?: "open" | "closed";
  readonly MESSAGES?: number;
  readonly BATCH?: number;
  readonly BURST?: boolean;
  readonly BURST_RATIO?: number;
  readonly BURST_PERIOD?: number;
  readonly BURST_LENGTH?: number;
  readonly BURST_GAP?: number;
  readonly BURST_CYCLES?: number;
  readonly RECEIVER_URL?: string;
  readonly DRAIN_TIMEOUT?: number;
  readonly DRAIN_QUIET?: number;
  readonly BUFFER_TIMEOUT?: number;
  readonly ALLOW_REMOTE: boolean;
  readonly SOCKETS?: number;
  readonly THINK_TIME?: number;
  readonly HEALTH_URL?: readonly string[];
  readonly TRIALS?: readonly Trial[];
  readonly SIGNAL_LIMIT?: number;
  readonly WEBHOOKS?: number;
  readonly WEBHOOK_TOKEN?: string;
  readonly EXECUTED_BY?: "trace" | "count";
  readonly MEMORY_RATE?: number;
  readonly MANIFESTS?: boolean;
  readonly DEPENDENCY_AWAY?: boolean;
}

/** Memory is nothing to try where nobody looks at it. */
function trialsOf({ TRIALS: trials, HEALTH_URL }: AnyValues): { trials?: readonly Trial[] } {
  if (trials === undefined) return {};
  return { trials: trials.filter((trial) => trial !== "memory" || HEALTH_URL !== undefined) };
}

function readVariables<T extends RunnableTest>(test: T, environment: Environment): Values<T> & AnyValues {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variablesOf(test))) {
    values[name] = readVariable(name, variable, environment);
  }
  return values as Values<T> & AnyValues;
}

/** @throws RangeError for what a pipeline of one's own cannot do without. */
function refuseMissing(test: string, values: object): void {
  for (const [name, meaning] of Object.entries(definitionOf(test)?.required ?? {})) {
    if ((values as Record<string, unknown>)[name] === undefined) {
      throw new RangeError(
        `${name}: is not given: ${meaning}; set it with --set ${name}=..., -e ${name}=... or in the shell`,
      );
    }
  }
}

function readVariable(name: string, variable: Variable<unknown>, environment: Environment): unknown {
  const given = environment[PREFIX + name] ?? environment[name];
  const text = given ?? variable.fallback;
  if (text === null) return undefined;
  const value = variable.parse(text);
  if (value === undefined) throw new RangeError(`${name}=${shown(name, text)}: allowed: ${variable.allowed}`);
  return value ?? undefined;
}

/** Secrets are never printed, not even wrong ones, nor under a name that was meant for one; nor is who logs in to a URL. */
export function shown(name: string, text: string, meant = name): string {
  if (SECRET.test(name) || SECRET.test(meant)) return "(hidden)";
  return onOneLine(withoutCredentials(text));
}

const SECRET = /TOK|PASS|SECRET|CRED|KEY|AUTH|HEADER|COOKIE|BASIC/i;

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

/** Refuses a load out of all bounds, by the names of the variables that made it so. */
function refuseExcess(load: Plan, environment: Environment): void {
  const excess = excessOf(load);
  if (excess === null) return;
  const given = LOAD_VARIABLES.flatMap((name) => {
    const text = environment[PREFIX + name] ?? environment[name];
    return text === undefined ? [] : [`${name}=${shown(name, text)}`];
  });
  throw new RangeError(`${given.join(", ")}: ${excess}`);
}

/** Refuses to turn more than a smoke test on somebody else's machine, unless that is what is asked for. */
function refuseRemote(test: RunnableTest, values: AnyValues, load: Plan): void {
  if (values.ALLOW_REMOTE) return;
  const given: Readonly<Record<string, unknown>> = { ...values };
  const addresses: Record<string, string> = {};
  for (const [name, { target }] of Object.entries(variablesOf(test))) {
    const urls = [given[name] ?? []].flat().map(String);
    const [url] = [...urls.filter((one) => !isLoopback(one)), ...urls];
    if (target && url !== undefined) addresses[name] = url;
  }
  const { SOCKETS, THINK_TIME } = values;
  const problem = needsConsent(test, { load, SOCKETS, THINK_TIME, after: afterLoad(values, load) }, addresses);
  if (problem !== null) throw new RangeError(`${problem}; allowed: a host of this machine, or ALLOW_REMOTE=1`);
}

/** How hard the trials of a webhook hit, beside those of a smoke test, which has no monitor. */
function afterLoad(values: AnyValues, load: Plan): Force["after"] {
  const { TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE = 0 } = values;
  if (trials === undefined || SIGNAL_LIMIT === undefined || !("shape" in load)) return undefined;
  return {
    peak: peakOfTrials({ ...values, TRIALS: trials, SIGNAL_LIMIT, MEMORY_RATE }, peakOf(load.shape)),
    gentle: peakOfTrials({ TRIALS: EVERY_TRIAL, SIGNAL_LIMIT: CONTRACT.limit, MEMORY_RATE }, 0),
  };
}

function overridesOf(test: Test, values: AnyValues): Overrides {
  return {
    vus: values.VUS,
    rate: values.RATE,
    duration: values.DURATION,
    events: values.EVENTS ?? values.MESSAGES,
    timeScale: values.TIME_SCALE,
    loadScale: values.LOAD_SCALE,
    workers: values.WORKERS ?? (test === "ingest" ? undefined : values.CONCURRENCY),
    concurrency: test === "ingest" ? concurrencyOf(values) : undefined,
    batch: values.BATCH,
    instances: values.INSTANCES,
    burst: burstOf(values),
  };
}

/** Unless told, a burst comes every 30 s, and lasts a tenth of the time from one to the next. */
const BURST_PERIOD_SECONDS = 30;
const BURST_PART = 0.1;

/** The bursts that are asked for: by their length and the gap between them, or by the time from one to the next. */
function burstOf(values: AnyValues): Overrides["burst"] {
  const { BURST, BURST_RATIO: ratio = 1, BURST_CYCLES: cycles, BURST_LENGTH, BURST_GAP, BURST_PERIOD } = values;
  if (BURST !== true) return undefined;
  if (BURST_GAP !== undefined && BURST_PERIOD !== undefined) {
    throw new RangeError(
      `BURST_GAP=${BURST_GAP}s, BURST_PERIOD=${BURST_PERIOD}s: with its length each decides the other; leave one out`,
    );
  }
  const period = BURST_PERIOD ?? BURST_PERIOD_SECONDS;
  const length = BURST_LENGTH ?? (BURST_GAP === undefined ? period : BURST_GAP / (1 - BURST_PART)) * BURST_PART;
  if (BURST_GAP === undefined && length >= period) {
    throw new RangeError(`BURST_LENGTH=${length}s: allowed: less than BURST_PERIOD, which is ${period}s`);
  }
  return { ratio, length, gap: BURST_GAP ?? period - length, cycles };
}

/** The concurrency of a closed model, or that of the profile; undefined asks for an open one. */
function concurrencyOf({ MODEL, CONCURRENCY }: AnyValues): Overrides["concurrency"] {
  if (MODEL === "open" && CONCURRENCY !== undefined) {
    throw new RangeError(`CONCURRENCY=${CONCURRENCY}: an open model has none; leave it or MODEL=open out`);
  }
  return CONCURRENCY ?? (MODEL === "closed" ? true : undefined);
}

/** What an objective is set to when the run is not to be held to it. */
const OFF = Number.POSITIVE_INFINITY;

/** Bounds of objectives that were set by variables such as `SLO_WS_EVENT_LATENCY_MS_P95`. */
function readBounds(rows: readonly Slo[], environment: Environment): Record<string, number> {
  const bounds: Record<string, number> = {};
  for (const name of rows.map(sloVariable)) {
    const text = environment[PREFIX + name] ?? environment[name];
    if (text === undefined) continue;
    // What the run measures by cannot be given up, only what the target is held to.
    const mayBeOff = rows.every((row) => sloVariable(row) !== name || row.miss === "FAIL");
    const bound = text === "off" && mayBeOff ? OFF : Number(text);
    if (text.trim() === "" || Number.isNaN(bound) || bound < 0 || (bound === OFF && text !== "off")) {
      throw new RangeError(`${name}=${shown(name, text)}: allowed: a number from 0${mayBeOff ? ", or off" : ""}`);
    }
    bounds[name] = bound;
  }
  return bounds;
}

/** What a variable made of an objective; null where that is the standard. */
function changeOf(row: Slo, bound: number | undefined): string | null {
  if (bound === undefined || bound === row.bound) return null;
  const standard = `${row.metric} ${row.statistic} ${row.comparison} ${row.bound}`;
  if (bound === OFF) return `${standard} is switched off by ${sloVariable(row)}`;
  const { comparison } = withBound(row, bound);
  return `${standard} is held to ${comparison} ${bound} by ${sloVariable(row)}`;
}

/** Bare words that no other program's variable is like; a slip in one is a load that nobody asked for. */
const UNMISTAKABLE = ["SCENARIO", "DURATION"];

/**
 * Refuses variables that are surely meant for us and do nothing: those with our prefixes, and those
 * one slip of the finger away from a variable of this test. The environment is full of other programs'
 * variables: bare words such as MODE or DATE are none of our business.
 */
function refuseUnknown(test: Test & RunnableTest, rows: readonly Slo[], environment: Environment): void {
  const known = [...Object.keys(variablesOf(test)), ...rows.map(sloVariable)];
  for (const given of Object.keys(environment)) {
    const name = given.startsWith(PREFIX) ? given.slice(PREFIX.length) : given;
    if (known.includes(name) || isOfAnyTest(name) || isServiceLink(given)) continue;
    const meant = given.includes("_") ? known : UNMISTAKABLE;
    const close = meant.find((candidate) => candidate.length > 3 && isOneSlipAway(name, candidate));
    if (close !== undefined) {
      throw new RangeError(
        `${onOneLine(given)}=${shown(name, environment[given] ?? "", close)}: unknown variable; did you mean ${close}?`,
      );
    }
    if (beginsAsOurs(test, name)) {
      const value = shown(name, environment[given] ?? "");
      throw new RangeError(
        `${onOneLine(given)}=${value}: unknown variable of ${test}; did you mean ${nearest(name, known)}?`,
      );
    }
    if (name !== given || name.startsWith(SLO_PREFIX)) {
      const allowed = name.startsWith(SLO_PREFIX) ? rows.map(sloVariable) : Object.keys(variablesOf(test));
      throw new RangeError(
        `${onOneLine(given)}=${shown(name, environment[given] ?? "")}: unknown variable of ${test}; allowed: ${allowed.join(", ")}`,
      );
    }
  }
}

/** Whether a variable says by its prefix that it is about a test's target. */
export function beginsAsOurs(test: RunnableTest, name: string): boolean {
  return !NOT_OURS.includes(name) && (PREFIXES[test] ?? []).some((prefix) => name.startsWith(prefix));
}

/** Of the names that begin like an unknown one, that which is most like it. */
export function nearest(name: string, known: readonly string[]): string {
  const prefix = `${name.split("_")[0]}_`;
  const alike = known.filter((one) => one.startsWith(prefix));
  const distances = (alike.length > 0 ? alike : known).map((one) => ({ one, distance: leven(name, one) }));
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).one;
}

/**
 * Whether Kubernetes tells a container of a Service by this variable, whatever the Service is called; the
 * operator of TestRuns makes one for each runner.
 */
function isServiceLink(name: string): boolean {
  return /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/.test(name);
}

/** One shell may hold the variables and the bounds of several tests. */
function isOfAnyTest(name: string): boolean {
  const tests = Object.keys(VARIABLES) as RunnableTest[];
  if (tests.some((test) => Object.hasOwn(VARIABLES[test], name))) return true;
  return name.startsWith(SLO_PREFIX) && tests.some((test) => boundVariables(test).has(name));
}

/** Whether two names differ by one letter more, less or other, or by two neighbours swapped. */
function isOneSlipAway(given: string, name: string): boolean {
  if (Math.abs(given.length - name.length) > 1) return false;
  let start = 0;
  while (start < given.length && given[start] === name[start]) start++;
  const rest = given.slice(start);
  const wanted = name.slice(start);
  return (
    rest.slice(1) === wanted.slice(1) ||
    rest.slice(1) === wanted ||
    rest === wanted.slice(1) ||
    (rest.slice(2) === wanted.slice(2) && rest[0] === wanted[1] && rest[1] === wanted[0])
  );
}
