/** k6/x/redis-streams: the events of a workload in a Redis stream, with an outcome for each. */
declare module "k6/x/redis-streams" {
  /** What a {@link Template} is made of, as `core/template.ts` has it. */
  export interface TemplateOptions {
    seed: number;
    variants: readonly object[];
    unwanted?: object | undefined;
  }

  /** Entries of which each differs from the others in little. They are written without the script, when they are sent. */
  export class Template {
    /** @throws when an option is unknown, missing or malformed. */
    constructor(options: TemplateOptions);

    /** The fields of one event, as they are added. @param trace `publishedAt` in milliseconds since the epoch. */
    fields(trace: { run: number; publisher: number; seq: number; publishedAt: number }): string[];
  }

  /**
   * A template that all virtual users share by its name: the first that adds makes it, as k6's SharedArray is made.
   */
  export interface SharedTemplate {
    readonly name: string;
    make(): object;
  }

  /** Consecutive events of a template. */
  export interface Series {
    run: number;
    publisher: number;
    firstSeq: number;
    count: number;
    /** Milliseconds that are added to the time that each event is stamped with. Default 0. */
    clockCorrection?: number | undefined;
  }

  /** What became of a series: each event is added, or among the failures. */
  export interface Added {
    /** When the first was stamped, in milliseconds since the epoch with a fraction. */
    readonly sentAt: number;
    /** Milliseconds until the last was answered: one for all; none when nothing was added. */
    readonly latenciesMs: readonly number[];
    readonly added: number;
    /**
     * By their places in the series, with what the server answered or what went wrong on the way; not sent where there
     * was no connection to send it by, refused where the server said so.
     */
    readonly failures: readonly {
      readonly index: number;
      readonly sent: boolean;
      readonly refused: boolean;
      readonly error: string;
    }[];
  }

  /** Adds entries to the streams of one server. It connects when it is first used, each VU by itself. */
  export class Streams {
    /**
     * @param options `url` as the Redis client has it; with `masterName` it is that of a Sentinel.
     * @throws when an option is unknown or malformed; never with a password.
     */
    constructor(options: { url: string; masterName?: string | undefined });

    /**
     * Adds events to a stream in one pipeline, each stamped when it is written. Nothing is sent twice. Rejected only
     * on malformed arguments, with a TypeError.
     *
     * @param options `timeout`: the longest wait for all answers, in milliseconds; that of the URL, or 5000, unless told.
     */
    addSeries(
      stream: string,
      template: Template | SharedTemplate,
      series: Series,
      options?: { readonly timeout?: number | undefined },
    ): Promise<Added>;
  }
}
