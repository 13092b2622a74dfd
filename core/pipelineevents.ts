import { derivedTemplate } from "./derived.ts";
import type { Stream } from "./event.ts";
import { combinations, made } from "./made.ts";
import type { AnyPipeline } from "./pipeline.ts";
import type { EntryTemplate, MessageTemplate, Template } from "./template.ts";
import type { Trace } from "./trace.ts";

/** The events of a pipeline as a publisher needs them: those of a system of the suite, or of a user's file. */
export interface PipelineEvents<Wire = unknown> {
  readonly name: string;
  /** What is sent of the event that has this trace: a pure function. */
  write(trace: Trace): Wire;
  /** The same as data, for who writes events without the script. @throws RangeError where it cannot be said so. */
  template(): Template<MessageTemplate | EntryTemplate>;
}

/** The events of a user's pipeline, and the stream that they are drawn from. */
export function eventsOf(pipeline: AnyPipeline, seed: number): PipelineEvents & { readonly stream: Stream } {
  const { name, events } = pipeline;
  const stream = { seed, variants: combinations(events.attributes) };
  return {
    name,
    stream,
    write: (trace) => events.write(made(stream, trace)),
    template: () => derivedTemplate(pipeline, stream),
  };
}
