/** A run of a pipeline of one's own, at a receiver in this process. */
import type { Account } from "../../core/account.ts";
import { type Spelling, spell } from "../../core/identity.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { runNumber } from "../../core/trace.ts";
import { type Receiver, startReceiver } from "../../receiver/server.ts";

/** Its id. */
export const RUN = "own";
/** Unix ms; each event is sent one later than the one before. Files share this module: a run has its own. */
export let began = 0;
/** Of its events. */
export const VARIANTS = [{ subject: ["invoice"] }, { subject: ["order"] }];

export let receiver: Receiver | null = null;

/** Ends the receiver of a test. */
export async function closeReceiver(): Promise<void> {
  await receiver?.close();
  receiver = null;
}

/** A pipeline as the receiver knows it. */
export const pipelineOf = (observe: object, more: object = {}) =>
  ({
    name: "own",
    events: { attributes: {}, write: ({ id }: { id: string }) => id },
    publish: () => async () => "acknowledged",
    observe,
    ...more,
  }) as unknown as AnyPipeline;

/** Posts JSON to the receiver. @returns its answer. */
export async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${receiver?.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as Answer;
}

/** Starts a receiver and opens a run with a far end. */
export async function opened(
  kind: string,
  paths: object,
  pipeline: AnyPipeline | null,
  order: unknown = "none",
  judges?: boolean,
) {
  began = Date.now() - 1_000;
  receiver = await startReceiver({
    host: "127.0.0.1",
    port: 0,
    farEnds: { farEnd: pipeline === null ? [] : [pipeline] },
  });
  const farEnd = { pipeline: "own", kind, paths, order, judges };
  return post<{ error?: string }>(`/runs/${RUN}`, { seed: 1, variants: VARIANTS, publisher: "one", farEnd });
}

/** The account as it stands. */
export const account = async () => (await (await fetch(`${receiver?.url}/runs/${RUN}`)).json()) as Account;
/** The account at the end. */
export const settle = () => post<Account>(`/runs/${RUN}/settle`, { publisher: "one", timeout: 3_000, quiet: 200 });

/** The identity of an event of the run. */
export function identity(seq: number, spelling: Spelling = "text", publisher = 1): string {
  return spell({ run: runNumber(RUN), publisher, seq, publishedAt: began + seq }, spelling);
}

/** Tells the receiver that so many events were published. */
export async function published(count: number): Promise<void> {
  const now = Date.now();
  const batch = { publisher: 1, firstSeq: 0, count, sentFrom: now, sentThrough: now, refused: [], unknown: [] };
  await post(`/runs/${RUN}/published`, [batch]);
}

/** Sends a request as a target does. */
export const hook = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${receiver?.url}/hooks/${path}`, { method: "POST", body, headers });
