import { derivedTemplate, type EventWriter } from "./derived.ts";
import type { Stream } from "./event.ts";
import { type AttributeTable, made, variantsOf } from "./made.ts";
import { once } from "./once.ts";
import type { AnyPipeline } from "./pipeline.ts";
import type { EntryTemplate, MessageTemplate, Template } from "./template.ts";
import type { Trace } from "./trace.ts";

/** The events of a pipeline as a publisher needs them: those of a system of the suite, or of a user's file. */
export interface PipelineEvents<Wire = unknown> {
  readonly name: string;
  /** What they are drawn from. */
  stream(): Stream;
  /** What is sent of the event that has this trace: a pure function. */
  write(trace: Trace): Wire;
  /** The same as data, for who writes events without the script. @throws RangeError where it cannot be said so. */
  template(): Template<MessageTemplate | EntryTemplate>;
}

/** The events of a pipeline that are drawn from a stream. What is made of all variants is made when it is asked for, and once. */
export function eventsOf<Table extends AttributeTable, Wire>(
  pipeline: EventWriter<Table, Wire>,
  makeStream: () => Stream,
): PipelineEvents<Wire> {
  const stream = once(makeStream);
  return {
    name: pipeline.name,
    stream,
    write: (trace) => pipeline.events.write(made(stream(), trace)),
    template: once(() => derivedTemplate(pipeline, stream())),
  };
}

/** The stream of a user's pipeline. */
export function streamOf({ events }: AnyPipeline, seed: number): Stream {
  return { seed, variants: variantsOf(events) };
}
