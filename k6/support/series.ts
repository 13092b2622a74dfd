import type { PipelineEvents } from "../../core/pipelineevents.ts";
import { safeMessageOf } from "../../core/redaction.ts";
import type { Series, SeriesOutcome, SeriesSender } from "../../core/transport.ts";
import { isShortage } from "./host.ts";
import type { measures } from "./metrics.ts";
import { nothingSent, type SendOutcome, type Tick } from "./publishing.ts";
import { clockCorrection, type Run } from "./run.ts";

type SeriesMeasures = ReturnType<typeof measures<"everywhere" | "publishing">>;

/** To ask a server that does not answer takes time in which nothing else of this publisher goes on. */
const RECONNECT_MS = 1_000;

/** What a series is sent with. */
export interface SeriesSending {
  readonly events: Pick<PipelineEvents, "name" | "template">;
  readonly series: SeriesSender;
  /** Ms that acknowledgements are waited for. */
  readonly timeout: number;
}

/** Makes what sends the events of a tick as a series; `warm` connects, and makes the template. */
export function seriesSender(metrics: SeriesMeasures, { events, series, timeout }: SeriesSending) {
  const template = { name: events.name, make: events.template };
  let connectsAgainAt = 0;
  const send = async (run: Run, tick: Tick): Promise<SendOutcome> => {
    if (Date.now() < connectsAgainAt) return unreached(metrics, tick);
    try {
      return outcomeOf(metrics, tick, await series(template, seriesOf(run, tick), { timeout }));
    } catch (problem) {
      // A wrong argument is a TypeError, and what the script itself throws its own mistake; Go has no connection.
      if (!isOfGo(problem)) throw problem;
      const said = safeMessageOf(problem);
      const isOurs = isShortage(metrics, said);
      connectsAgainAt = Date.now() + RECONNECT_MS;
      if (!isOurs) console.warn(said);
      return unreached(metrics, tick);
    }
  };
  return { send, warm: (run: Run) => send(run, { firstSeq: 0, count: 0, publisher: 0 }) };
}

/** Whether Go failed at what it was asked for. */
export function isOfGo(problem: unknown): boolean {
  return problem instanceof Error && problem.name === "GoError";
}

/** The events of a tick as a series has them. */
export function seriesOf(run: Run, { publisher, firstSeq, count }: Tick): Series {
  return { run: run.number as number, publisher, firstSeq, count, clockCorrection: clockCorrection(run) };
}

type Failure = SeriesOutcome["failures"][number];

function outcomeOf(metrics: SeriesMeasures, { firstSeq, count }: Tick, result: SeriesOutcome): SendOutcome {
  const { sentAt, latenciesMs, duplicates = 0, failures } = result;
  if (failures.length < count) isShortage(metrics, null);
  const missed = { refused: [] as number[], unknown: [] as number[], unsent: [] as number[] };
  // Failures of the same words are of the same kind.
  const kinds = new Map<string, { readonly of: Failure; readonly seqs: number[] }>();
  for (const failure of failures) {
    const kind = kinds.get(failure.error) ?? { of: failure, seqs: [] };
    kind.seqs.push(firstSeq + failure.index);
    kinds.set(failure.error, kind);
  }
  const [words, unanswered]: [string[], string[]] = [[], []];
  for (const { of, seqs } of kinds.values()) {
    const miss = missOf(metrics, of, seqs.length);
    missed[miss].push(...seqs);
    // Of what never left, the target has said nothing.
    if (miss !== "unsent") (miss === "unknown" ? unanswered : words).push(...seqs.map(() => of.error));
  }
  return { sentFrom: sentAt, ...missed, words, unanswered, deduplicated: duplicates, latencies: latenciesMs };
}

/** What became of events that were not acknowledged: the target said no, it was never reached, or nobody knows. */
export function missOf(
  metrics: SeriesMeasures,
  { sent, refused, error }: Omit<Failure, "index">,
  count: number,
): "refused" | "unknown" | "unsent" {
  // What was sent reached the target: its words tell of a connection that broke, not of one that could not be made.
  if (isShortage(metrics, sent || refused ? null : error)) return "unsent";
  if (refused) return "refused";
  if (sent) return "unknown";
  if (error.includes("connection pool")) metrics.unsent_waiting.add(count);
  else enterUnreached(metrics, count);
  return "unsent";
}

/** What becomes of a tick none of whose events could be sent for want of a connection. */
function unreached(metrics: SeriesMeasures, tick: Tick): SendOutcome {
  if (tick.count > 0) enterUnreached(metrics, tick.count);
  return nothingSent(tick);
}

/** Counts events that could not be sent, and when that was. */
export function enterUnreached(metrics: SeriesMeasures, count: number): void {
  metrics.unsent_unreachable.add(count);
  metrics.unreachable_at.add(Date.now());
}
