/** The known tests with their tables: those of the suite's systems, and those of users' pipelines. */
import type { Overrides, Plan } from "./plan.ts";
import type { Profiles } from "./profiles.ts";
import type { Shape } from "./shape.ts";
import type { Slo } from "./slo.ts";
import type { Variable } from "./variable.ts";

/** Facts about a run that decide which objectives apply. */
export interface SloContext {
  /** A receiver settles the run. */
  readonly accounted: boolean;
  /** Number of events of an open model; null for all other models. */
  readonly events: number | null;
  /** Number of k6 processes that share the load; each is held to its share of the sample floors. */
  readonly instances?: number;
  /** The rate of the load is constant. */
  readonly steady?: boolean;
  /** A health monitor watches the target. */
  readonly watched?: boolean;
  /** Number of events of a closed model. */
  readonly messages?: number | null;
  /** The profile, by its own name, if objectives depend on it. */
  readonly profile?: string;
  /** Number of bursts in the load; none by default. */
  readonly bursts?: number | undefined;
  /** Mean requested rate in events per second; null where acknowledgements set the pace. */
  readonly rate?: number | null;
  /** Arrivals are only counted: nobody sees which events they are. */
  readonly counted?: boolean;
  /** Changed bounds, by the names of {@link sloVariable}. */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** One test: its variables, its load and its objectives. */
export interface TestDefinition {
  readonly variables: Readonly<Record<string, Variable<unknown>>>;
  /** Prefixes of its target's variables: an unknown variable with such a prefix is a mistake. */
  readonly prefixes?: readonly string[];
  /** Those of its variables that the user's file declares. */
  readonly declared?: readonly string[];
  /** Required variables with their meaning. */
  readonly required?: Readonly<Record<string, string>>;
  readonly profiles: Profiles;
  /** It publishes events, holds connections for the whole profile, or requests endpoints repeatedly. */
  readonly load: "publishes" | "stays" | "visits";
  /** Plans the load of a profile, where {@link load} alone does not decide it. @throws RangeError in one line. */
  plan?(profile: string, standard: Shape, overrides: Overrides): Plan;
  /** False if its events are not stamped by another clock at the far end. By default they are, except for visits. */
  readonly comparesClocks?: false;
  /** Its own objectives, besides those of every test. */
  objectives(context: SloContext): readonly Slo[];
  /** Its objectives in a settled run, besides those of every settled run. */
  settled(context: SloContext): readonly Slo[];
  /** Facts from its own variables that decide which objectives apply. */
  context?(values: object): object;
  /** Contexts in which further objectives apply; for documentation and boards. */
  readonly circumstances?: readonly object[];
  /** Requests per second after its load: the highest rate, and that of a smoke test. */
  afterLoad?(values: object, peak: number): { readonly peak: number; readonly gentle: number } | undefined;
}

/** A user's test with its name. */
export interface NamedTest extends TestDefinition {
  readonly name: string;
}

const defined = new Map<string, TestDefinition>();

/** Registers a test under its name. */
export function defineTest(name: string, definition: TestDefinition): void {
  defined.set(name, definition);
}

/** The test with a name; undefined if there is none. */
export function definitionOf(name: string): TestDefinition | undefined {
  return defined.get(name);
}
