import { ENDINGS } from "../../../core/account.ts";
import { COUNTS, type CountName, countsOf, faultNames } from "../../../core/counts.ts";
import { judgedOf } from "../../../core/judgedshare.ts";
import { duration, several } from "../../format.ts";
import type { Result } from "../../result.ts";
import { describeFlow, flowOf } from "../flow.ts";
import { Chart, type Column, Figure, Section, Table } from "./parts.tsx";

type Account = NonNullable<Result["account"]>;

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
          description={describeFlow(account)}
        />
      )}
      <div class="ledger">
        <Counts name="Events" counts={countsOf("events")} account={account} />
        <Counts name={`Deliveries on ${several(paths, "path")}`} counts={countsOf("deliveries")} account={account} />
      </div>
      <p>
        Judged: {judgedOf(account)}. The last delivery came <Figure value={drain} unit=" ms" />
        {drain >= 60_000 ? ` (${duration(drain)})` : null} after the last event was acknowledged, when{" "}
        <Figure value={backlog} /> were missing. How the wait ended:{" "}
        {ending === null ? "the account was never settled" : ENDINGS[ending]}.
      </p>
      <Causes causes={account.causes} />
      <Offenders account={account} />
    </Section>
  );
}

function Counts({ name, counts, account }: { name: string; counts: readonly CountName[]; account: Account }) {
  const faults = faultNames(account.ordered);
  return (
    <div>
      <h3>{name}</h3>
      <dl class="counts">
        {counts.map((key) => (
          <div key={key} class={faults.includes(key) && account[key] > 0 ? "bad" : undefined}>
            <dt>
              {key} <span class="explanation">{COUNTS[key].meaning}</span>
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

/** Where no order is promised, no event breaks it. */
const REORDERED_EVENTS: Column<Account["offenders"][number]> = {
  title: "reordered events",
  cell: ({ reorderedSeqs }) => reorderedSeqs.join(", ") || "none",
  kind: "text",
};

function Offenders({ account: { offenders, ordered } }: { account: Account }) {
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
          { title: "repeated events", cell: ({ duplicatedSeqs }) => duplicatedSeqs.join(", ") || "none", kind: "text" },
          ...(ordered ? [REORDERED_EVENTS] : []),
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
