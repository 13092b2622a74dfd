/** A pipeline of one's own as `throughline run` knows those of the suite. */
import { join } from "node:path";
import { secondsOf } from "../../core/plan.ts";
import { settings } from "../../k6/support/settings.ts";
import { connectionsOf, defineTestsOf, subscribersOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import type { PipelineKind, Place, Started, VariablesByTest } from "../pipelines.ts";
import { startService } from "../service.ts";
import type { Built } from "./build.ts";

/** Beside the load: a canary on its way, the drain, and starting up. */
const ROUND_ABOUT_SECONDS = 30;

/** Requests come to an address that the system under test was told. */
const REQUESTS_PORT = "4800";

/** The kind of a pipeline that was bundled. */
export function kindOf(built: Built): PipelineKind {
  const { pipeline } = built;
  const [publisher, subscribers] = [pipeline.name, subscribersOf(pipeline.name)] as [RunnableTest, RunnableTest];
  const subscribes = defineTestsOf(pipeline).length > 1;
  return {
    meaning: pipeline.meaning ?? `${built.file}, observed by ${pipeline.observe.kind}`,
    groups: [subscribes ? [subscribers, publisher] : [publisher]],
    settled: subscribes ? { [subscribers]: [publisher], [publisher]: [subscribers] } : { [publisher]: [] },
    urls: {},
    receiver: [],
    canary: true,
    faults: {},
    variables: { reference: {}, always: {} },
    own: built,
    fit: (given) => fitted(built, given, subscribes),
    start: (place) => startReceiver(built, place),
  };
}

/** What the shell says of the pipeline's own variables; and subscribers listen for as long as anything can come. */
function fitted({ pipeline }: Built, given: VariablesByTest, subscribes: boolean): VariablesByTest {
  const names = Object.keys(pipeline.variables ?? {});
  const ofShell = Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[`THROUGHLINE_${name}`] ?? process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const publisher = pipeline.name as RunnableTest;
  const publishing = { ...ofShell, ...given[publisher] };
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
    [subscribers]: { DURATION: `${Math.ceil(seconds)}s`, ...ofShell, ...given[subscribers] },
  };
}

/** The receiver, which looks at the far end as the pipeline says. */
async function startReceiver({ pipeline, node }: Built, { root, logs, variables = {} }: Place): Promise<Started> {
  const { kind } = pipeline.observe;
  const program = [
    ...[process.execPath, "--enable-source-maps", join(root, "dist/node/receiver.js")],
    ...["--port", kind === "request" ? REQUESTS_PORT : "0", "--pipeline", node],
  ];
  const receiver = await startService("receiver", program, join(logs, "receiver.log"), variables);
  return {
    says: `receiver ${receiver.url}${kind === "request" ? ", requests to /hooks/ and a path" : ""}`,
    variables: { RECEIVER_URL: receiver.url },
    processes: [{ process: "receiver", role: "receiver", pid: receiver.pid }],
    problems: () => [receiver.ended() ?? []].flat(),
    close: () => receiver.stop(),
  };
}
