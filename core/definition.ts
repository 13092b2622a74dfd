/** The tests that are known, each with its tables: those of the suite's systems, and those of users' pipelines. */
import type { Overrides, Plan } from "./plan.ts";
import type { Profiles } from "./profiles.ts";
import type { Shape } from "./shape.ts";
import type { Slo } from "./slo.ts";
import type { Variable } from "./variable.ts";

/** What decides which objectives apply to a run. */
export interface SloContext {
  /** A receiver settles the run. */
  readonly accounted: boolean;
  /** Events that an open model promised; null for every other model. */
  readonly events: number | null;
  /** k6 processes that share the load; each is held to its share of the sample floors. */
  readonly instances?: number;
  /** The load is published at the same rate from its beginning to its end. */
  readonly steady?: boolean;
  /** A health monitor watches the target. */
  readonly watched?: boolean;
  /** Events that a closed model promised. */
  readonly messages?: number | null;
  /** The profile, by its own name, where objectives depend on it. */
  readonly profile?: string;
  /** How many bursts the load has; none unless told. */
  readonly bursts?: number | undefined;
  /** Mean rate in events per second that the run offers; null where acknowledgements set the pace. */
  readonly rate?: number | null;
  /** Other bounds, by the names of {@link sloVariable}. */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** One test: what it may be told, how it loads, and what it is held to. */
export interface TestDefinition {
  readonly variables: Readonly<Record<string, Variable<unknown>>>;
  /** What the variables of its target begin with: whatever else begins so is a mistake. */
  readonly prefixes?: readonly string[];
  /** Those of them that its file declares. */
  readonly declared?: readonly string[];
  /** Variables without which it cannot run, and what they mean. */
  readonly required?: Readonly<Record<string, string>>;
  readonly profiles: Profiles;
  /** It publishes events, holds connections for the whole profile, or asks endpoints again and again. */
  readonly load: "publishes" | "stays" | "visits";
  /** Decides the load of a profile, where {@link load} alone does not. @throws RangeError in one line. */
  plan?(profile: string, standard: Shape, overrides: Overrides): Plan;
  /** Far ends stamp its events by another clock than its own; so it is unless told, but for visits. */
  readonly comparesClocks?: false;
  /** What it is held to beside what every test is. */
  objectives(context: SloContext): readonly Slo[];
  /** What it is held to beside what every settled run is. */
  settled(context: SloContext): readonly Slo[];
  /** What its own variables say about which objectives apply. */
  context?(values: object): object;
  /** Contexts of its own in which other objectives apply. */
  readonly circumstances?: readonly object[];
  /** Requests per second after its load, at the highest and in a smoke test. */
  afterLoad?(values: object, peak: number): { readonly peak: number; readonly gentle: number } | undefined;
}

/** A test of one's own, by its name. */
export interface NamedTest extends TestDefinition {
  readonly name: string;
}

const defined = new Map<string, TestDefinition>();

/** Makes a test known by its name. */
export function defineTest(name: string, definition: TestDefinition): void {
  defined.set(name, definition);
}

/** The test of a name; undefined where there is none. */
export function definitionOf(name: string): TestDefinition | undefined {
  return defined.get(name);
}
