/** How the events of a user's pipeline are sent, one by one, in batches or as a series, and the results. */

/** The result of publishing an event: unsent means that there was no connection. */
export type Outcome = "acknowledged" | "refused" | "unknown" | "unsent";
/**
 * `status` is HTTP's: 401, 403 and 407 mean that the target does not accept our credentials. `said` are the target's
 * words when it refused, and `url` is where it did.
 */
export type Answer =
  | Outcome
  | { readonly outcome: Outcome; readonly said?: string; readonly status?: number; readonly url?: string };

/** A response of k6's `http`; a status of 0 means no response, and `error` says why. */
interface AnswerOverHttp {
  readonly status: number;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly error?: string;
}

/** The result of an event from an HTTP response: 2xx is acknowledged, 4xx refused, everything else unknown. */
export function httpAnswer({ status, url, headers = {}, body, error = "" }: AnswerOverHttp): Answer {
  if (status >= 200 && status < 300) return "acknowledged";
  const elsewhere = status >= 300 && status < 400 ? headers["Location"]?.split("?")[0] : undefined;
  const told = elsewhere === undefined ? body : `redirected to ${elsewhere}`;
  // Of an answer that broke off, its beginning says less than why.
  const words = status === 0 ? error : typeof told === "string" ? told : "";
  const said = status === 0 && words !== "" ? words : `${status} ${words}`.trim();
  return { outcome: status >= 400 && status < 500 ? "refused" : "unknown", said, status, ...(url ? { url } : {}) };
}

/** The template of a pipeline's events, derived from its `write` at first use, once per process. */
export interface SeriesTemplate {
  readonly name: string;
  make(): object;
}

/** Consecutive events of one publisher; `clockCorrection` is added to their publish times, in ms. */
export interface Series {
  readonly run: number;
  readonly publisher: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly clockCorrection: number;
}

/** The result of a series: each event is acknowledged, or listed as a failure. */
export interface SeriesOutcome {
  /** Unix ms by our own clock when sending began. */
  readonly sentAt: number;
  /** Ms to the acknowledgement: of each event, or one for all. */
  readonly latenciesMs: ArrayLike<number>;
  /** Number of acknowledged events that the target already had; none by default. */
  readonly duplicates?: number;
  /** By index in the series. */
  readonly failures: readonly {
    readonly index: number;
    /** False when it was never sent. */
    readonly sent: boolean;
    /** True when the target rejected it. */
    readonly refused: boolean;
    readonly error: string;
  }[];
}

/** Writes and sends events outside of JavaScript. Rejects only when nothing was sent. */
export type SeriesSender = (
  template: SeriesTemplate,
  events: Series,
  limits: { /** Ms. */ readonly timeout: number },
) => Promise<SeriesOutcome>;

/**
 * Sends one event, a batch, or a series that is written in Go; the result of a call that throws is unknown. All are
 * async, because the compiler cannot handle answers that may or may not be promises. `close` closes connections such as
 * sockets; when `isOpen` says false, the sender is made anew after a growing pause.
 */
export type Send<Wire> =
  | ((wire: Wire) => Promise<Answer>)
  | ({ readonly send: (wire: Wire) => Promise<Answer> } & SenderLife)
  | ({ readonly batch: (wires: readonly Wire[]) => Promise<readonly Answer[]> } & SenderLife)
  | { readonly series: SeriesSender };

/** Of a sender that holds a connection. */
interface SenderLife {
  readonly close?: () => unknown;
  readonly isOpen?: () => boolean;
}
