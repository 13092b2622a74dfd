import { momentOf } from "../../../k6/support/clock.ts";
import type { Agenda } from "./agenda.ts";
import type { SessionPlan } from "./sessionparts.ts";

/** The plans of a virtual user's sessions: those that end together share one. */
export class Plans {
  private readonly agenda: Agenda;
  private readonly pingEvery: number;
  private readonly resubscribesAt: number | undefined;
  private readonly vanish: (() => void) | undefined;
  /** The token that was seen last: when it is over, in Unix ms, and which moment that is. */
  private token = { endsAt: Number.POSITIVE_INFINITY, moment: Number.POSITIVE_INFINITY };
  private last: SessionPlan | null = null;

  /**
   * @param pingEvery ms.
   * @param resubscribesAt Unix ms at which each session subscribes anew; undefined where none does.
   * @param vanish ends them without a word, where they do not say goodbye.
   */
  constructor(agenda: Agenda, pingEvery: number, resubscribesAt: number | undefined, vanish: (() => void) | undefined) {
    this.agenda = agenda;
    this.pingEvery = pingEvery;
    this.resubscribesAt = resubscribesAt;
    this.vanish = vanish;
  }

  /** How sessions go that end at a moment, or with their token. @param tokenEndsAt Unix ms. */
  until(moment: number, tokenEndsAt: number): SessionPlan {
    if (tokenEndsAt !== this.token.endsAt) this.token = { endsAt: tokenEndsAt, moment: momentOf(tokenEndsAt) };
    const until = Math.min(moment, this.token.moment);
    if (this.last?.until === until) return this.last;
    const { agenda, pingEvery, vanish } = this;
    const resubscribesAt = this.resubscribesAt === undefined ? undefined : momentOf(this.resubscribesAt);
    this.last = { until, pingEvery, resubscribesAt, vanish, agenda };
    return this.last;
  }
}
