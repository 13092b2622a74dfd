/** What is posted to an ingestor, as of any pipeline. */
import type { PipelineEvents } from "../../core/pipelineevents.ts";
import { type HostileRequest, hostileRequest } from "./hostile.ts";
import { message } from "./wire.ts";

/** The messages of a seed. Each is as long as its number draws, which no template can say. */
export function messageEvents(seed: number): Omit<PipelineEvents<string>, "template" | "stream"> {
  return { name: "ingest", write: (trace) => JSON.stringify(message(seed, trace)) };
}

/** Inputs at the edge of the contract and beyond it. */
export const HOSTILE_EVENTS: Omit<PipelineEvents<HostileRequest>, "template" | "stream"> = {
  name: "ingest",
  write: hostileRequest,
};
