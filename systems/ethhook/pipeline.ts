/** The events of a chain's stream, as for any pipeline. */
import type { PipelineEvents } from "../../core/pipelineevents.ts";
import { entryTemplate } from "./entry.ts";
import { entryOf, type LogWorkload } from "./wire.ts";

/** The log entries of a workload. */
export function logEvents(workload: LogWorkload): PipelineEvents<string[]> {
  return {
    name: "redis",
    write: (trace) => entryOf(workload, trace),
    template: () => entryTemplate(workload),
  };
}
