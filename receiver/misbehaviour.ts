import * as v from "valibot";

const Share = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0);

/** Shares of webhooks that are answered badly, to test how the sender reacts. */
export const MisbehaviourSchema = v.strictObject({
  /** Answered with status 503, and with 404. */
  unavailable: Share,
  notFound: Share,
  /** The connection is closed without a response. */
  dropped: Share,
  /** Delay of every response, in ms. */
  delay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)), 0),
});
export type MisbehaviourSettings = v.InferOutput<typeof MisbehaviourSchema>;

/** What happens to a webhook. */
type Strike = 503 | 404 | "drop" | null;

/** Distributes bad answers evenly: with a share of 0.25, exactly 25 of any hundred webhooks. */
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
      // One bad answer per webhook; further ones remain due.
      if (struck !== null || row[2] < 1 - 1e-9) continue;
      row[2] -= 1;
      struck = row[0];
    }
    return struck;
  }
}
