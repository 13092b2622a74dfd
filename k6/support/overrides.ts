/** What variables change of a profile. */
import type { Overrides } from "../../core/plan.ts";

/** The variables that do, where a test has them. */
export interface OverrideValues {
  readonly INSTANCES: number;
  readonly VUS?: number | undefined;
  readonly RATE?: number | "max" | undefined;
  readonly DURATION?: number | undefined;
  readonly EVENTS?: number | undefined;
  readonly TIME_SCALE?: number | undefined;
  readonly LOAD_SCALE?: number | undefined;
  readonly WORKERS?: number | undefined;
  readonly CONCURRENCY?: number | undefined;
  readonly MODEL?: "open" | "closed" | undefined;
  readonly MESSAGES?: number | undefined;
  readonly BATCH?: number | undefined;
  readonly BURST?: boolean | undefined;
  readonly BURST_RATIO?: number | undefined;
  readonly BURST_PERIOD?: number | undefined;
  readonly BURST_LENGTH?: number | undefined;
  readonly BURST_GAP?: number | undefined;
  readonly BURST_CYCLES?: number | undefined;
}

/** The overrides that values ask for. @throws RangeError for some that contradict each other. */
export function overridesOf(values: OverrideValues): Overrides {
  // A test that has models has a concurrency of its own; elsewhere it is another word for publishers.
  const hasModels = "MODEL" in values;
  return {
    vus: values.VUS,
    rate: values.RATE,
    duration: values.DURATION,
    events: values.EVENTS ?? values.MESSAGES,
    timeScale: values.TIME_SCALE,
    loadScale: values.LOAD_SCALE,
    workers: values.WORKERS ?? (hasModels ? undefined : values.CONCURRENCY),
    concurrency: hasModels ? concurrencyOf(values) : undefined,
    batch: values.BATCH,
    instances: values.INSTANCES,
    burst: burstOf(values),
  };
}

/** Unless told, a burst comes every 30 s, and lasts a tenth of the time from one to the next. */
const BURST_PERIOD_SECONDS = 30;
const BURST_PART = 0.1;

/** The bursts that are asked for: by their length and the gap between them, or by the time from one to the next. */
function burstOf(values: OverrideValues): Overrides["burst"] {
  const { BURST, BURST_RATIO: ratio = 1, BURST_CYCLES: cycles, BURST_LENGTH, BURST_GAP, BURST_PERIOD } = values;
  if (BURST !== true) return undefined;
  if (BURST_GAP !== undefined && BURST_PERIOD !== undefined) {
    throw new RangeError(
      `BURST_GAP=${BURST_GAP}s, BURST_PERIOD=${BURST_PERIOD}s: with its length each decides the other; leave one out`,
    );
  }
  const period = BURST_PERIOD ?? BURST_PERIOD_SECONDS;
  const length = BURST_LENGTH ?? (BURST_GAP === undefined ? period : BURST_GAP / (1 - BURST_PART)) * BURST_PART;
  if (BURST_GAP === undefined && length >= period) {
    throw new RangeError(`BURST_LENGTH=${length}s: allowed: less than BURST_PERIOD, which is ${period}s`);
  }
  return { ratio, length, gap: BURST_GAP ?? period - length, cycles };
}

/** The concurrency of a closed model, or that of the profile; undefined asks for an open one. */
function concurrencyOf({ MODEL, CONCURRENCY }: OverrideValues): Overrides["concurrency"] {
  if (MODEL === "open" && CONCURRENCY !== undefined) {
    throw new RangeError(`CONCURRENCY=${CONCURRENCY}: an open model has none; leave it or MODEL=open out`);
  }
  return CONCURRENCY ?? (MODEL === "closed" ? true : undefined);
}
