import { endOf, type Token } from "./token.ts";

/** A token is renewed after this share of its life; the rest is for requests in flight. */
const RENEWED_AT = 0.8;
/** A connection that was opened with it is closed after this share, so that the target never has to close it. */
const LEFT_AT = 0.9;
/** Pause in ms before the next token after a failure, or after a new token was refused. */
const PAUSE_MS = 1_000;

/** The lifetime of a renewable token: when it must not be used any more. Times are Unix ms. */
export class Renewal {
  private readonly lasts: number | null;
  private readonly decoded: (base64url: string) => string;
  private current: string | null = null;
  private dueAt = Number.NEGATIVE_INFINITY;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private leftAt = Number.POSITIVE_INFINITY;

  /**
   * @param lasts lifetime in seconds if the answer does not say it; null where unknown.
   * @param decoded reads base64url.
   */
  constructor(lasts: number | null, decoded: (base64url: string) => string) {
    this.lasts = lasts;
    this.decoded = decoded;
  }

  get token(): string | null {
    return this.current;
  }

  /** When a connection with this token should close; infinite where unknown or past. */
  endsAt(now: number): number {
    return this.leftAt > now ? this.leftAt : Number.POSITIVE_INFINITY;
  }

  /** Whether to get the next token before anything else is sent. */
  isDue(now: number): boolean {
    return now >= this.dueAt;
  }

  /**
   * A token was requested at `askedAt` and received. Without a lifetime in the answer, the token itself may contain
   * one.
   */
  renewed({ token, lasts }: Token, askedAt: number): void {
    const seconds = lasts ?? this.lasts ?? secondsUntil(endOf(token, this.decoded), askedAt);
    this.current = token;
    this.fetchedAt = askedAt;
    const at = (share: number) => (seconds === null ? Number.POSITIVE_INFINITY : askedAt + seconds * 1000 * share);
    this.dueAt = at(RENEWED_AT);
    this.leftAt = at(LEFT_AT);
  }

  /** A token was requested and not received: the old one is used until the next attempt. */
  failed(now: number): void {
    this.dueAt = now + PAUSE_MS;
  }

  /** The target refused a token; ignored if it has been renewed since. */
  refused(token: string, now: number): void {
    if (token === this.current) this.dueAt = Math.min(this.dueAt, Math.max(now, this.fetchedAt + PAUSE_MS));
  }
}

/** Seconds until a time in Unix seconds; null for none, and for one that is past by our clock. */
function secondsUntil(end: number | null, now: number): number | null {
  const seconds = end === null ? 0 : end - now / 1000;
  return seconds > 0 ? seconds : null;
}
