import { eventsIn } from "../core/echoes.ts";
import type { Stream } from "../core/event.ts";
import type { Identity } from "../core/identity.ts";
import { type AnyPipeline, damageIn } from "../core/pipeline.ts";
import { isLeftOver } from "../core/plausible.ts";
import { beginningOf, onOneLine } from "../core/redaction.ts";
import type { FarEndOpening } from "../core/report.ts";
import type { ObserverContext } from "./observer.ts";

const SHOWN_LENGTH = 80;

/** The run of a far end. */
export interface FarEndRun extends Stream {
  /** The number of its id in identities. */
  readonly number: number;
  readonly opening: FarEndOpening;
  /** The pipeline's code, if this receiver has it. */
  readonly pipeline: AnyPipeline | null;
}

/** The texts of a far end: which events of the run they carry, and whether as published. */
export class FarEndTexts {
  private readonly run: FarEndRun;
  private readonly observed: Pick<ObserverContext, "openedAt">;

  constructor(run: FarEndRun, observed: Pick<ObserverContext, "openedAt">) {
    this.run = run;
    this.observed = observed;
  }

  /** The run's events in a text. @param at when it arrived, in Unix ms. */
  ownIn(text: string, at: number): readonly Identity[] {
    return eventsIn(text, { runs: [this.run.number], at }).identities.filter((one) => this.isOwn(one));
  }

  /** Whether an event is of this run, and no left-over of an earlier one of the same name. */
  isOwn({ run, publishedAt }: Identity): boolean {
    return run === this.run.number && !isLeftOver(publishedAt, this.observed.openedAt ?? Number.NEGATIVE_INFINITY);
  }

  /** How a text differs from what was published; null where it does not, or the pipeline's code is not here. */
  damageIn(text: string, identity: Identity, publishedAt: number): string | null {
    const { pipeline } = this.run;
    return pipeline === null ? null : damageIn(pipeline, this.run, text, { ...identity, publishedAt });
  }
}

/** Identifies an event within its run. */
export function placeOf({ publisher, seq }: Identity): string {
  return `${publisher}/${seq}`;
}

/** The beginning of a text on one line, without credentials, as evidence. */
export function shown(text: string): string {
  return onOneLine(beginningOf(text).replaceAll(/\s+/g, " "), SHOWN_LENGTH);
}
