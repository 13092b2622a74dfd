import { type Account, isWhole } from "../core/account.ts";
import { milliseconds } from "../core/numbers.ts";
import { shortlist } from "../core/shortlist.ts";
import { CANARY_PUBLISHER } from "../core/trace.ts";
import { Examples } from "./examples.ts";
import { timeOf } from "./reads.ts";

/** How many vanished events are named. */
const NAMED = 10;

/** The events that a text carried, as `publisher/seq` in words. */
export const placesIn = (carried: string) => (carried === "" ? [] : carried.split(" "));
export const seqIn = (place: string) => place.split("/")[1] ?? place;

/** What was wrong at a user's far end: how often, with the first examples in words. */
export class Findings {
  /** Refused requests, by reason. */
  readonly refused: Record<string, number> = {};
  /** Texts without an identity. */
  unread = 0;
  /** Identities of other runs. */
  foreign = 0;
  /** Identities with wrong check digits, and texts that differ from what was published. */
  damaged = 0;
  /** The events of each row or item that is gone. */
  gone: readonly string[] = [];
  /** Events without an arrival time: found only by the final reading, or dated by a clock that is ahead. */
  undated = 0;
  /** How far ahead of the receiver's clock an arrival was dated, in ms. */
  ahead = 0;
  /** Why the last reading failed; null when it did not. */
  problem: string | null = null;
  /** Unix ms when a list held other events in the place of known ones; null where it never did. */
  anewAt: number | null = null;
  private readonly damagedSeqs = new Set<number>();
  private readonly damages = new Examples();
  private readonly unreadable = new Examples();

  refuse(reason: string): void {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1;
  }

  /** Enters an event whose text differs from what was published. */
  damage(seq: number, words: string): void {
    this.damaged++;
    this.damagedSeqs.add(seq);
    this.damages.add(words);
  }

  /** Enters identities with wrong check digits. */
  spoil(count: number, words: string): void {
    this.damaged += count;
    if (count > 0) this.damages.add(words);
  }

  isDamaged(seq: number): boolean {
    return this.damagedSeqs.has(seq);
  }

  /** Enters a text that names no event. */
  misread(words: string): void {
    this.unreadable.add(words);
  }

  /** Why deliveries are missing. */
  causes(account: Account): readonly string[] {
    const { farEnd } = account;
    const all = isWhole(account) ? "; every event arrived all the same" : "";
    const refused = Object.entries(this.refused).map(
      ([why, count]) => `${count} ${count === 1 ? "request was" : "requests were"} refused: ${why}${all}`,
    );
    const problem =
      farEnd?.problem == null
        ? []
        : [farEnd.stopped == null ? `the far end could not be read: ${farEnd.problem}` : farEnd.problem];
    const anew =
      this.anewAt === null
        ? []
        : [
            `the far end began anew at ${timeOf(this.anewAt)}: its items hold other events than before; what had arrived ` +
              "before counts as delivered, and as gone where it is not there any more",
          ];
    return [...problem, ...anew, ...refused, ...this.unreadable.lines()];
  }

  /** What else was wrong; damage comes first. */
  others(): readonly string[] {
    return [...this.damages.lines(), ...this.vanished(), ...this.timeless()];
  }

  /** What the lines above leave out, for the record. */
  examples(): readonly string[] {
    return [...this.damages.listed, ...this.unreadable.listed];
  }

  /** Why events have no latency. */
  private timeless(): readonly string[] {
    const { undated: count, ahead } = this;
    if (count === 0) return [];
    if (ahead > 0) {
      const [events, have] = count === 1 ? ["1 event was", "it has"] : [`${count} events were`, "they have"];
      return [`${events} reported by a clock ${milliseconds(ahead)} ahead of the receiver's: ${have} no latency`];
    }
    return count === 1
      ? ["1 event was found only by the final reading: its arrival time is unknown, so it has no latency"]
      : [
          `${count} events were found only by the final reading: their arrival times are unknown, so they have no latency`,
        ];
  }

  private vanished(): readonly string[] {
    const places = this.gone.flatMap(placesIn).filter((place) => !place.startsWith(`${CANARY_PUBLISHER}/`));
    if (places.length === 0) return [];
    return [`events that had arrived and are gone: ${shortlist(places.slice(0, NAMED).map(seqIn), places.length)}`];
  }
}
