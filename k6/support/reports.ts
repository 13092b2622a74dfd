import type { PublisherReportInput } from "../../core/report.ts";
import { pause } from "./pause.ts";

/**
 * For how long a report is held for those that follow. At 200 batches a second, a request for each cost k6 as much
 * as the load itself. The receiver takes arrivals that nobody has reported yet.
 */
const HOLD_MS = 200;

/** What is not plain success is told at once: it may be what ends the run, and its words are the reason. */
function isUrgent({ refused, unknown, unsent = [] }: PublisherReportInput): boolean {
  return refused.length + unknown.length + unsent.length > 0;
}

/** The reports of one virtual user, several in a request. */
export class Reports {
  private readonly send: (batches: readonly PublisherReportInput[]) => Promise<void>;
  private held: PublisherReportInput[] = [];
  private sent: Promise<void> | null = null;

  /** @param send sends what was held. */
  constructor(send: (batches: readonly PublisherReportInput[]) => Promise<void>) {
    this.send = send;
  }

  /** Reports a batch. Resolves when the receiver has it, and rejects when it does not take it. */
  tell(batch: PublisherReportInput): Promise<void> {
    if (isUrgent(batch)) return this.send([batch]);
    this.held.push(batch);
    this.sent ??= pause(HOLD_MS).then(() => this.flush());
    return this.sent;
  }

  private flush(): Promise<void> {
    const batches = this.held;
    this.held = [];
    this.sent = null;
    return this.send(batches);
  }
}
