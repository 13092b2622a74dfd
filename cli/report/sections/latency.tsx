import { describeAnswers } from "../../../core/answers.ts";
import { number } from "../../../core/numbers.ts";
import { describeUnbounded } from "../../../core/unbounded.ts";
import { ALL_PATHS, curvesOf, describeCurves, type PathLatency } from "../latency.ts";
import { Chart, Figure, Section, Table } from "./parts.tsx";

/** How many paths the table lists. */
const LISTED = 20;

type Measured = Parameters<typeof describeUnbounded>[0];

/** Delivery latencies, by percentile and by path, the time of answers, and which of that nobody judged. */
export function LatencySection({ latencies, measured }: { latencies: readonly PathLatency[]; measured: Measured }) {
  const { answers } = measured;
  const listed = latencies.slice(0, LISTED);
  const left = latencies.length - listed.length;
  return (
    <Section id="latency" title="Delivery latency">
      {curvesOf(latencies) === null ? (
        <p>No latencies were recorded by path.</p>
      ) : (
        <>
          <Chart
            id="curves"
            title="Latency by percentile"
            note="Each step to the right leaves out another nine of the samples; both scales are logarithmic."
            description={describeCurves(latencies)}
          />
          <Table
            name="Latency by path"
            rows={listed}
            mark={({ path }) => (path === ALL_PATHS ? "total" : undefined)}
            columns={[
              { title: "path", cell: ({ path }) => (path === ALL_PATHS ? path : <code>{path}</code>), kind: "subject" },
              { title: "samples", cell: ({ samples }) => <Figure value={samples} />, kind: "number" },
              { title: "mean", cell: ({ mean }) => <Figure value={mean} unit=" ms" />, kind: "number" },
              { title: "p50", cell: ({ p50 }) => <Figure value={p50} unit=" ms" />, kind: "number" },
              { title: "p95", cell: ({ p95 }) => <Figure value={p95} unit=" ms" />, kind: "number" },
              { title: "p99", cell: ({ p99 }) => <Figure value={p99} unit=" ms" />, kind: "number" },
              { title: "p99.9", cell: ({ p999 }) => <Figure value={p999} unit=" ms" />, kind: "number" },
              { title: "max", cell: ({ max }) => <Figure value={max} unit=" ms" />, kind: "number" },
            ]}
          />
          {left > 0 ? <p class="quiet">{number(left)} quicker paths are not listed.</p> : null}
        </>
      )}
      {answers === null ? null : <p id="answers">Answers to what was published: {describeAnswers(answers)}.</p>}
      {describeUnbounded(measured).map((told) => (
        <p key={told}>Unbounded: {told}.</p>
      ))}
    </Section>
  );
}
