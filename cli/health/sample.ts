/** What a watched process and its descendants used at a moment; null where the system does not report it. */
export interface HealthSample {
  /** Unix ms. */
  readonly at: number;
  /** Share of one core, in percent; null for the first sample. */
  readonly cpu: number | null;
  readonly rssMb: number | null;
  readonly threads: number | null;
  readonly fds: number | null;
  readonly connections: number | null;
  /** It responded, without metrics of its process. */
  readonly alive?: true;
}

/** Something that happened to a watched process. */
export interface HealthEvent {
  /** Unix ms. */
  readonly at: number;
  /** Such as `died: pid 4711 (node)` or `restarted: pid 4711 became 4720`. */
  readonly what: string;
  readonly kind: "died" | "restarted" | "silent" | "back";
}

/** What to watch. */
export type Watch =
  /** A process and its descendants. */
  | { readonly pid: number }
  /** The process that listens on a TCP port of this machine, and its descendants. */
  | { readonly port: number }
  /** A page with the process's metrics in Prometheus' text format. */
  | { readonly url: string };

/** One reading of a source. */
export interface HealthReading {
  readonly sample: HealthSample;
  readonly events: readonly HealthEvent[];
}

/** A source of samples. */
export interface HealthSource {
  /** Takes a reading. Never rejects: a failed read becomes an event. */
  read(): Promise<HealthReading>;
}

export const MB = 2 ** 20;

/**
 * The maximum of many values, or `least` if that is higher. Math.max(...values) would overflow the stack after a long
 * watch.
 */
export function highest(values: readonly number[], least = Number.NEGATIVE_INFINITY): number {
  return values.reduce((most, value) => Math.max(most, value), least);
}
