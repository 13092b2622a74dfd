/** What is published into a gateway's stream, as of any pipeline. */
import type { Stream } from "../../core/event.ts";
import { once } from "../../core/once.ts";
import type { PipelineEvents } from "../../core/pipelineevents.ts";
import { type Template, writeMessage } from "../../core/template.ts";
import { streamOf, type Workload } from "./events.ts";
import { messageTemplate, type Spelling } from "./message.ts";

/** The events of a gateway's stream. */
export interface PulseEvents extends PipelineEvents<{ readonly subject: string; readonly data: string }> {
  readonly workload: Workload;
  readonly spelling: Spelling;
  readonly stream: () => Stream;
  readonly template: () => Template;
  /** Those that they are published on. */
  subjects(): readonly string[];
}

/** The events of a workload. What is made of all variants is made when it is asked for, and once. */
export function pulseEvents(workload: Workload, spelling: Spelling): PulseEvents {
  const template = once(() => messageTemplate(workload, spelling));
  return {
    name: "nats",
    workload,
    spelling,
    stream: once(() => streamOf(workload)),
    write: (trace) => writeMessage(template(), trace),
    template,
    subjects: () => template().variants.map(({ subject }) => subject),
  };
}
