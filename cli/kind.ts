/**
 * What `throughline run` and `doctor` know about a pipeline: what to start, which tests run on it, and its addresses.
 */
import type { Command } from "commander";
import type { Settings } from "../k6/support/settings.ts";
import type { RunnableTest } from "../systems/variables.ts";
import type { FaultTable } from "../target/faults.ts";
import type { Manner } from "../target/manner.ts";
import type { Check } from "./doctor/check.ts";
import type { PipelineBundles } from "./own/build.ts";
import type { WatchedProcess } from "./run/health.ts";

/** Variables by test. */
export type VariablesByTest = Partial<Record<RunnableTest, Record<string, string>>>;

/** Where and how a pipeline is started. */
export interface Place {
  /** Folder of the package. */
  readonly root: string;
  /** Folder for the logs of the services. */
  readonly logs: string;
  /** Port of the receiver when no reference target is started. */
  readonly port: number;
  /** Faults planted in the reference target, as in `drop=1000`. */
  readonly faults: readonly string[];
  /** How the reference target behaves; by the contract by default. */
  readonly manner?: Manner | undefined;
  /** The run's variables, for far ends that the receiver observes. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A pipeline that runs. */
export interface RunningPipeline {
  /** What was started and where, for the first line of a run. */
  readonly says: string;
  /** The variables with its addresses. */
  readonly variables: Readonly<Record<string, string>>;
  readonly processes: readonly WatchedProcess[];
  /** Why services have ended that should still run. */
  readonly problems: () => readonly string[];
  close(): Promise<void>;
}

/**
 * A check of a target for doctor: the flag name of the address that it uses, as in `ws` of `--ws-url`, and the check.
 */
export interface Door<Test extends RunnableTest> {
  readonly url: string;
  check(settings: Settings<Test>): Promise<Check>;
}

/** One kind of pipeline. */
export interface PipelineKind {
  /** Its name for `throughline run`. */
  readonly name: string;
  readonly meaning: string;
  /** Groups of tests that run at the same time; the groups run one after another. */
  readonly groups: readonly (readonly RunnableTest[])[];
  /** Tests whose run a receiver settles, each with the tests that must run beside it. */
  readonly settled: Partial<Readonly<Record<RunnableTest, readonly RunnableTest[]>>>;
  /** Addresses of the target: flag name, as in `http` of `--http-url`, and variable. */
  readonly urls: Readonly<Record<string, string>>;
  /**
   * The address through which the far end is observed, if a target may lack it; without it no receiver settles the run.
   */
  readonly outcome?: string;
  /**
   * Port of the receiver that a run starts for a target outside, 0 for any free port; null where only the user can
   * start the receiver.
   */
  readonly receiver: number | null;
  /** What webhooks to that receiver are signed with, unless RECEIVER_SECRET is set. */
  readonly secret?: string;
  /** A user's pipeline with its bundles; absent for the suite's own. */
  readonly own?: PipelineBundles;
  /** Its tests have one client each; several k6 processes would multiply limits that count per client. */
  readonly alone?: true;
  /** Its addresses are all that is needed to send a canary through it. */
  readonly canary: boolean;
  /** Checks of a given target for doctor, by test. */
  readonly doors?: { readonly [Test in RunnableTest]?: Door<Test> };
  /** Variables with which doctor tries the whole pipeline: little load, because the events are real. */
  readonly gently?: VariablesByTest;
  /** Doctor's check of a given receiver. */
  readonly receiverCheck?: (receiver: string, run: string) => Promise<Check>;
  /** Extensions of k6 that its tests need. */
  readonly extensions?: Partial<Readonly<Record<RunnableTest, readonly string[]>>>;
  /** Adds the commands of this system. */
  readonly commands?: (program: Command, interrupted: AbortSignal) => void;
  /** Tests whose reference target needs bin/services. */
  readonly services?: readonly RunnableTest[];
  /** Faults of the reference target. */
  readonly faults: FaultTable;
  /** Variables of the tests for the reference target: by its contract, with `--manner real`, and always. */
  readonly variables: {
    readonly reference: VariablesByTest;
    readonly real?: VariablesByTest;
    readonly always: VariablesByTest;
  };
  /** Bundles that take less of a k6 which has an extension. */
  readonly quicker?: Partial<Readonly<Record<RunnableTest, QuickerBundle>>>;
  /** Variables of the short run of `npm start`. */
  readonly demo?: VariablesByTest;
  /** Adjusts the tests of one run to each other; given variables stay. */
  fit?(given: VariablesByTest): VariablesByTest;
  start(place: Place): Promise<RunningPipeline>;
}

/** The same test as the bundle of its name. */
export interface QuickerBundle {
  readonly bundle: string;
  readonly extension: string;
}

/** The flags of a reference target: its manner and its planted faults. */
export function flagsOf({ faults, manner }: Pick<Place, "faults" | "manner">): string[] {
  return [...faults.flatMap((fault) => ["--fault", fault]), ...(manner === undefined ? [] : ["--as", manner])];
}

/** Starts a service that depends on a started one. If that fails, stops the base, too. */
export async function startDependent<Base extends { close(): Promise<void> }>(
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
