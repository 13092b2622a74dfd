import { milliseconds, several } from "../../../core/numbers.ts";
import type { HealthLines } from "../charts.ts";
import type { Usage } from "../health.ts";
import type { Objective } from "../objectives.ts";
import { Chart, Figure, Section, Table } from "./parts.tsx";

/** The metrics, each with a statistic, that show whether the generator kept up. */
const SIGNS = [
  "events_published",
  "offered_rate_share",
  "dropped_iterations",
  "schedule_delay_ms",
  "generator_lag_ms",
  "script_errors",
];

interface HealthProps {
  readonly id: "generator" | "target";
  readonly title: string;
  readonly usages: readonly Usage[];
  readonly lines: HealthLines | null;
}

/** Whether the generator kept up. If not, the run says nothing about the target. */
export function GeneratorSection({
  usages,
  lines,
  objectives,
  rates,
}: Pick<HealthProps, "usages" | "lines"> & {
  objectives: readonly Objective[];
  rates: readonly { readonly test: string; readonly requested: number | null; readonly achieved: number }[];
}) {
  const signs = objectives.filter(({ metric }) => SIGNS.includes(metric));
  return (
    <Section id="generator" title="Generator health">
      <dl class="counts">
        {rates.map(({ test, requested, achieved }) => (
          <div key={test}>
            <dt>
              rate of {test}{" "}
              <span class="explanation">
                {requested === null ? (
                  "as fast as acknowledged"
                ) : (
                  <>
                    requested <Figure value={requested} /> per second
                  </>
                )}
              </span>
            </dt>
            <dd>
              <Figure value={achieved} />
            </dd>
          </div>
        ))}
        {signs.map(({ metric, meaning, objective, observed, tests, result }) => (
          <div key={`${metric} ${objective} ${tests}`} class={result === "met" ? undefined : "bad"}>
            <dt>
              {metric}{" "}
              <span class="explanation">
                {meaning}; must be {objective}
              </span>
            </dt>
            <dd>{metric.endsWith("_ms") ? milliseconds(observed) : <Figure value={observed} />}</dd>
          </div>
        ))}
      </dl>
      <Processes id="generator" title="Generator and receiver" usages={usages} lines={lines} />
    </Section>
  );
}

/** What the target used under load. */
export function TargetSection({ usages, lines }: Pick<HealthProps, "usages" | "lines">) {
  return (
    <Section id="target" title="Target health">
      <Processes id="target" title="Target" usages={usages} lines={lines} />
    </Section>
  );
}

function Processes({ id, title, usages, lines }: HealthProps) {
  if (usages.length === 0) return <p class="quiet">No process was watched.</p>;
  const peaks = usages.map(({ process, cpuMax, memoryMax }) => {
    const cpu = cpuMax === null ? "unknown CPU" : `at most ${Math.round(cpuMax)} % of a core`;
    const memory = memoryMax === null ? "unknown memory" : `${Math.round(memoryMax)} MB`;
    return `${process} used ${cpu} and ${memory}`;
  });
  return (
    <>
      {lines === null ? null : (
        <Chart
          id={id}
          title={`${title}: CPU and memory`}
          note="CPU in percent of one core."
          description={`${peaks.join("; ")}.`}
        />
      )}
      <Table
        name={`Processes: ${title}`}
        rows={usages}
        columns={[
          { title: "process", cell: ({ process }) => process, kind: "subject" },
          { title: "CPU mean", cell: ({ cpuMean }) => <Figure value={cpuMean} unit=" %" />, kind: "number" },
          { title: "CPU most", cell: ({ cpuMax }) => <Figure value={cpuMax} unit=" %" />, kind: "number" },
          {
            title: "memory first",
            cell: ({ memoryFirst }) => <Figure value={memoryFirst} unit=" MB" />,
            kind: "number",
          },
          { title: "memory most", cell: ({ memoryMax }) => <Figure value={memoryMax} unit=" MB" />, kind: "number" },
          { title: "threads", cell: ({ threads }) => <Figure value={threads} />, kind: "number" },
          { title: "files", cell: ({ fds }) => <Figure value={fds} />, kind: "number" },
          { title: "connections", cell: ({ connections }) => <Figure value={connections} />, kind: "number" },
          { title: "events", cell: Events, kind: "text" },
        ]}
      />
    </>
  );
}

function Events({ events }: Usage) {
  if (events.length === 0) return <span class="nothing">none</span>;
  return (
    <span class="bad" title={events.map(({ what }) => what).join("\n")}>
      {events[0]?.what}
      {events.length > 1 ? ` and ${several(events.length - 1, "more", "more")}` : null}
    </span>
  );
}
