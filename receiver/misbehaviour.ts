import * as v from "valibot";

const Share = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0);

/** Which share of the webhooks is answered badly, to see what a sender makes of it. */
export const MisbehaviourSchema = v.strictObject({
  /** Answered with status 503, and with 404. */
  unavailable: Share,
  notFound: Share,
  /** The connection is cut without an answer. */
  dropped: Share,
  /** Every answer waits so long, in ms. */
  delay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)), 0),
});
export type MisbehaviourSettings = v.InferOutput<typeof MisbehaviourSchema>;

/** What is done to one webhook. */
export type Strike = 503 | 404 | "drop" | null;

/** Strikes evenly: of any hundred webhooks with a share of 0.25, twenty-five are struck. */
export class Misbehaviour {
  private current: MisbehaviourSettings = v.parse(MisbehaviourSchema, {});
  private owed: [strike: Strike, share: number, owed: number][] = [];

  get settings(): MisbehaviourSettings {
    return this.current;
  }

  set settings(settings: MisbehaviourSettings) {
    this.current = settings;
    const { unavailable, notFound, dropped } = settings;
    this.owed = [
      [503, unavailable, 0],
      [404, notFound, 0],
      ["drop", dropped, 0],
    ];
  }

  /** What to do to the next webhook. */
  next(): Strike {
    let struck: Strike = null;
    for (const row of this.owed) {
      row[2] += row[1];
      // One strike for each webhook; what else is owed stays owed.
      if (struck !== null || row[2] < 1 - 1e-9) continue;
      row[2] -= 1;
      struck = row[0];
    }
    return struck;
  }
}
