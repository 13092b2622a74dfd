/**
 * Measurements of `throughline demo` on two cores with other load: how much runs with the same parameters differ. These
 * four of ten were valid; in the others the publisher was behind its schedule.
 */
export interface RecordedRun {
  /** p50, p95 and p99 of delivery in ms. */
  readonly delivery: readonly [p50: number, p95: number, p99: number];
  /** Median of GET /health in ms, over this many requests. */
  readonly health: number;
  readonly requests: number;
}

export const RECORDED: readonly RecordedRun[] = [
  { delivery: [1.577, 6.015, 12.44], health: 0.6724, requests: 927 },
  { delivery: [1.623, 5.419, 10.56], health: 0.5937, requests: 930 },
  { delivery: [1.36, 4.049, 8.519], health: 0.6885, requests: 919 },
  { delivery: [1.484, 5.923, 13.99], health: 0.542, requests: 942 },
];
