import type { Opening } from "../core/report.ts";
import type { Standstills } from "../core/standstill.ts";
import type { Observers } from "./observer.ts";
import { Run } from "./run.ts";

/** Runs that are remembered; the oldest of those that are settled are forgotten first. */
const REMEMBERED = 20;

/** What runs know of far ends: what looks at them, and what all that take part must agree on about them. */
export interface RunFarEnds {
  /** The far ends that an opening asks for. */
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

  /**
   * @param farEnds those that a run may have beside subscriptions; null for none.
   * @param standstills those of this process.
   */
  constructor(now: () => number, farEnds: RunFarEnds | null = null, standstills: Standstills | null = null) {
    this.now = now;
    this.farEnds = farEnds;
    this.standstills = standstills;
  }

  /** Opens a run or joins it. @returns why that may not be, where it may not. */
  open(id: string, opening: Opening): Run | string {
    const run = this.byId.get(id) ?? this.create(id, opening);
    return run.join(opening) ?? run;
  }

  get(id: string): Run | undefined {
    return this.byId.get(id);
  }

  /** The run that a number in a trace stands for. */
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

  /** Lets go of everything. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((run) => run.close()));
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
