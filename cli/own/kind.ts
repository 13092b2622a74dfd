/** A user's pipeline as `throughline run` knows those of the suite. */
import { join } from "node:path";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import { PREFIX, secretsOf } from "../../core/ownvariables.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { secondsOf } from "../../core/plan.ts";
import { hide } from "../../core/redaction.ts";
import { settings } from "../../k6/support/settings.ts";
import { OWN_WAYS_IN } from "../../systems/access.ts";
import { connectionsOf, defineTestsOf, defineVisitsOf, subscribersOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import type { PipelineKind, Place, RunningPipeline, VariablesByTest } from "../kind.ts";
import { openTokenDesk } from "../run/tokens.ts";
import { startService } from "../service.ts";
import { programOf } from "../services.ts";
import type { Built } from "./build.ts";

/** Beside the load: a canary on its way, the drain, and starting up. */
const ROUND_ABOUT_SECONDS = 30;

/** The port of a receiver whose address somebody else was told ... */
const TOLD_PORT = 4800;
/** ... and what he does there, by the kind of the far end. */
const REACHED: Partial<Record<AnyPipeline["observe"]["kind"], string>> = {
  request: "requests to /hooks/ and a path",
  reported: "reports to /runs/ and the run's id",
};

/** The kind of what was bundled. */
export function kindOf(built: Built): PipelineKind {
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
function kindOfEndpoints(built: Built): PipelineKind {
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

function kindOfPipeline(built: Built, pipeline: AnyPipeline): PipelineKind {
  const [publisher, subscribers] = [pipeline.name, subscribersOf(pipeline.name)] as [RunnableTest, RunnableTest];
  const subscribes = defineTestsOf(pipeline).length > 1;
  return {
    ...OWN,
    name: built.name,
    meaning: pipeline.meaning ?? `${built.file}, observed by ${pipeline.observe.kind}`,
    groups: [subscribes ? [subscribers, publisher] : [publisher]],
    settled: subscribes ? { [subscribers]: [publisher], [publisher]: [subscribers] } : { [publisher]: [] },
    canary: true,
    receiver: REACHED[pipeline.observe.kind] === undefined ? 0 : TOLD_PORT,
    own: built,
    fit: (given) => fitted(pipeline, given, subscribes),
    start: (place) => startReceiver(pipeline, built.node, place),
  };
}

/** What the shell says of a file's own variables, and with our prefix of the ways into its target. */
function ofShell({ variables = {} }: Pick<AnyPipeline, "variables">): Record<string, string> {
  hide(...secretsOf({ variables }, process.env));
  const own = Object.keys(variables).map((name) => [name, process.env[PREFIX + name] ?? process.env[name]]);
  const ways = Object.keys(OWN_WAYS_IN).map((name) => [name, process.env[PREFIX + name]]);
  return Object.fromEntries([...ways, ...own].filter(([, value]) => value !== undefined));
}

/** What the shell says of the pipeline's own variables; and subscribers listen for as long as anything can come. */
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

/** The receiver, which looks at the far end as the pipeline says. */
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
