import { figure, percent, several } from "../../figures.ts";
import type { Objective } from "../objectives.ts";
import { Figure, Section, Table } from "./parts.tsx";

const WORDS = { met: "met", missed: "missed", unmeasured: "not measured" };

/** What was promised beside what was seen. */
export function ObjectivesSection({ objectives }: { objectives: readonly Objective[] }) {
  return (
    <Section id="objectives" title="Objectives">
      {objectives.length === 0 ? <p>No test came so far that it could judge an objective.</p> : null}
      <Table
        name="Objectives"
        rows={objectives}
        mark={({ result }) => result}
        columns={[
          {
            title: "result",
            cell: ({ result }) => <span class={`outcome ${result}`}>{WORDS[result]}</span>,
            kind: "outcome",
          },
          { title: "metric", cell: Metric, kind: "subject" },
          { title: "test", cell: ({ tests }) => tests.join(", ") },
          { title: "objective", cell: ({ objective }) => <code>{objective}</code>, kind: "number" },
          { title: "observed", cell: ({ observed }) => <Figure value={observed} />, kind: "number" },
          { title: "samples", cell: Samples, kind: "number" },
          { title: "margin", cell: Margin, kind: "number" },
        ]}
      />
    </Section>
  );
}

function Metric({ metric, meaning, nextStep }: Objective) {
  return (
    <>
      <code>{metric}</code>
      {meaning === null ? null : <span class="explanation">{meaning}</span>}
      {nextStep === null ? null : <span class="next">{nextStep}</span>}
    </>
  );
}

function Samples({ samples, floor }: Objective) {
  return (
    <span class={samples < floor ? "bad" : undefined} title={`at least ${several(floor, "sample")} needed`}>
      <Figure value={samples} />
      {samples < floor ? ` of ${figure(floor)}` : null}
    </span>
  );
}

/** How much of the bound is left, as a number and as a bar. */
function Margin({ margin }: Objective) {
  if (margin === null) return <Figure value={null} />;
  const filled = Math.min(100, Math.max(0, 100 * (1 - Math.max(0, margin))));
  return (
    <span class="margin">
      <data value={String(margin)}>{percent(margin)}</data>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${filled.toFixed(1)}%` }} />
      </span>
    </span>
  );
}
