import type { Opening } from "../workload/report.ts";
import { Run } from "./run.ts";

/** Runs that are remembered; the oldest ones are forgotten first. */
const REMEMBERED = 20;

/** The runs of one receiver, by id. */
export class Runs {
  private readonly byId = new Map<string, Run>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Opens a run or joins it. @returns null when the run exists with another workload. */
  open(id: string, opening: Opening): Run | null {
    const run = this.byId.get(id) ?? this.create(id, opening);
    return run.join(opening) ? run : null;
  }

  get(id: string): Run | undefined {
    return this.byId.get(id);
  }

  /** The runs from the oldest to the newest. */
  all(): readonly Run[] {
    return [...this.byId.values()];
  }

  private create(id: string, opening: Opening): Run {
    const [oldest] = this.byId.keys();
    if (this.byId.size >= REMEMBERED && oldest !== undefined) this.byId.delete(oldest);
    const run = new Run(id, opening, this.now);
    this.byId.set(id, run);
    return run;
  }
}
