import type { PublisherReportInput } from "../../core/report.ts";
import { pause } from "./pause.ts";

/**
 * For how long a report is held for those that follow. At 200 batches a second, a request for each cost k6 as much
 * as the load itself. The receiver takes arrivals that nobody has reported yet.
 */
const HOLD_MS = 200;

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
