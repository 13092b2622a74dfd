import { type HealthEvent, type HealthSample, highest } from "./sample.ts";

/** What is told at once because somebody should look. */
export interface Alert {
  /** Unix ms. */
  readonly at: number;
  readonly level: "warning" | "critical";
  readonly what: string;
}

/** The response of the target to a question that is asked beside the load. */
export interface Response {
  readonly at: number;
  /** Null when there was none, or one that says that something is wrong. */
  readonly ms: number | null;
}

/** All that was seen so far, newest last. */
export interface Seen {
  readonly samples: readonly HealthSample[];
  readonly events: readonly HealthEvent[];
  readonly responses: readonly Response[];
  /** How much CPU the processes may use, in percent of one core. */
  readonly cpuLimit: number;
}

/** One condition: its subject is what an alert is about, so that it is told once while it lasts. */
interface Condition {
  readonly subject: string;
  readonly level: Alert["level"];
  holds(seen: Seen): string | null;
}

/** High CPU is sustained when its mean over so long is high. */
const SUSTAINED_MS = 10_000;
/** Errors are a share of so many responses. */
const RECENT_RESPONSES = 20;

const growth = (level: Alert["level"], mb: number): Condition => ({
  subject: "memory",
  level,
  holds: ({ samples }) => {
    const grown = growthOf(samples);
    return grown !== null && grown > mb ? `memory has grown by ${grown.toFixed(1)} MB, more than ${mb}` : null;
  },
});

const slow = (level: Alert["level"], ms: number): Condition => ({
  subject: "response",
  level,
  holds: ({ responses }) => {
    const last = responses.at(-1)?.ms ?? null;
    return last !== null && last > ms ? `a response took ${Math.round(last)} ms, more than ${ms}` : null;
  },
});

/** The conditions of the document that the monitor replaces, the worst of each subject first. */
const CONDITIONS: readonly Condition[] = [
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
      const recent = samples.filter(({ at }) => at >= from).flatMap(({ cpu }) => cpu ?? []);
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

/** Memory at its highest above what it was at first: the median of the first samples, which may be odd. Null without any. */
export function growthOf(samples: readonly HealthSample[]): number | null {
  const memory = samples.flatMap(({ rssMb }) => rssMb ?? []);
  const first = memory.slice(0, 5).sort((one, other) => one - other);
  const middle = first[Math.floor((first.length - 1) / 2)];
  return middle === undefined ? null : highest(memory, middle) - middle;
}

/** Decides what is to be told: a condition when it begins and when it becomes worse, a death always. */
export class Alerts {
  private readonly told = new Map<string, Alert["level"]>();
  private eventsTold = 0;

  /** What is new. @param at Unix ms. */
  look(seen: Seen, at: number): Alert[] {
    const alerts: Alert[] = [];
    for (const { kind, what, at: when } of seen.events.slice(this.eventsTold)) {
      if (kind === "died" || kind === "silent") alerts.push({ at: when, level: "critical", what });
    }
    this.eventsTold = seen.events.length;
    for (const subject of new Set(CONDITIONS.map((one) => one.subject))) {
      const found = CONDITIONS.filter((one) => one.subject === subject)
        .map(({ level, holds }) => ({ level, what: holds(seen) }))
        .find(({ what }) => what !== null);
      const before = this.told.get(subject);
      if (found === undefined || found.what === null) this.told.delete(subject);
      else {
        this.told.set(subject, found.level);
        const worse = before === undefined || (before === "warning" && found.level === "critical");
        if (worse) alerts.push({ at, level: found.level, what: found.what });
      }
    }
    return alerts;
  }
}
