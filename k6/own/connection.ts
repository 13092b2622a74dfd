import { failureWords } from "../../core/closing.ts";
import { identitiesIn } from "../../core/identity.ts";
import { eventId } from "../../core/trace.ts";
import { PathLog } from "../support/arrivals.ts";
import type { ReportArrivals } from "../support/judge.ts";
import type { measures } from "../support/metrics.ts";
import type { Run } from "../support/run.ts";

type Measures = ReturnType<typeof measures<"websocket">>;

/** One connection from its opening to its end. */
export class Connection {
  /** What arrived since it was live; null before. */
  log: PathLog | null = null;
  /** Why it ended by itself; null while it has not. */
  failure: string | null = null;
  private readonly measure: Measures;
  private readonly run: Run;
  private readonly correction: number;

  constructor(measure: Measures, run: Run, correction: number) {
    this.measure = measure;
    this.run = run;
    this.correction = correction;
  }

  live(name: string, filter: Readonly<Record<string, readonly string[]>>): void {
    this.log ??= new PathLog(name, filter, Date.now() + this.correction);
  }

  failed(why: string): void {
    this.failure ??= failureWords(why);
  }

  arrived(text: string, readAt: number): void {
    const at = readAt + this.correction;
    const { identities, damaged } = identitiesIn(text, { runs: [this.run.number ?? 0], at });
    this.measure.ws_events_received.add(1);
    this.measure.ws_events_damaged.add(damaged, Math.max(1, identities.length + damaged));
    this.measure.generator_lag_ms.add(Math.max(0, Date.now() - readAt));
    if (this.log === null || identities.length === 0) this.measure.ws_events_foreign.add(1);
    // What knows no time of publishing is told as if it had taken none.
    for (const one of identities) this.log?.record(eventId({ ...one, publishedAt: one.publishedAt ?? at }), at);
  }

  /** @returns whether the run is settled, so that nothing more is to come. */
  async report(judge: ReportArrivals, closed: boolean): Promise<boolean> {
    const { log } = this;
    const through = Date.now() + this.correction;
    if (log === null || (!closed && !log.isDue(through))) return (await judge([], [], 0)).settled;
    const { settled } = await judge([log.take(through, closed)], [], 0);
    return settled;
  }
}
