/** What `throughline run` and `doctor` have to know of a pipeline: what is started, which tests run on it, and where it is. */
import type { Command } from "commander";
import type { Settings } from "../k6/support/settings.ts";
import type { RunnableTest } from "../systems/variables.ts";
import type { FaultTable } from "../target/faults.ts";
import type { Manner } from "../target/manner.ts";
import type { Check } from "./doctor/check.ts";
import type { Built } from "./own/build.ts";
import type { WatchedProcess } from "./run/health.ts";

/** The variables of each test that takes part. */
export type VariablesByTest = Partial<Record<RunnableTest, Record<string, string>>>;

/** Where a pipeline is started. */
export interface Place {
  /** The folder of the repository. */
  readonly root: string;
  /** Folder for what the services log. */
  readonly logs: string;
  /** Of the receiver, where that is started beside no reference target. */
  readonly port: number;
  /** Planted in the reference target, as in `drop=1000`. */
  readonly faults: readonly string[];
  /** How the reference target behaves; by the contract unless told. */
  readonly manner?: Manner | undefined;
  /** The variables of the run, for far ends that the receiver looks at. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A pipeline that runs. */
export interface RunningPipeline {
  /** What was started and where it is, for the first line of a run. */
  readonly says: string;
  /** The variables that lead to it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly processes: readonly WatchedProcess[];
  /** Why parts of it have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/** A question to a target: the name of the address that it is asked at, as in `--ws-url`. */
export interface Door<Test extends RunnableTest> {
  readonly url: string;
  check(settings: Settings<Test>): Promise<Check>;
}

/** One kind of pipeline. */
export interface PipelineKind {
  /** What `throughline run` calls it. */
  readonly name: string;
  readonly meaning: string;
  /** The tests that run at the same time, group after group. */
  readonly groups: readonly (readonly RunnableTest[])[];
  /** The tests that a receiver settles, each with those that must run beside it. */
  readonly settled: Partial<Readonly<Record<RunnableTest, readonly RunnableTest[]>>>;
  /** Addresses of the target: the flag that gives one, as in `--http-url`, and its variable. */
  readonly urls: Readonly<Record<string, string>>;
  /** The one of them that tells how events end, where a target may lack it: without it nobody settles the run. */
  readonly outcome?: string;
  /**
   * The port of the receiver that a run starts for a target that is not started here, 0 for one that is free; null where
   * only its owner can start it.
   */
  readonly receiver: number | null;
  /** What webhooks to that receiver are signed with, unless RECEIVER_SECRET says otherwise. */
  readonly secret?: string;
  /** Somebody's own, with the bundles of its tests. */
  readonly own?: Built;
  /** Its tests are one client each, whose limits several k6 processes would count as those of several. */
  readonly alone?: true;
  /** Its addresses are all it takes to send a canary through it. */
  readonly canary: boolean;
  /** What doctor asks of a target that was given, by test: at which of its addresses, and how. */
  readonly doors?: { readonly [Test in RunnableTest]?: Door<Test> };
  /** Variables with which doctor tries the whole pipeline: little, because the events are real. */
  readonly gently?: VariablesByTest;
  /** What doctor asks of a receiver that was given. */
  readonly receiverCheck?: (receiver: string, run: string) => Promise<Check>;
  /** What its tests need that plain k6 does not have. */
  readonly extensions?: Partial<Readonly<Record<RunnableTest, readonly string[]>>>;
  /** Adds the commands that only this system has. */
  readonly commands?: (program: Command, interrupted: AbortSignal) => void;
  /** Tests whose reference target needs bin/services. */
  readonly services?: readonly RunnableTest[];
  /** Faults of the reference target. */
  readonly faults: FaultTable;
  /** Variables of the tests when the reference target is started, when it behaves as in the field, and in any case. */
  readonly variables: {
    readonly reference: VariablesByTest;
    readonly real?: VariablesByTest;
    readonly always: VariablesByTest;
  };
  /** The bundle of a test, where it is another than that of its name; null where it is not. */
  script?(planned: { readonly test: RunnableTest; readonly settings: Settings<RunnableTest> }): string | null;
  /** A short run that shows the pipeline, for `npm start`. */
  readonly demo?: VariablesByTest;
  /** Fits the tests of one run to each other; what was given stays. */
  fit?(given: VariablesByTest): VariablesByTest;
  start(place: Place): Promise<RunningPipeline>;
}

/** What a reference target is told of how it behaves, and of the faults that are planted in it. */
export function flagsOf({ faults, manner }: Pick<Place, "faults" | "manner">): string[] {
  return [...faults.flatMap((fault) => ["--fault", fault]), ...(manner === undefined ? [] : ["--as", manner])];
}

/** Starts what stands on something that was started. When it does not start, nothing is left behind. */
export async function upon<Base extends { close(): Promise<void> }>(
  base: Base,
  start: (base: Base) => Promise<Omit<RunningPipeline, "close"> & Partial<RunningPipeline>>,
): Promise<RunningPipeline> {
  try {
    return { close: base.close, ...(await start(base)) };
  } catch (problem) {
    await base.close();
    throw problem;
  }
}
