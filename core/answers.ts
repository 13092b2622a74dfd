/** How long the target took to acknowledge what was published. Pure. */
import { percentileOf, percentilesOf } from "./mixture.ts";
import { milliseconds, number } from "./numbers.ts";
import type { Aggregates } from "./room.ts";

/** The time of answers over all processes that published, in ms. */
export interface Answers {
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @param tests what k6 aggregated of each test. @returns null where nothing was acknowledged. */
export function answersOf(tests: readonly Aggregates[]): Answers | null {
  const parts = tests.flatMap(({ publish_ack_latency_ms: values = {} }) => {
    const samples = values["count"] ?? 0;
    return samples === 0 ? [] : [{ samples, percentiles: percentilesOf(values), max: values["max"] ?? 0 }];
  });
  if (parts.length === 0) return null;
  const at = (percentile: number) => percentileOf(percentile, parts);
  const samples = parts.reduce((sum, one) => sum + one.samples, 0);
  return { samples, p50: at(50), p95: at(95), p99: at(99), max: Math.max(...parts.map(({ max }) => max)) };
}

/** The same for people. */
export function describeAnswers({ p50, p95, p99, max, samples }: Answers): string {
  return `p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} of ${number(samples)}`;
}
