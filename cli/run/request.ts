/** A request for a run: what a user asks for, and what is refused before anything starts. Pure. */

import { definitionOf } from "../../core/definition.ts";
import { nearest, suggestion } from "../../core/nearest.ts";
import { beginsAsOurs, beginsAsOwn } from "../../k6/support/unknown.ts";
import { type RunnableTest, VARIABLES, variablesOf } from "../../systems/variables.ts";
import type { Manner } from "../../target/manner.ts";
import { boundVariables } from "../../thresholds.ts";
import type { VariablesByTest } from "../kind.ts";
import { DECIDED } from "./shell.ts";
import type { Subject } from "./subject.ts";

/** What a user may request. */
export interface Request {
  readonly scenario?: string | undefined;
  /** Addresses by the pipeline's names, and `receiver`. */
  readonly urls: Readonly<Record<string, string>>;
  readonly rate?: string | undefined;
  readonly duration?: string | undefined;
  readonly events?: string | undefined;
  readonly instances: number;
  /** Port of the receiver that the run starts, instead of the pipeline's. */
  readonly receiverPort?: number | undefined;
  readonly faults: readonly string[];
  /** How the reference target behaves; by the contract by default. */
  readonly manner?: Manner | undefined;
  /**
   * Variables as `NAME=VALUE`, for every test that has it, or as `test.NAME=VALUE`; length and rate for all are those of
   * the load.
   */
  readonly set: readonly string[];
  /**
   * The shell's environment, whose `THROUGHLINE_NAME` are variables too; credentials among them go only to targets with
   * a given address.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Allows more than smoke on a target outside this machine. */
  readonly consent?: boolean;
}

/** Whether a test has a variable. */
export function hasVariable(test: RunnableTest, name: string): boolean {
  return Object.hasOwn(variablesOf(test), name);
}

/** Whether a receiver can observe the far end of a given target. */
export function showsFarEnd({ outcome }: Subject["kind"], urls: Request["urls"]): boolean {
  return outcome === undefined || outcome in urls;
}

/** @throws RangeError in one line for a request that the subject cannot fulfil. */
export function refuseUnfit(subject: Subject, request: Request, reference: boolean): void {
  const { kind, groups, name } = subject;
  const { urls, faults, instances, manner } = request;
  refuseIdle(groups.flat(), request);
  if (kind.alone === true && instances > 1) {
    throw new RangeError(`--instances ${instances}: ${name} is one client within its limits; allowed: 1`);
  }
  const known = [...Object.keys(kind.urls), "receiver"];
  const unknown = Object.keys(urls).find((one) => !known.includes(one));
  if (unknown !== undefined) {
    throw new RangeError(
      `--url ${unknown}=${urls[unknown]}: run ${name} has no such address; allowed: ${known.join(", ")}`,
    );
  }
  if (request.receiverPort !== undefined && urls["receiver"] !== undefined) {
    throw new RangeError(
      `--receiver-port ${request.receiverPort}: the receiver at --receiver-url has a port of its own; leave one out`,
    );
  }
  if (!reference && faults.length > 0) {
    throw new RangeError(
      `--fault ${faults[0]}: faults are planted in the reference target only; leave out the addresses`,
    );
  }
  if (manner !== undefined && (!reference || kind.own !== undefined)) {
    throw new RangeError(`--as ${manner}: chooses how the reference target behaves; leave it out, or the addresses`);
  }
  if (reference && kind.own === undefined && urls["receiver"] !== undefined) {
    throw new RangeError(
      "--receiver-url: the reference target has a receiver of its own; give the target's addresses too",
    );
  }
  if (!reference && kind.receiver === null && urls["receiver"] === undefined) {
    throw new RangeError(
      `run ${name}: needs --receiver-url: a receiver that you started with the target's --database; see docs/${name}.md`,
    );
  }
  if (!reference && urls["receiver"] !== undefined && !showsFarEnd(kind, urls)) {
    throw new RangeError(
      `--receiver-url: run ${name} has nothing for it to settle without --${kind.outcome}-url; give both or none`,
    );
  }
  const tests = groups.flat();
  for (const test of reference ? tests : []) {
    const missing = kind.settled[test]?.find((other) => !tests.includes(other));
    if (missing !== undefined) {
      throw new RangeError(
        `run ${name}: ${test} shows nothing without ${missing}; run both, or give the target's addresses`,
      );
    }
  }
}

/** @throws RangeError when a flag would have no effect. */
function refuseIdle(tests: readonly RunnableTest[], { rate, duration, events }: Request): void {
  for (const [flag, value] of Object.entries({ rate, duration, events })) {
    const variable = flag.toUpperCase();
    if (value === undefined || tests.some((test) => hasVariable(test, variable))) continue;
    const takers = (Object.keys(VARIABLES) as RunnableTest[]).filter((test) => hasVariable(test, variable));
    throw new RangeError(
      `--${flag} ${value}: has no effect on ${tests.join(", ")}; allowed: with ${takers.join(", ")}`,
    );
  }
}

/**
 * Parses `NAME=VALUE` and `test.NAME=VALUE`.
 *
 * @param takes whether a test takes what is given for all of them.
 */
export function settingsByTest(
  tests: readonly RunnableTest[],
  set: readonly string[],
  takes: (test: RunnableTest, name: string) => boolean = () => true,
): VariablesByTest {
  const result: VariablesByTest = {};
  for (const setting of set) {
    const [, only, name, value] = /^(?:([a-z][a-z0-9-]*)\.)?([A-Z][A-Z0-9_]*)=(.*)$/s.exec(setting) ?? [];
    if (name === undefined || value === undefined) {
      throw new RangeError(`--set ${setting.split("=")[0]}: allowed: NAME=VALUE, or test.NAME=VALUE`);
    }
    const decided = DECIDED[name];
    if (decided !== undefined) throw new RangeError(`--set ${name}: ${decided}`);
    const takers = tests.filter(
      (test) => (only === undefined || only === test) && (hasVariable(test, name) || boundVariables(test).has(name)),
    );
    if (takers.length === 0) {
      const what = `--set ${only === undefined ? "" : `${only}.`}${name}`;
      const asked = only === undefined ? tests : tests.filter((test) => test === only);
      throw new RangeError(`${what}: no variable of ${tests.join(", ")}; ${hintFor(asked, name)}see docs/variables.md`);
    }
    const own = takers.filter((test) => only !== undefined || takes(test, name));
    for (const test of own) result[test] = { ...result[test], [name]: value };
  }
  return result;
}

/** For an unknown name: the variable that was meant, or those of the user's own file, of which no page tells. */
function hintFor(tests: readonly RunnableTest[], name: string): string {
  const known = tests.flatMap((test) => Object.keys(variablesOf(test)));
  if (tests.some((test) => beginsAsOurs(test, name) || beginsAsOwn(test, name))) {
    return `did you mean ${nearest(name, known)}? `;
  }
  const close = suggestion(name, known);
  if (name.length > 3 && close.startsWith("did you mean")) return `${close} `;
  const declared = [...new Set(tests.flatMap((test) => definitionOf(test)?.declared ?? []))];
  return declared.length === 0 ? "" : `its own: ${declared.join(", ")}; for the rest `;
}
