import type { Opening } from "../core/report.ts";
import type { Standstills } from "../core/standstill.ts";
import type { Observers } from "./observer.ts";
import { Run } from "./run.ts";

/** Number of runs that are kept; the oldest settled ones are forgotten first. */
const REMEMBERED = 20;

/** Access of runs to far ends. */
export interface RunFarEnds {
  /** The observers of the far ends that an opening requests. */
  observersOf(id: string, opening: Opening): Observers;
  workloadOf(opening: Opening): Readonly<Record<string, unknown>>;
}

/** The runs of one receiver, by id. */
export class Runs {
  private readonly byId = new Map<string, Run>();
  private readonly byNumber = new Map<number, Run>();
  private readonly now: () => number;
  private readonly farEnds: RunFarEnds | null;
  private readonly standstills: Standstills | null;

  /** @param farEnds besides subscriptions; null for none. @param standstills of this process. */
  constructor(now: () => number, farEnds: RunFarEnds | null = null, standstills: Standstills | null = null) {
    this.now = now;
    this.farEnds = farEnds;
    this.standstills = standstills;
  }

  /** Opens or joins a run. @returns why not, if that is impossible. */
  open(id: string, opening: Opening): Run | string {
    const run = this.byId.get(id) ?? this.create(id, opening);
    return run.join(opening) ?? run;
  }

  get(id: string): Run | undefined {
    return this.byId.get(id);
  }

  /** The run with a number in traces. */
  numbered(number: number): Run | undefined {
    return this.byNumber.get(number);
  }

  /** The runs from the oldest to the newest. */
  all(): readonly Run[] {
    return [...this.byId.values()];
  }

  private create(id: string, opening: Opening): Run {
    if (this.byId.size >= REMEMBERED) this.forgetOne();
    const run = new Run(id, opening, this.now, {
      observers: this.farEnds?.observersOf(id, opening),
      workloadOf: this.farEnds?.workloadOf,
      stoodStill: (from) => this.standstills?.longestSince(from) ?? null,
      ranOut: (from) => this.standstills?.ranOutSince(from) ?? null,
    });
    this.byId.set(id, run);
    this.byNumber.set(run.number, run);
    return run;
  }

  /** Releases all resources. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((run) => run.close()));
  }

  /** An unsettled run may still be under load; it is given up only when there is no settled one. */
  private forgetOne(): void {
    const runs = this.all();
    const forgotten = runs.find(({ settled }) => settled) ?? runs[0];
    if (forgotten === undefined) return;
    void forgotten.close();
    this.byNumber.delete(forgotten.number);
    this.byId.delete(forgotten.id);
  }
}
