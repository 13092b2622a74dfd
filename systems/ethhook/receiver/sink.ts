import type { ClockReport } from "../../../core/clocks.ts";
import { isLeftOver } from "../../../core/plausible.ts";
import type { Runs } from "../../../receiver/runs.ts";
import type { Webhook } from "../wire.ts";
import type { Delivery, RefusedAttempt } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";
import type { Stray, WebhookSink } from "./intake.ts";

/** Enters webhooks in the runs of this receiver. */
export class RunsSink implements WebhookSink {
  private readonly runs: Runs;

  constructor(runs: Runs) {
    this.runs = runs;
  }

  /** Enters a webhook in the run whose trace it carries; those of unknown runs are foreign. */
  delivered(endpoint: string, delivery: Delivery, body: Webhook): undefined {
    const { trace } = delivery;
    const run = this.runs.numbered(trace.run);
    if (run === undefined) this.stray(endpoint, "foreign");
    else if (isLeftOver(trace.publishedAt, run.openedAt)) run.stray("foreign");
    else run.observer(Endpoints)?.delivered(endpoint, delivery, body);
  }

  /** Counts a webhook that belongs to no run, in every run that has such endpoints and is open. */
  stray(_endpoint: string, what: Stray): void {
    for (const run of this.runs.all()) if (!run.settled && run.observer(Endpoints) !== undefined) run.stray(what);
  }

  /** Counts a webhook that was not taken; one that an earlier run of the same id left behind opens nothing. */
  refused(endpoint: string, refused: RefusedAttempt): void {
    const { trace } = refused;
    const run = this.runs.numbered(trace.run);
    if (run === undefined || isLeftOver(trace.publishedAt, run.openedAt)) return;
    run.observer(Endpoints)?.refused(endpoint, refused);
  }

  /** Counts a request whose body is no webhook, in every run that may have been meant: all that are open. */
  unread(_endpoint: string, problem: string): void {
    for (const run of this.runs.all()) if (!run.settled) run.observer(Endpoints)?.unread(problem);
  }

  /** Enters how the clock of a relay stood when it took deliveries of a run. */
  clocked(run: number, report: ClockReport): void {
    this.runs.numbered(run)?.clock(report);
  }
}
