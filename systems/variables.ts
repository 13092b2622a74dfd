/** Every test of the suite, and what it may be told: given to k6 as `-e NAME=value`, or in the environment. */
import { definitionOf } from "../core/definition.ts";
import type { Intersection } from "../core/room.ts";
import type { Variable } from "../core/variable.ts";
import { ROOMS } from "./rooms.ts";

type Tables = Intersection<(typeof ROOMS)[number]["tests"]>;

/** The tests that can be run. */
export type RunnableTest = keyof Tables & string;

/** The tables of every test, by its name. */
export const TABLES = Object.assign({}, ...ROOMS.map(({ tests }) => tests)) as Tables;

/** The variables of every test: bare, or as `THROUGHLINE_NAME`. */
export const VARIABLES = Object.fromEntries(
  Object.entries(TABLES).map(([name, { variables }]) => [name, variables]),
) as { readonly [Test in RunnableTest]: Tables[Test]["variables"] };

/** The variables of a test, the suite's or one's own. */
export function variablesOf(test: string): Readonly<Record<string, Variable<unknown>>> {
  return definitionOf(test)?.variables ?? {};
}
