import type { Trace } from "../../core/trace.ts";
import { now } from "./clock.ts";
import { type SendOutcome, type Tick, traceOf } from "./publishing.ts";
import type { Run } from "./run.ts";

/** What became of one event that was sent. */
export interface Sent {
  readonly outcome: "acknowledged" | "refused" | "unknown" | "unsent";
  /** Ms from sending to acknowledgement; not told of one that the transport already had. */
  readonly took: number | null;
  /** Why it was not acknowledged, in the words of the transport. */
  readonly said?: string | undefined;
  /** The id that the transport gave it. */
  readonly id?: string | null;
}

/** Sums up what became of the events of a tick, told in their order. */
export function sumOf({ firstSeq }: Tick, sentFrom: number, events: readonly Sent[]): SendOutcome {
  const missed = { refused: [] as number[], unknown: [] as number[], unsent: [] as number[] };
  const [latencies, words, unanswered, ids]: [number[], string[], string[], string[]] = [[], [], [], []];
  let deduplicated = 0;
  for (const [place, { outcome, took, said, id }] of events.entries()) {
    if (outcome !== "acknowledged") missed[outcome].push(firstSeq + place);
    else if (took === null) deduplicated++;
    else latencies.push(took);
    if (said !== undefined) (outcome === "unknown" ? unanswered : words).push(said);
    if (id != null) ids.push(id);
  }
  return { sentFrom, ...missed, words, unanswered, ...(ids.length === 0 ? {} : { ids }), deduplicated, latencies };
}

/** Sends the events of a tick at the same time, each by itself and stamped just before. */
export async function sendEach(
  run: Run,
  tick: Tick,
  send: (trace: Trace, run: Run) => Promise<Sent>,
): Promise<SendOutcome> {
  const sentFrom = now();
  const sending = Array.from({ length: tick.count }, (_, place) =>
    send(traceOf(run, tick.publisher, tick.firstSeq + place), run),
  );
  return sumOf(tick, sentFrom, await Promise.all(sending));
}
