/** What is published into a gateway's stream, as of any pipeline. */
import { eventsOf, type PipelineEvents } from "../../core/pipelineevents.ts";
import { EVENT_TYPES, streamOf, type Workload } from "./events.ts";
import { messageWriter, type Spelling } from "./message.ts";
import { CHAIN_NUMBERS, SUBJECT, subject } from "./wire.ts";

/** How events are spelled, where that differs from the gateway's contract. */
export type OwnSpelling = { readonly [Name in keyof Spelling]?: Spelling[Name] | undefined };

/** The events of a gateway's stream. */
export interface PulseEvents extends PipelineEvents<{ readonly subject: string; readonly data: string }> {
  readonly workload: Workload;
  readonly spelling: Spelling;
  /** Those that they are published on. */
  subjects(): readonly string[];
}

/**
 * The events of a workload.
 *
 * @throws RangeError for a chain that has no number: its events would have no subject.
 */
export function pulseEvents(
  workload: Workload,
  { numbers = CHAIN_NUMBERS, prefix = SUBJECT, types = {} }: OwnSpelling = {},
): PulseEvents {
  const nameless = workload.chains.find((chain) => !Object.hasOwn(numbers, chain));
  if (nameless !== undefined) {
    throw new RangeError(`CHAINS=${nameless}: has no number; allowed: ${Object.keys(numbers).join(", ")}`);
  }
  const spelling = { numbers, prefix, types };
  const write = messageWriter(workload.seed, spelling);
  return {
    ...eventsOf({ name: "nats", isProven: true, events: { write } }, () => streamOf(workload)),
    workload,
    spelling,
    subjects: () =>
      workload.chains.flatMap((chain) => EVENT_TYPES.map((type) => subject(prefix, numbers[chain] as number, type))),
  };
}
