import { join } from "node:path";
import { withoutCredentials } from "../../core/redaction.ts";
import type { PipelineKind, RunningPipeline, VariablesByTest } from "../kind.ts";
import { isTaken } from "../ports.ts";
import { startService } from "../service.ts";
import { programOf } from "../services.ts";
import type { Folder } from "./folder.ts";
import type { PlannedRun } from "./plan.ts";
import type { Request } from "./request.ts";
import type { Subject } from "./subject.ts";

/** A run as requested. */
export interface RunOrder {
  readonly subject: Subject;
  readonly request: Request;
  /** Folder of all runs. */
  readonly out: string;
  readonly runId?: string | undefined;
  /** More flags of `k6 run`. */
  readonly flags?: readonly string[];
  /** Default variables, below everything that was requested. */
  readonly preset?: VariablesByTest | undefined;
  /** Says every objective in full. */
  readonly verbose?: boolean;
  /** Prefix of run ids. */
  readonly prefix?: string;
}

/** The run's URL at the receiver; null without a receiver. */
export function runUrl({ variables }: RunningPipeline, { run: id }: Folder): string | null {
  const receiver = variables["RECEIVER_URL"];
  return receiver === undefined ? null : `${receiver}/runs/${id}`;
}

/**
 * The port of the receiver that a run starts, if an outside target is configured to send to it; 0 for any free port.
 */
export function portOf({ receiver, own }: PipelineKind, { receiverPort }: Request, plan: PlannedRun): number {
  const isToldOf = plan.receiver === "start" && (own !== undefined || !plan.reference);
  return isToldOf ? (receiverPort ?? receiver ?? 0) : 0;
}

/** @throws an error that says what to do when the port that a target sends to is in use. */
export async function refuseTaken(port: number): Promise<void> {
  if (!(await isTaken(port))) return;
  throw new Error(
    `port ${port} is taken, and the target sends its requests there: stop what listens on it, or take another with --receiver-port and tell the target`,
  );
}

/** Starts what has no given address: the whole pipeline, or only the receiver. */
export async function startParts(
  root: string,
  order: RunOrder,
  plan: PlannedRun,
  { path }: Folder,
): Promise<RunningPipeline> {
  const { kind } = order.subject;
  const port = portOf(kind, order.request, plan);
  if (port > 0) await refuseTaken(port);
  if (plan.reference && order.request.urls["receiver"] === undefined) {
    const variables = Object.assign({}, ...plan.groups.flat().map((planned) => planned.variables));
    const { faults, manner } = order.request;
    return kind.start({ root, logs: path, port, faults, manner, variables });
  }
  const given = Object.entries(order.request.urls).map(([name, url]) => `${name} ${withoutCredentials(url)}`);
  if (plan.receiver !== "start") {
    const variables = plan.receiver === null ? {} : { RECEIVER_URL: plan.receiver };
    return { says: given.join(", "), variables, processes: [], problems: () => [], close: async () => {} };
  }
  const program = [...programOf(root, "receiver"), "--port", String(port)];
  const secret = kind.secret === undefined ? {} : { RECEIVER_SECRET: process.env["RECEIVER_SECRET"] ?? kind.secret };
  const receiver = await startService("receiver", program, join(path, "receiver.log"), secret);
  return {
    says: [...given, `receiver ${receiver.url}`].join(", "),
    variables: { RECEIVER_URL: receiver.url },
    processes: [{ process: "receiver", role: "receiver", pid: receiver.pid }],
    problems: () => [receiver.ended() ?? []].flat(),
    close: () => receiver.stop(),
  };
}
