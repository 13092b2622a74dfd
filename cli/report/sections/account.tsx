import { duration, several } from "../../figures.ts";
import type { Result } from "../../result.ts";
import { flowOf, tellFlow } from "../flow.ts";
import { Chart, Figure, Section, Table } from "./parts.tsx";

type Account = NonNullable<Result["account"]>;

/** The numbers in the order in which things happen, and which of them should be zero. */
const EVENTS = [
  ["published", "events handed to the transport", false],
  ["acknowledged", "taken by the transport", false],
  ["refused", "answered with an error", true],
  ["unknown", "acknowledgement never came", true],
] as const;

const DELIVERIES = [
  ["expected", "had to happen", false],
  ["delivered", "of the expected, happened", false],
  ["lost", "of the expected, never happened", true],
  ["duplicated", "arrived again on the same path", true],
  ["reordered", "arrived after a later event", true],
  ["misrouted", "arrived where they do not belong", true],
  ["late", "arrived after the account was settled", true],
  ["unreported", "arrived, but no publisher reported them", true],
  ["unjudged", "sent too near a path's edges to be expected", false],
] as const;

type Row = (typeof EVENTS)[number] | (typeof DELIVERIES)[number];

const ENDINGS: Readonly<Record<string, string>> = {
  complete: "everything that had to arrive has arrived",
  quiet: "nothing more arrived",
  timeout: "deliveries were still arriving when the time was up",
  "publisher missing": "a publisher never said it was done",
};

/** What happened to every event. */
export function AccountSection({ account }: { account: Result["account"] }) {
  if (account === null) {
    return (
      <Section id="account" title="Account">
        <p>Nothing was accounted: no receiver settled this run.</p>
      </Section>
    );
  }
  const { ending, drain, backlog, paths } = account;
  return (
    <Section id="account" title="Account">
      {flowOf(account) === null ? null : (
        <Chart
          id="flow"
          title="From publisher to subscriber"
          note="Widths are shares of each step; what left the path is drawn wide enough to be seen."
          told={tellFlow(account)}
        />
      )}
      <div class="ledger">
        <Counts name="Events" rows={EVENTS} account={account} />
        <Counts name={`Deliveries on ${several(paths, "path")}`} rows={DELIVERIES} account={account} />
      </div>
      <p>
        The wait for the last deliveries ended after <Figure value={drain} unit=" ms" />
        {drain >= 60_000 ? ` (${duration(drain)})` : null}:{" "}
        {ending === null ? "the account was never settled" : (ENDINGS[ending] ?? ending)}. Missing when the last
        publisher was done: <Figure value={backlog} />.
      </p>
      <Causes causes={account.causes} />
      <Offenders account={account} />
    </Section>
  );
}

function Counts({ name, rows, account }: { name: string; rows: readonly Row[]; account: Account }) {
  return (
    <div>
      <h3>{name}</h3>
      <dl class="counts">
        {rows.map(([key, meaning, defect]) => (
          <div key={key} class={defect && account[key] > 0 ? "bad" : undefined}>
            <dt>
              {key} <span class="explanation">{meaning}</span>
            </dt>
            <dd id={`account-${key}`}>
              <Figure value={account[key]} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Causes({ causes }: { causes: readonly string[] }) {
  if (causes.length === 0) return null;
  return (
    <>
      <h3>Where the pipeline holds what is missing</h3>
      <ul>
        {causes.map((cause) => (
          <li key={cause}>{cause}</li>
        ))}
      </ul>
    </>
  );
}

function Offenders({ account: { offenders } }: { account: Account }) {
  if (offenders.length === 0) return null;
  return (
    <>
      <h3>Paths that broke a rule</h3>
      <Table
        name="Paths that broke a rule"
        rows={offenders}
        columns={[
          { title: "path", cell: ({ path }) => <code>{path}</code>, kind: "subject" },
          { title: "expected", cell: ({ expected }) => <Figure value={expected} />, kind: "number" },
          { title: "lost", cell: ({ lost }) => <Figure value={lost} />, kind: "number" },
          { title: "duplicated", cell: ({ duplicated = null }) => <Figure value={duplicated} />, kind: "number" },
          { title: "reordered", cell: ({ reordered = null }) => <Figure value={reordered} />, kind: "number" },
          { title: "misrouted", cell: ({ misrouted = null }) => <Figure value={misrouted} />, kind: "number" },
          { title: "lost events", cell: ({ lostSeqs }) => lostSeqs.join(", ") || "none", kind: "text" },
          { title: "the first was sent at", cell: ({ firstLostAt }) => momentOf(firstLostAt), kind: "text" },
        ]}
      />
    </>
  );
}

function momentOf(at: number | null) {
  if (at === null) return <Figure value={null} />;
  const iso = new Date(at).toISOString();
  return <time dateTime={iso}>{iso.slice(11, 23)}</time>;
}
