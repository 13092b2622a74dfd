import { several } from "../../../core/numbers.ts";
import { duration } from "../../format.ts";
import type { Result } from "../../result.ts";
import { testName } from "../objectives.ts";
import { Figure, Pairs, Section, Table } from "./parts.tsx";

/** A file beside the record. */
export interface Attachment {
  readonly name: string;
  /** Relative to the report. */
  readonly href: string;
}

/** Parameters, versions and machine of the run. */
export function DetailsSection({ result, attachments }: { result: Result; attachments: readonly Attachment[] }) {
  const { tests, parameters, versions, machine } = result;
  const memory = machine.memoryMb >= 1_024 ? `${Math.round(machine.memoryMb / 1_024)} GB` : `${machine.memoryMb} MB`;
  const host = {
    system: machine.system,
    cores: String(machine.cores),
    memory,
    "load average": String(machine.loadAverage),
  };
  return (
    <Section id="details" title="Parameters and versions">
      <div class="columns">
        <Pairs name="Parameters" pairs={parameters} />
        <Pairs name="Versions" pairs={versions} />
        <Pairs name="Machine" pairs={host} />
      </div>
      <h3>{several(tests.length, "test process", "test processes")}</h3>
      <Table
        name="Tests"
        rows={tests}
        columns={[
          { title: "test", cell: (test) => testName(test, tests), kind: "subject" },
          { title: "scenario", cell: ({ summary }) => summary?.scenario ?? <Figure value={null} /> },
          { title: "verdict", cell: ({ verdict }) => verdict },
          { title: "k6 ended with", cell: ({ exitCode }) => <Figure value={exitCode} />, kind: "number" },
          { title: "length", cell: ({ summary }) => lengthOf(summary?.seconds), kind: "number" },
          { title: "clock", cell: ({ summary }) => clockOf(summary?.clock ?? null) },
        ]}
      />
      <Attachments attachments={attachments} />
    </Section>
  );
}

function lengthOf(seconds: number | undefined) {
  return seconds === undefined ? <Figure value={null} /> : duration(seconds * 1000);
}

type Clock = NonNullable<Result["tests"][number]["summary"]>["clock"];

/** Publish times are whole milliseconds, so their resolution is part of every latency. */
function clockOf(clock: Clock) {
  if (clock === null) return <Figure value={null} />;
  return (
    <>
      <Figure value={clock.offset} unit=" ms" /> from the receiver's, ± <Figure value={clock.error} unit=" ms" />
    </>
  );
}

function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <>
      <h3>Beside this report</h3>
      <ul>
        {attachments.map(({ name, href }) => (
          <li key={name}>
            <a href={href}>{name}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
