import type { Result } from "../result.ts";
import type { HealthLines } from "./charts.ts";
import { earliest, greatest, grouped, MOST_POINTS, seconds } from "./timeline.ts";

type Health = Result["health"][number];

/** Peak usage of one process; null where it was not measured. */
export interface Usage {
  readonly process: string;
  readonly role: Health["role"];
  readonly samples: number;
  readonly cpuMean: number | null;
  readonly cpuMax: number | null;
  readonly memoryFirst: number | null;
  readonly memoryMax: number | null;
  readonly threads: number | null;
  readonly fds: number | null;
  readonly connections: number | null;
  readonly events: Health["events"];
}

/** The usage of one process over the run. */
export function usageOf({ process, role, samples, events }: Health): Usage {
  const known = (key: "cpu" | "rssMb") => samples.flatMap((sample) => sample[key] ?? []);
  const most = (key: "cpu" | "rssMb" | "threads" | "fds" | "connections") => greatest(samples.map((one) => one[key]));
  const cpu = known("cpu");
  return {
    process,
    role,
    samples: samples.length,
    cpuMean: cpu.length === 0 ? null : cpu.reduce((sum, one) => sum + one, 0) / cpu.length,
    cpuMax: most("cpu"),
    memoryFirst: known("rssMb")[0] ?? null,
    memoryMax: most("rssMb"),
    threads: most("threads"),
    fds: most("fds"),
    connections: most("connections"),
    events,
  };
}

/** Usage of processes over time; many samples are grouped and each group shows its maximum. */
export function healthLinesOf(health: readonly Health[], start: number): HealthLines | null {
  const sampled = health.filter(({ samples }) => samples.length > 0);
  if (sampled.length === 0) return null;
  const marks = health.flatMap(({ process, events }) =>
    events.map(({ at, what }) => ({ at: seconds(start, at), what: `${process} ${what}` })),
  );
  return {
    processes: sampled.map(({ process, samples }) => {
      const points = grouped(samples, Math.ceil(samples.length / MOST_POINTS));
      return {
        name: process,
        at: points.map(([first]) => seconds(start, (first as Health["samples"][number]).at)),
        cpu: points.map((group) => greatest(group.map(({ cpu }) => cpu))),
        memory: points.map((group) => greatest(group.map(({ rssMb }) => rssMb))),
      };
    }),
    marks: earliest(marks),
  };
}
