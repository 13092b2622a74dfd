/** What sends the events of a user's pipeline, one by one, in batches or as a series, and what became of them. */

/**
 * What became of an event at the moment of publishing; `said` is what the transport answered, where it refused. What never
 * left, for want of a connection, is unsent.
 */
export type Outcome = "acknowledged" | "refused" | "unknown" | "unsent";
/** `status` is that of HTTP: by 401, 403 and 407 the target says that it does not let us in. */
export type Answer = Outcome | { readonly outcome: Outcome; readonly said?: string; readonly status?: number };

/** An answer as k6's `http` gives it; a status of 0 is no answer at all, and `error` says why. */
interface AnswerOverHttp {
  readonly status: number;
  readonly body?: unknown;
  readonly error?: string;
}

/** What an answer over HTTP says of an event: 2xx is acknowledged, 4xx refused, everything else unknown, with its words. */
export function httpAnswer({ status, body, error = "" }: AnswerOverHttp): Answer {
  if (status >= 200 && status < 300) return "acknowledged";
  const words = typeof body === "string" && body !== "" ? body : status === 0 ? error : "";
  const said = status === 0 && words !== "" ? words : `${status} ${words}`.trim();
  return { outcome: status >= 400 && status < 500 ? "refused" : "unknown", said, status };
}

/** The template of a pipeline's events, made from its `write` when it is first asked for, once for the process. */
export interface SeriesTemplate {
  readonly name: string;
  make(): object;
}

/** Consecutive events of one publisher; `clockCorrection` is what is added to the time that they are stamped with, in ms. */
export interface Series {
  readonly run: number;
  readonly publisher: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly clockCorrection: number;
}

/** What became of a series: each event is acknowledged, or among the failures. */
export interface SeriesOutcome {
  /** Unix ms by our own clock, when sending began. */
  readonly sentAt: number;
  /** Ms to the acknowledgement: of each event, or one of all. */
  readonly latenciesMs: ArrayLike<number>;
  /** Of the acknowledged, those that were there already; none unless told. */
  readonly duplicates?: number;
  /** By their places in the series. */
  readonly failures: readonly {
    readonly index: number;
    /** False when it never left. */
    readonly sent: boolean;
    /** True when the target did not take it. */
    readonly refused: boolean;
    readonly error: string;
  }[];
}

/** Has events written and sent without the script. It is rejected only when nothing was sent. */
export type SendsSeries = (
  template: SeriesTemplate,
  events: Series,
  limits: { /** Ms. */ readonly timeout: number },
) => Promise<SeriesOutcome>;

/**
 * Sends one event, a batch of them in one go, or a series that is written in Go; what fails by throwing is unknown. All are
 * async: the compiler reads no answer that may be a promise or not. What holds something open, as a socket, closes it when
 * it is told to; once it says that it is not open any more, it is made anew, after a pause that grows.
 */
export type Send<Wire> =
  | ((wire: Wire) => Promise<Answer>)
  | ({ readonly send: (wire: Wire) => Promise<Answer> } & Holding)
  | ({ readonly batch: (wires: readonly Wire[]) => Promise<readonly Answer[]> } & Holding)
  | { readonly series: SendsSeries };

interface Holding {
  readonly close?: () => unknown;
  readonly isOpen?: () => boolean;
}
