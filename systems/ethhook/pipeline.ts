/** The events of a chain's stream, as for any pipeline. */
import { eventsOf, type PipelineEvents } from "../../core/pipelineevents.ts";
import { entryWriter, type LogWorkload, logStream } from "./wire.ts";

/** The log entries of a workload. */
export function logEvents(workload: LogWorkload): PipelineEvents<string[]> {
  return eventsOf({ name: "redis", events: { write: entryWriter(workload.seed) } }, () => logStream(workload));
}
