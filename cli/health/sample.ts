/** What one watched process and all that belongs to it used at a moment; null where the system does not say. */
export interface HealthSample {
  /** Unix ms. */
  readonly at: number;
  /** Share of one core, in percent; null for the first sample. */
  readonly cpu: number | null;
  readonly rssMb: number | null;
  readonly threads: number | null;
  readonly fds: number | null;
  readonly connections: number | null;
  /** It answered, and told nothing of its process. */
  readonly alive?: true;
}

/** Something that happened to a watched process. */
export interface HealthEvent {
  /** Unix ms. */
  readonly at: number;
  /** As in `died: pid 4711 (node)` or `restarted: pid 4711 became 4720`. */
  readonly what: string;
  readonly kind: "died" | "restarted" | "silent" | "back";
}

/** What is watched. */
export type Watch =
  /** A process and its descendants. */
  | { readonly pid: number }
  /** The listener of a TCP port of this machine, and its descendants. */
  | { readonly port: number }
  /** The metrics that a process tells of itself, in Prometheus' text format. */
  | { readonly url: string };

/** One reading of a source. */
export interface Reading {
  readonly sample: HealthSample;
  readonly events: readonly HealthEvent[];
}

/** Where samples come from. */
export interface Source {
  /** Reads once. Never rejects: what cannot be read is an event. */
  read(): Promise<Reading>;
}

export const MB = 2 ** 20;

/** The highest of many values, or `least` when none is higher; spread arguments would overflow after a long watch. */
export function highest(values: readonly number[], least = Number.NEGATIVE_INFINITY): number {
  return values.reduce((most, value) => Math.max(most, value), least);
}
