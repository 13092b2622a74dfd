/** A user's pipeline in the form of a {@link PipelineKind}. */
import { join } from "node:path";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import { PREFIX, secretsOf } from "../../core/ownvariables.ts";
import { type AnyPipeline, connectionsOf, subscribersOf } from "../../core/pipeline.ts";
import { secondsOf } from "../../core/plan.ts";
import { hide } from "../../core/redaction.ts";
import { settings } from "../../k6/support/settings.ts";
import { OWN_WAYS_IN } from "../../systems/access.ts";
import { defineTestsOf, defineVisitsOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import type { PipelineKind, Place, RunningPipeline, VariablesByTest } from "../kind.ts";
import { openTokenDesk } from "../run/tokens.ts";
import { startService } from "../service.ts";
import { programOf } from "../services.ts";
import type { PipelineBundles } from "./build.ts";

/** Time around the load: start-up, a canary's way, and the drain. */
const ROUND_ABOUT_SECONDS = 30;

/** The port of a receiver whose address somebody configures elsewhere ... */
const TOLD_PORT = 4800;
/** ... and what is configured there, by the kind of far end. */
const REACHED: Partial<Record<AnyPipeline["observe"]["kind"], string>> = {
  request: "requests to /hooks/ and a path",
  reported: "reports to /runs/ and the run's id",
};

/** The kind of a bundled file. */
export function kindOf(built: PipelineBundles): PipelineKind {
  return built.pipeline === null ? kindOfEndpoints(built) : kindOfPipeline(built, built.pipeline);
}

/** What all users' files have in common. */
const OWN = {
  urls: {},
  receiver: 0,
  faults: {},
  variables: { reference: {}, always: {} },
} satisfies Partial<PipelineKind>;

/** A table of endpoints: nothing has to be started, and no receiver settles it. */
function kindOfEndpoints(built: PipelineBundles): PipelineKind {
  const declared = built.endpoints as AnyEndpoints;
  defineVisitsOf(declared);
  const test = built.name as RunnableTest;
  return {
    ...OWN,
    name: built.name,
    meaning: declared.meaning ?? `${built.file}, asked by visitors`,
    groups: [[test]],
    settled: {},
    canary: false,
    own: built,
    fit: (given) => ({ ...given, [test]: { ...ofShell(declared), ...given[test] } }),
    start: async () => ({ says: built.file, variables: {}, processes: [], problems: () => [], close: async () => {} }),
  };
}

function kindOfPipeline(built: PipelineBundles, pipeline: AnyPipeline): PipelineKind {
  const [publisher, subscribers] = [pipeline.name, subscribersOf(pipeline.name)] as [RunnableTest, RunnableTest];
  const subscribes = defineTestsOf(pipeline).length > 1;
  return {
    ...OWN,
    name: built.name,
    meaning: pipeline.meaning ?? `${built.file}, observed by ${pipeline.observe.kind}`,
    groups: [subscribes ? [subscribers, publisher] : [publisher]],
    settled: subscribes ? { [subscribers]: [publisher], [publisher]: [subscribers] } : { [publisher]: [] },
    // Whoever reports has to know the run by its id, which doctor makes up.
    canary: pipeline.observe.kind !== "reported",
    receiver: REACHED[pipeline.observe.kind] === undefined ? 0 : TOLD_PORT,
    own: built,
    fit: (given) => fitted(pipeline, given, subscribes),
    start: (place) => startReceiver(pipeline, built.node, place),
  };
}

/** The file's own variables that are set in the environment, and prefixed variables for access to the target. */
function ofShell({ variables = {} }: Pick<AnyPipeline, "variables">): Record<string, string> {
  hide(...secretsOf({ variables }, process.env));
  const own = Object.keys(variables).map((name) => [name, process.env[PREFIX + name] ?? process.env[name]]);
  const ways = Object.keys(OWN_WAYS_IN).map((name) => [name, process.env[PREFIX + name]]);
  return Object.fromEntries([...ways, ...own].filter(([, value]) => value !== undefined));
}

/** Adds the pipeline's variables from the environment; subscribers listen as long as events can arrive. */
function fitted(pipeline: AnyPipeline, given: VariablesByTest, subscribes: boolean): VariablesByTest {
  const shell = ofShell(pipeline);
  const publisher = pipeline.name as RunnableTest;
  const publishing = { ...shell, ...given[publisher] };
  if (!subscribes) return { ...given, [publisher]: publishing };
  const subscribers = subscribersOf(pipeline.name) as RunnableTest;
  const { load, ...waits } = settings(publisher, publishing);
  const {
    CANARY_TIMEOUT = 0,
    DRAIN_TIMEOUT = 0,
    LINGER = 0,
  } = waits as unknown as Readonly<Record<string, number | undefined>>;
  const seconds = secondsOf(load) + CANARY_TIMEOUT + DRAIN_TIMEOUT + LINGER + ROUND_ABOUT_SECONDS;
  return {
    [publisher]: { SUBSCRIPTIONS: String(connectionsOf(pipeline)), ...publishing },
    [subscribers]: { DURATION: `${Math.ceil(seconds)}s`, ...shell, ...given[subscribers] },
  };
}

/** Starts a receiver that observes the far end as the pipeline declares it. */
async function startReceiver(
  pipeline: AnyPipeline,
  node: string,
  { root, logs, port, variables = {} }: Place,
): Promise<RunningPipeline> {
  const reached = REACHED[pipeline.observe.kind];
  const program = [...programOf(root, "receiver"), ...["--port", String(port), "--pipeline", node]];
  const desk = await openTokenDesk(pipeline.name, variables);
  const receiver = await startService("receiver", program, join(logs, "receiver.log"), desk.variables).catch(
    async (problem: unknown) => {
      await desk.close();
      throw problem;
    },
  );
  return {
    says: `receiver ${receiver.url}${reached === undefined ? "" : `, ${reached}`}`,
    variables: { RECEIVER_URL: receiver.url },
    processes: [{ process: "receiver", role: "receiver", pid: receiver.pid }],
    problems: () => [receiver.ended() ?? []].flat(),
    close: async () => {
      await receiver.stop();
      await desk.close();
    },
  };
}
