import type { Step } from "./shape.ts";
import type { Slo } from "./slo.ts";
import type { Variable } from "./variable.ts";

/** A test beside those of the suite: what its tables would say of it. */
export interface TestDefinition {
  readonly name: string;
  readonly variables: Readonly<Record<string, Variable<unknown>>>;
  /** Variables without which it cannot run, and what they mean. */
  readonly required: Readonly<Record<string, string>>;
  readonly profiles: Readonly<Record<string, readonly Step[]>>;
  /** It publishes events, holds connections for the whole profile, or asks endpoints again and again. */
  readonly load: "publishes" | "stays" | "visits";
  /** What it is held to, whatever its profile, and beside what every settled run is held to. */
  readonly objectives: readonly Slo[];
  readonly settled: readonly Slo[];
}

const defined = new Map<string, TestDefinition>();

/** Makes a test known by its name. */
export function defineTest(definition: TestDefinition): void {
  defined.set(definition.name, definition);
}

/** The test of a name; undefined for those of the suite. */
export function definitionOf(name: string): TestDefinition | undefined {
  return defined.get(name);
}
