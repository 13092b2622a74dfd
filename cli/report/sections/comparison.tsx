import { number, several } from "../../../core/numbers.ts";
import type { Comparison, ComparisonRow } from "../../baseline/comparison.ts";
import { changeOf, OUTCOMES } from "../../baseline/rendering.ts";
import { Figure, Section, Table } from "./parts.tsx";

/** A comparison, or why there is none. */
export type BaselineComparison = { readonly comparison: Comparison } | { readonly without: string };

const ORDER = { worse: 0, missing: 1, unsure: 3, better: 2, same: 4 };
const MARKS = { worse: "missed", missing: "unmeasured", unsure: "unmeasured", better: "better", same: "met" };

/** The run compared with earlier runs of the same parameters. */
export function ComparisonSection({ compared }: { compared: BaselineComparison }) {
  if ("without" in compared) {
    return (
      <Section id="comparison" title="Comparison with the baseline">
        <p class="quiet">{compared.without}</p>
      </Section>
    );
  }
  const { verdict, against, reasons, cautions, rows } = compared.comparison;
  const sorted = [...rows].sort((a, b) => ORDER[a.outcome] - ORDER[b.outcome]);
  return (
    <Section id="comparison" title="Comparison with the baseline">
      <p>
        <strong class={`outcome ${verdict === "PASS" ? "met" : "missed"}`}>{verdict}</strong> against{" "}
        {several(against.length, "run")} of the same parameters: {against.join(", ")}
      </p>
      {reasons.length === 0 ? null : (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {cautions.map((caution) => (
        <p class="quiet" key={caution}>
          {caution}
        </p>
      ))}
      <Table
        name="Comparison with the baseline"
        rows={sorted}
        mark={({ outcome }) => MARKS[outcome]}
        columns={[
          {
            title: "result",
            cell: ({ outcome }) => <span class={`outcome ${MARKS[outcome]}`}>{OUTCOMES[outcome].toLowerCase()}</span>,
            kind: "outcome",
          },
          {
            title: "measured",
            cell: ({ name, kind }) => <code>{kind === "latency" ? `${name} (ms)` : name}</code>,
            kind: "subject",
          },
          { title: "baseline", cell: rangeOf, kind: "number" },
          { title: "this run", cell: ({ observed }) => <Figure value={observed} />, kind: "number" },
          { title: "change", cell: ({ ratio }) => changeOf(ratio), kind: "number" },
          { title: "limit", cell: ({ limit }) => <Figure value={limit} />, kind: "number" },
        ]}
      />
    </Section>
  );
}

function rangeOf({ low, high }: ComparisonRow): string {
  return low === high ? number(high) : `${number(low)} to ${number(high)}`;
}
