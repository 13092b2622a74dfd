import type { HealthEvent, HealthSample } from "./sample.ts";

/** An alert, printed as soon as it occurs. */
export interface Alert {
  /** Unix ms. */
  readonly at: number;
  readonly level: "warning" | "critical";
  readonly what: string;
}

/** The target's response to a probe that runs beside the load. */
export interface Response {
  readonly at: number;
  /** Null when there was no response, or an error. */
  readonly ms: number | null;
}

/** All observations so far, newest last. */
export interface Observations {
  readonly samples: readonly HealthSample[];
  readonly events: readonly HealthEvent[];
  readonly responses: readonly Response[];
  /** CPU limit of the watched processes, in percent of one core. */
  readonly cpuLimit: number;
}

/** When there is an alert. Its subject is what the alert is about: while it lasts, it is reported once. */
interface AlertRule {
  readonly subject: string;
  readonly level: Alert["level"];
  /** @param grown see {@link MemoryGrowth}. */
  holds(seen: Observations, grown: number | null): string | null;
}

/** CPU counts as high when its mean over this time is high. */
const SUSTAINED_MS = 10_000;
/** The error share is taken over this many responses. */
const RECENT_RESPONSES = 20;

const growth = (level: Alert["level"], mb: number): AlertRule => ({
  subject: "memory",
  level,
  holds: (_, grown) =>
    grown !== null && grown > mb ? `memory has grown by ${grown.toFixed(1)} MB, more than ${mb}` : null,
});

const slow = (level: Alert["level"], ms: number): AlertRule => ({
  subject: "response",
  level,
  holds: ({ responses }) => {
    const last = responses.at(-1)?.ms ?? null;
    return last !== null && last > ms ? `a response took ${Math.round(last)} ms, more than ${ms}` : null;
  },
});

/** The rules of the guide for the replaced monitor; the worst of each subject first. */
const RULES: readonly AlertRule[] = [
  growth("critical", 100),
  growth("warning", 50),
  slow("critical", 1_000),
  slow("warning", 500),
  {
    subject: "cpu",
    level: "warning",
    holds: ({ samples, cpuLimit }) => {
      const from = (samples.at(-1)?.at ?? 0) - SUSTAINED_MS;
      if (samples[0] === undefined || samples[0].at > from) return null;
      const recent = samples.slice(firstFrom(samples, from)).flatMap(({ cpu }) => cpu ?? []);
      const mean = recent.reduce((sum, cpu) => sum + cpu, 0) / recent.length;
      if (recent.length === 0 || mean <= 0.8 * cpuLimit) return null;
      return `CPU has been at ${mean.toFixed(0)} % of a core, more than 80 % of ${cpuLimit}`;
    },
  },
  {
    subject: "errors",
    level: "warning",
    holds: ({ responses }) => {
      const recent = responses.slice(-RECENT_RESPONSES);
      const failed = recent.filter(({ ms }) => ms === null).length;
      if (recent.length < RECENT_RESPONSES || failed / recent.length <= 0.05) return null;
      return `${failed} of ${recent.length} responses were errors, more than 5 %`;
    },
  },
];

/**
 * The index of the first sample at or after a moment. Searches from the end, because only recent samples are asked for.
 */
function firstFrom(samples: readonly HealthSample[], at: number): number {
  let place = samples.length;
  while (place > 0 && (samples[place - 1] as HealthSample).at >= at) place--;
  return place;
}

/** Their median is the initial memory; a single sample may be an outlier. */
const FIRST_SAMPLES = 5;

/**
 * Growth of memory: the highest value above the initial one. Updated per sample, because a scan of all samples would
 * take longer and longer.
 */
class MemoryGrowth {
  private readonly first: number[] = [];
  private most = Number.NEGATIVE_INFINITY;

  enter({ rssMb }: HealthSample): void {
    if (rssMb === null) return;
    if (this.first.length < FIRST_SAMPLES) this.first.push(rssMb);
    this.most = Math.max(this.most, rssMb);
  }

  /** In MB; null without samples. */
  get grown(): number | null {
    const first = [...this.first].sort((one, other) => one - other);
    const middle = first[Math.floor((first.length - 1) / 2)];
    return middle === undefined ? null : this.most - middle;
  }
}

/** Growth of memory over all samples, in MB; null without samples. */
export function growthOf(samples: readonly HealthSample[]): number | null {
  const growth = new MemoryGrowth();
  for (const sample of samples) growth.enter(sample);
  return growth.grown;
}

/** Decides what to report: a condition when it begins and when it becomes worse, a death always. */
export class Alerts {
  private readonly reported = new Map<string, Alert["level"]>();
  private eventsTold = 0;
  private readonly growth = new MemoryGrowth();
  private enteredThrough = Number.NEGATIVE_INFINITY;

  /** The new alerts. @param at Unix ms. */
  look(seen: Observations, at: number): Alert[] {
    const alerts: Alert[] = [];
    for (const { kind, what, at: when } of seen.events.slice(this.eventsTold)) {
      if (kind === "died" || kind === "silent") alerts.push({ at: when, level: "critical", what });
    }
    this.eventsTold = seen.events.length;
    this.enter(seen.samples);
    for (const subject of new Set(RULES.map((one) => one.subject))) {
      const found = RULES.filter((one) => one.subject === subject)
        .map(({ level, holds }) => ({ level, what: holds(seen, this.growth.grown) }))
        .find(({ what }) => what !== null);
      const before = this.reported.get(subject);
      if (found === undefined || found.what === null) this.reported.delete(subject);
      else {
        this.reported.set(subject, found.level);
        const worse = before === undefined || (before === "warning" && found.level === "critical");
        if (worse) alerts.push({ at, level: found.level, what: found.what });
      }
    }
    return alerts;
  }
  /** Adds the samples that are newer than the last one; older ones may have been thinned out since. */
  private enter(samples: readonly HealthSample[]): void {
    for (const sample of samples.slice(firstFrom(samples, this.enteredThrough))) {
      if (sample.at > this.enteredThrough) this.growth.enter(sample);
    }
    this.enteredThrough = samples.at(-1)?.at ?? this.enteredThrough;
  }
}
