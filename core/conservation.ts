/**
 * Whether every acknowledged message is somewhere: a row, pending, or in a worker's buffer. The three
 * are read one after the other while messages move from each to the next, in the direction in which they
 * move: one may be seen twice, but one that is there is never missed, unless it is moved and entered in two
 * steps. So a single reading proves nothing, but what was missing in every reading of a while is not there.
 */

import { Line } from "./line.ts";

/** One reading of where messages are. */
export interface Reading {
  /** Unix ms. */
  readonly at: number;
  /** Reported as acknowledged before the others were read. */
  readonly acknowledged: number;
  readonly pending: number;
  readonly buffered: number;
  /** Different messages of the run in the table, read last. */
  readonly rows: number;
}

/** A worker may hold messages for so long without having entered them in its buffer's size. */
const WINDOW_MS = 10_000;

/** The first moments of a load fill the pipeline, which is no growth. */
const FILLING_MS = 2_000;

/** Follows the readings of one run in bounded memory. */
export class Conservation {
  private window: { at: number; missing: number }[] = [];
  private firstAt: number | null = null;
  private worst = 0;
  private count = 0;
  private readonly fit = new Line();
  private acknowledgedFrom: { at: number; acknowledged: number } | null = null;
  private share: number | null = null;
  private peakBacklog = 0;

  /** Enters a reading of all places. */
  enter({ at, acknowledged, pending, buffered, rows }: Reading): void {
    this.count++;
    this.firstAt ??= at;
    this.window.push({ at, missing: Math.max(0, acknowledged - pending - buffered - rows) });
    while ((this.window[1]?.at ?? at) <= at - WINDOW_MS) this.window.shift();
    if (at - this.firstAt >= WINDOW_MS) this.worst = Math.max(this.worst, this.least());
  }

  /** Enters how many acknowledged messages are not yet rows, while the load goes on. */
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

  /** How many readings of all places there were. */
  get readings(): number {
    return this.count;
  }

  /** The most messages that were missing in every reading of {@link WINDOW_MS}, or of the whole run where it is shorter. */
  get shortfall(): number {
    return Math.max(this.worst, this.count === 0 ? 0 : this.least());
  }

  /** The most acknowledged messages that were not yet rows. */
  get peak(): number {
    return this.peakBacklog;
  }

  /** How fast the backlog grew under load, as a share of what was acknowledged; null when too little was seen. */
  get growth(): { readonly share: number; readonly samples: number } | null {
    return this.share === null ? null : { share: this.share, samples: this.fit.count };
  }

  private least(): number {
    return this.window.reduce((least, { missing }) => Math.min(least, missing), Number.POSITIVE_INFINITY);
  }
}
