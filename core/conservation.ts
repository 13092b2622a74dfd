/**
 * Whether every acknowledged message is somewhere: a row, pending, or in a worker's buffer. The three are read one
 * after the other, in the direction in which messages move, so that a message may be seen twice but is not missed,
 * unless the worker takes it and counts it in two steps. So a single reading proves nothing, but a message that is
 * missing in every reading of a while is lost.
 */

import { Line } from "./line.ts";

/** One reading of all places. */
export interface Reading {
  /** Unix ms. */
  readonly at: number;
  /** Reported as acknowledged before the other places were read. */
  readonly acknowledged: number;
  readonly pending: number;
  readonly buffered: number;
  /** Distinct messages of the run in the table, read last. */
  readonly rows: number;
}

/** A worker may hold messages this long before it counts them in its buffer's size. */
const WINDOW_MS = 10_000;

/** In its first seconds a load fills the pipeline, which is no growth. */
const FILLING_MS = 2_000;

/** Tracks the readings of one run in bounded memory. */
export class Conservation {
  private window: { at: number; missing: number }[] = [];
  private firstAt: number | null = null;
  private worst = 0;
  private count = 0;
  private readonly fit = new Line();
  private acknowledgedFrom: { at: number; acknowledged: number } | null = null;
  private share: number | null = null;
  private peakBacklog = 0;

  /** Enters a reading. */
  enter({ at, acknowledged, pending, buffered, rows }: Reading): void {
    this.count++;
    this.firstAt ??= at;
    this.window.push({ at, missing: Math.max(0, acknowledged - pending - buffered - rows) });
    while ((this.window[1]?.at ?? at) <= at - WINDOW_MS) this.window.shift();
    if (at - this.firstAt >= WINDOW_MS) this.worst = Math.max(this.worst, this.least());
  }

  /** Enters how many acknowledged messages are not yet rows, under load. */
  underLoad(at: number, acknowledged: number, rows: number): void {
    const backlog = Math.max(0, acknowledged - rows);
    this.peakBacklog = Math.max(this.peakBacklog, backlog);
    this.acknowledgedFrom ??= { at, acknowledged };
    const from = this.acknowledgedFrom;
    if (at - from.at < FILLING_MS) return;
    this.fit.enter((at - from.at) / 1000, backlog);
    const perSecond = ((acknowledged - from.acknowledged) * 1000) / (at - from.at);
    const slope = this.fit.slope();
    this.share = slope === null || perSecond <= 0 ? null : slope / perSecond;
  }

  /** Number of readings. */
  get readings(): number {
    return this.count;
  }

  /**
   * The most messages that were missing in every reading within {@link WINDOW_MS}, or within the whole run if that is
   * shorter.
   */
  get shortfall(): number {
    return Math.max(this.worst, this.count === 0 ? 0 : this.least());
  }

  /** The highest number of acknowledged messages that were not yet rows. */
  get peak(): number {
    return this.peakBacklog;
  }

  /**
   * Growth of the backlog under load, as a share of the acknowledged messages; null when there are too few readings.
   */
  get growth(): { readonly share: number; readonly samples: number } | null {
    return this.share === null ? null : { share: this.share, samples: this.fit.count };
  }

  private least(): number {
    return this.window.reduce((least, { missing }) => Math.min(least, missing), Number.POSITIVE_INFINITY);
  }
}
