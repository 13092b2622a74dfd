import type { ClockReport } from "../core/clocks.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import type { FarEndOpening, Opening } from "../core/report.ts";
import type { Standstills } from "../core/standstill.ts";
import { runNumber } from "../core/trace.ts";
import {
  type Delivery,
  Endpoints,
  type RefusedAttempt,
  type Storage,
  type Stray,
  type Webhook,
  type WebhookSink,
} from "../systems/farends.ts";
import { FarEnd } from "./farend.ts";
import type { Observer, Observers } from "./observer.ts";
import { Run } from "./run.ts";

/** Runs that are remembered; the oldest of those that are settled are forgotten first. */
const REMEMBERED = 20;

/** Far ends that tell nothing by themselves: somebody has to look, as their pipeline says. */
const LOOKED_AT: readonly FarEndOpening["kind"][] = ["rows", "list", "stream", "count"];

/** The runs of one receiver, by id. */
export class Runs implements WebhookSink {
  private readonly byId = new Map<string, Run>();
  private readonly byNumber = new Map<number, Run>();
  private readonly now: () => number;
  private readonly storage: Storage | null;
  private readonly pipelines: readonly AnyPipeline[];
  private readonly standstills: Standstills | null;

  /**
   * @param storage the table that this receiver watches; null when it watches none.
   * @param pipelines whose far ends it can look at by itself.
   * @param standstills those of this process.
   */
  constructor(
    now: () => number,
    storage: Storage | null = null,
    pipelines: readonly AnyPipeline[] = [],
    standstills: Standstills | null = null,
  ) {
    this.now = now;
    this.storage = storage;
    this.pipelines = pipelines;
    this.standstills = standstills;
  }

  /** Why a run with such a far end cannot be opened here; null when it can. */
  refusalOf({ farEnd }: Opening): string | null {
    if (farEnd === undefined) return null;
    // Without its code a wrong signature, or content that was changed, would pass.
    const needsCode = farEnd.judges === true || LOOKED_AT.includes(farEnd.kind);
    if (!needsCode || this.pipelines.some(({ name }) => name === farEnd.pipeline)) return null;
    return `this receiver does not know pipeline ${farEnd.pipeline}; start it with --pipeline dist/node/${farEnd.pipeline}.mjs`;
  }

  /** The far ends of a kind, from the oldest run to the newest. */
  farEnds(kind: FarEndOpening["kind"]): readonly FarEnd[] {
    return this.all().flatMap((run) => {
      const farEnd = run.observer(FarEnd);
      return farEnd?.run.opening.kind === kind ? [farEnd] : [];
    });
  }

  /** Whether runs can be opened whose events end up in a table. */
  get watchesStorage(): boolean {
    return this.storage !== null;
  }

  /** Opens a run or joins it. @returns why that may not be, where it may not. */
  open(id: string, opening: Opening): Run | string {
    const run = this.byId.get(id) ?? this.create(id, opening);
    return run.join(opening) ?? run;
  }

  get(id: string): Run | undefined {
    return this.byId.get(id);
  }

  /** Enters a webhook in the run whose trace it carries; those of unknown runs are foreign. */
  delivered(endpoint: string, delivery: Delivery, body: Webhook): undefined {
    const run = this.byNumber.get(delivery.trace.run);
    if (run === undefined) this.stray(endpoint, "foreign");
    else run.observer(Endpoints)?.delivered(endpoint, delivery, body);
  }

  /** Counts a webhook that belongs to no run, in every run that has such endpoints and is open. */
  stray(_endpoint: string, what: Stray): void {
    for (const run of this.all()) if (!run.settled && run.observer(Endpoints) !== undefined) run.stray(what);
  }

  /** Counts a webhook that was not taken. */
  refused(endpoint: string, refused: RefusedAttempt): void {
    this.byNumber.get(refused.trace.run)?.observer(Endpoints)?.refused(endpoint, refused);
  }

  /** Counts a request whose body is no webhook, in every run that may have been meant: all that are open. */
  unread(_endpoint: string, problem: string): void {
    for (const run of this.all()) if (!run.settled) run.observer(Endpoints)?.unread(problem);
  }

  /** Enters how the clock of a relay stood when it took deliveries of a run. */
  clocked(run: number, report: ClockReport): void {
    this.byNumber.get(run)?.clock(report);
  }

  /** The runs from the oldest to the newest. */
  all(): readonly Run[] {
    return [...this.byId.values()];
  }

  private create(id: string, opening: Opening): Run {
    if (this.byId.size >= REMEMBERED) this.forgetOne();
    const stoodStill = (from: number) => this.standstills?.longestSince(from) ?? null;
    const run = new Run(id, opening, this.now, this.observersOf(id, opening), stoodStill);
    this.byId.set(id, run);
    this.byNumber.set(run.number, run);
    return run;
  }

  /** The far ends that an opening asks for. */
  private observersOf(id: string, { seed, variants, webhooks, storage: stored, farEnd }: Opening): Observers {
    const { storage } = this;
    return (observed) => {
      const observers: Observer[] = [];
      if (webhooks !== undefined) observers.push(new Endpoints(seed, webhooks, observed));
      if (stored !== undefined && storage !== null) observers.push(storage.watch({ id, seed, ...stored }, observed));
      if (farEnd !== undefined) {
        const pipeline = this.pipelines.find(({ name }) => name === farEnd.pipeline) ?? null;
        observers.push(new FarEnd({ seed, variants, number: runNumber(id), opening: farEnd, pipeline }, observed));
      }
      return observers;
    };
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((run) => run.close()));
    await this.storage?.close();
  }

  /** One that nobody settled may still be under load; only when there is no other is it given up. */
  private forgetOne(): void {
    const runs = this.all();
    const forgotten = runs.find(({ settled }) => settled) ?? runs[0];
    if (forgotten === undefined) return;
    void forgotten.close();
    this.byNumber.delete(forgotten.number);
    this.byId.delete(forgotten.id);
  }
}
