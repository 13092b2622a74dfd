import exec from "k6/execution";
import { RESOLUTION_MS } from "../../../core/clock.ts";
import { type Damage, DamageTally, describeDamage } from "../../../core/damage.ts";
import { wasOurs } from "../../../core/damagedid.ts";
import { isPlausible } from "../../../core/plausible.ts";
import type { DamageReport } from "../../../core/report.ts";
import {
  CANARY_PUBLISHER,
  EVENT_ID_LENGTH,
  EVENT_ID_MARKER,
  PROBE_PUBLISHER,
  readEventId,
  type Trace,
} from "../../../core/trace.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { damageOf, eventsIn } from "../damage.ts";
import { type Event, event, type Variant, type Workload } from "../events.ts";
import { Pattern } from "../pattern.ts";

/** The metrics of a subscriber. */
export type Measures = ReturnType<typeof measures<"websocket" | "everywhere">>;

/**
 * Frames that are parsed and compared field by field with what was published, each second, by all
 * virtual users together: every one of a slow stream, and what a twenty-fifth of a core can do of a fast one.
 */
export const COMPARED_PER_SECOND = 1_000;

/** Characters of a frame or id that is damaged beyond reading. */
const LONGEST_ID = 60;
/** Virtual users that tell what kinds of damage they see: what all see need not be told a thousand times. */
const TELLING_VUS = 5;

/** Arrivals that are looked at closely, in columns: k6 takes 600 bytes for an object. */
export interface Samples {
  /** One behind the other, {@link EVENT_ID_LENGTH} characters each. */
  readonly ids: string;
  /** Unix ms by the clock of this machine. */
  readonly at: readonly number[];
  /** How long each frame had waited for this script, in ms. */
  readonly lags: readonly number[];
}

/** Looks closely at some of what one virtual user receives: how late it is, and whether it is what was published. */
export class Inspection {
  private readonly workload: Workload;
  private readonly all: readonly Variant[];
  private readonly measure: Measures;
  private readonly damages = new DamageTally();
  private readonly toldDamages = new DamageTally();
  /** By variants. */
  private readonly patterns = new Map<number, Pattern>();
  private runNumber: number | null;

  /** @param runNumber of the run; null where the first event tells it. */
  constructor(workload: Workload, all: readonly Variant[], measure: Measures, runNumber: number | null) {
    this.workload = workload;
    this.all = all;
    this.measure = measure;
    this.runNumber = runNumber;
  }

  /** The damage since it was last asked for. */
  takeDamages(): DamageReport[] {
    return this.damages.take();
  }

  /** Whether a frame without a whole id holds a damaged one of ours; it is counted. Others are of another generator. */
  isDamage(frame: string): boolean {
    const at = frame.indexOf(EVENT_ID_MARKER);
    if (at < 0 || !wasOurs(frame.substring(at), this.runNumber, Date.now())) return false;
    this.damaged({ field: "event_id", sent: "an id of this run", received: frame.substring(at, at + LONGEST_ID) });
    return true;
  }

  /**
   * Enters how long events were on their way, and how long their frames have waited for this script.
   *
   * @param correction ms to add to a time here for that of the receiver's clock.
   */
  enter({ ids, at, lags }: Samples, correction: number): void {
    const { measure } = this;
    let entered = 0;
    let negative = 0;
    for (let place = 0; place < at.length; place++) {
      const trace = this.readOurs(ids.substring(place * EVENT_ID_LENGTH, (place + 1) * EVENT_ID_LENGTH));
      if (trace === null || trace.publisher === CANARY_PUBLISHER || trace.publisher === PROBE_PUBLISHER) continue;
      entered++;
      const latency = (at[place] as number) + correction - trace.publishedAt;
      if (latency <= -RESOLUTION_MS) negative++;
      measure.ws_event_latency_ms.add(latency, 0);
      measure.generator_lag_ms.add(lags[place] as number, 0);
    }
    measure.ws_event_latency_ms.looked(entered);
    measure.generator_lag_ms.looked(entered);
    measure.ws_negative_latency.add(negative, entered);
  }

  /** Compares an event field by field with what was published. */
  compare(frame: string, id: string): void {
    const trace = this.readOurs(id);
    if (trace === null || trace.publisher === PROBE_PUBLISHER) return;
    const sent = event(this.workload, trace.seq, this.all);
    const damage =
      this.patterns.get(sent.variant)?.fits(frame, id, sent) === true ? null : this.damageIn(frame, id, sent);
    if (damage === null) this.measure.ws_events_damaged.add(0);
    else this.damaged(damage);
  }

  /** Compares field by field; what is whole shows how the next ones of its variant look. */
  private damageIn(frame: string, id: string, sent: Event): Damage | null {
    const delivered = eventsIn(frame).get(id);
    if (delivered === undefined) return { field: "frame", sent: "JSON", received: frame.slice(-LONGEST_ID) };
    const damage = damageOf(delivered, sent);
    const pattern = damage === null ? Pattern.of(frame, id, sent, String(delivered.timestamp)) : null;
    if (pattern !== null) this.patterns.set(sent.variant, pattern);
    return damage;
  }

  /** Tells the first of a kind: all of them would be a line for each event. */
  private damaged(damage: Damage): void {
    this.measure.ws_events_damaged.add(1);
    this.damages.enter(damage);
    if (this.toldDamages.enter(damage) && exec.vu.idInTest <= TELLING_VUS) {
      console.warn(`damaged: ${describeDamage({ ...damage, count: 1 })}`);
    }
  }

  /** Reads an id that is whole and of this run; those that are not, the judge counts. */
  private readOurs(id: string): Trace | null {
    const trace = readEventId(id);
    if (trace === null || !isPlausible(trace)) return null;
    this.runNumber ??= trace.run;
    return trace.run === this.runNumber ? trace : null;
  }
}
