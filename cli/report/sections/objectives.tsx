import { number, several } from "../../../core/numbers.ts";
import { observedOf, samplesOf } from "../../../core/rendering.ts";
import { seenOf } from "../../../core/sloresult.ts";
import { percent } from "../../format.ts";
import { GROUPS, type Group, type Objective } from "../objectives.ts";
import { Figure, MomentLink, Section, Table } from "./parts.tsx";

const WORDS = { met: "met", missed: "missed", unmeasured: "not measured" };

const TITLES: Readonly<Record<Group, string>> = {
  target: "The target",
  account: "The account",
  measurement: "The measurement itself",
};

/** Each objective with what was observed. A group in which all are met is folded. */
export function ObjectivesSection({ objectives }: { objectives: readonly Objective[] }) {
  return (
    <Section id="objectives" title="Objectives">
      {objectives.length === 0 ? <p>No test came so far that it could judge an objective.</p> : null}
      {GROUPS.map((group) => {
        const rows = objectives.filter((one) => one.group === group);
        if (rows.length === 0) return null;
        return (
          <details class="group" key={group} open={rows.some(({ result }) => result !== "met")}>
            <summary>
              <h3>{TITLES[group]}</h3> <Outcome rows={rows} />
            </summary>
            <Rows name={`Objectives: ${TITLES[group]}`} rows={rows} />
          </details>
        );
      })}
    </Section>
  );
}

/** How many of a group were met, missed and not measured. */
function Outcome({ rows }: { rows: readonly Objective[] }) {
  const rowsThat = (result: Objective["result"]) => rows.filter((row) => row.result === result).length;
  const [missed, unmeasured] = [rowsThat("missed"), rowsThat("unmeasured")];
  if (missed + unmeasured === 0) return <span class="outcome met">all {number(rows.length)} met</span>;
  return (
    <>
      {missed === 0 ? null : <span class="outcome missed">{number(missed)} missed</span>}{" "}
      {unmeasured === 0 ? null : <span class="outcome unmeasured">{number(unmeasured)} not measured</span>}{" "}
      <span class="quiet">of {number(rows.length)}</span>
    </>
  );
}

function Rows({ name, rows }: { name: string; rows: readonly Objective[] }) {
  return (
    <Table
      name={name}
      rows={rows}
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
        { title: "observed", cell: Observed, kind: "number" },
        { title: "samples", cell: Samples, kind: "number" },
        { title: "margin", cell: Margin, kind: "number" },
      ]}
    />
  );
}

function Metric(objective: Objective) {
  const { metric, meaning, result, evidence, doubt, moment, nextStep } = objective;
  const lack = result === "unmeasured" && doubt === null ? seenOf(objective) : doubt;
  const seen = result === "met" ? [] : [evidence, lack].filter((text) => text != null);
  return (
    <>
      <code>{metric}</code>
      {meaning === null ? null : <span class="explanation">{meaning}</span>}
      {seen.map((text) => (
        <span key={text} class="seen">
          {text}
        </span>
      ))}
      {moment === null ? null : (
        <span class="seen">
          <MomentLink moment={moment} />
        </span>
      )}
      {nextStep === null ? null : <span class="next">{nextStep}</span>}
    </>
  );
}

function Observed(objective: Objective) {
  const { observed, possible, samples } = objective;
  // k6 reports a rate of 0 for no samples; it is not an observation.
  return possible === null || samples === 0 ? (
    <Figure value={samples === 0 ? null : observed} />
  ) : (
    <data value={String(observed)}>{observedOf(objective)}</data>
  );
}

function Samples({ samples, floor }: Objective) {
  return (
    <span class={samples < floor ? "bad" : undefined} title={`at least ${several(floor, "sample")} needed`}>
      {samplesOf({ samples, floor }) === "" ? null : <Figure value={samples} />}
      {samples < floor ? ` of ${number(floor)} needed` : null}
    </span>
  );
}

/** The share of the bound that is left, as a number and as a bar. */
function Margin({ margin, samples, floor }: Objective) {
  if (margin === null || samples < floor) return <Figure value={null} />;
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
