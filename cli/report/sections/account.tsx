import { ENDINGS } from "../../../core/account.ts";
import { uncertaintyOf } from "../../../core/clocks.ts";
import {
  COUNTS,
  type CountName,
  countsOf,
  faultNames,
  hadLoad,
  isOnlyCounted,
  isUncompared,
  NO_LOAD,
  ONLY_COUNTED,
  seenCount,
  UNCOMPARED,
} from "../../../core/counts.ts";
import { describeDetour } from "../../../core/detours.ts";
import { judgedOf } from "../../../core/judgedshare.ts";
import { NOTHING, number, several } from "../../../core/numbers.ts";
import { describeOrder } from "../../../core/order.ts";
import { firstOf, shortened, shortlist } from "../../../core/shortlist.ts";
import { describeStandstill } from "../../../core/standstill.ts";
import { duration } from "../../format.ts";
import type { Result } from "../../result.ts";
import { describeFlow, flowOf } from "../flow.ts";
import { Chart, type Column, Figure, Section, Table } from "./parts.tsx";

type Account = NonNullable<Result["account"]>;

/** What happened to every event. */
export function AccountSection({ account }: Pick<Result, "account">) {
  if (account === null) {
    return (
      <Section id="account" title="Account">
        <p>Nothing was accounted: no receiver settled this run.</p>
      </Section>
    );
  }
  if (!hadLoad(account)) {
    return (
      <Section id="account" title="Account">
        <p>Load: {NO_LOAD}.</p>
        <Lines title="What else was wrong" lines={[...account.causes, ...account.findings]} />
      </Section>
    );
  }
  const { ending, drain, backlog, paths } = account;
  const stall = describeStandstill(account, uncertaintyOf(account)("account_delivery_p95_ms"));
  const order = describeOrder(account);
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
      {isOnlyCounted(account) ? <p>Arrivals were counted: {ONLY_COUNTED}.</p> : null}
      {isUncompared(account) ? <p>Contents were {UNCOMPARED}.</p> : null}
      {order === null || isOnlyCounted(account) ? null : (
        <p>
          Order: {account.ordered ? "judged " : ""}
          {order}.
        </p>
      )}
      <p>
        Judged: {judgedOf(account)}. When the last event was acknowledged, <Figure value={backlog} /> were missing
        {drain > 0 ? (
          <>
            ; the last delivery came <Figure value={drain} unit=" ms" />
            {drain >= 60_000 ? ` (${duration(drain)})` : null} later
          </>
        ) : null}
        . How the wait ended: {ending === null ? "the account was never settled" : ENDINGS[ending]}.
      </p>
      {stall === null ? null : <p id="stall">A stall: {stall}.</p>}
      <Lines title="Why deliveries are missing" lines={account.causes} />
      <Lines title="What else was wrong" lines={account.findings} />
      <Lines title="What arrived elsewhere" lines={elsewhere(account.detours)} />
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
              <Figure value={seenCount(account, key)} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

/** Lost deliveries that arrived on other paths. */
function elsewhere({ count, first }: Account["detours"]): readonly string[] {
  return shortened(first.map(describeDetour), count);
}

/** Where no order is promised, no path and no event breaks it. */
const REORDERED: Column<Account["offenders"][number]> = {
  title: "reordered",
  cell: ({ reordered = null }) => <Figure value={reordered} />,
  kind: "number",
};
const REORDERED_EVENTS: Column<Account["offenders"][number]> = {
  title: "reordered events",
  cell: ({ reordered, reorderedSeqs }) => namedOf(reorderedSeqs, reordered),
  kind: "text",
};

function Offenders({ account: { offenders, offending = offenders.length, ordered } }: { account: Account }) {
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
          ...(ordered ? [REORDERED] : []),
          { title: "misrouted", cell: ({ misrouted = null }) => <Figure value={misrouted} />, kind: "number" },
          { title: "lost events", cell: ({ lost, lostSeqs }) => namedOf(lostSeqs, lost), kind: "text" },
          {
            title: "repeated events",
            cell: ({ duplicatedSeqs, duplicated = Number.POSITIVE_INFINITY }) =>
              firstOf(duplicatedSeqs, duplicated) || "none",
            kind: "text",
          },
          ...(ordered ? [REORDERED_EVENTS] : []),
          {
            title: "misrouted events",
            cell: ({ misrouted, misroutedSeqs }) => namedOf(misroutedSeqs, misrouted),
            kind: "text",
          },
          { title: "the first was sent at", cell: ({ firstLostAt }) => momentOf(firstLostAt), kind: "text" },
        ]}
      />
      {offending > offenders.length ? (
        <p>
          The worst {number(offenders.length)} of {number(offending)} are listed.
        </p>
      ) : null}
    </>
  );
}

/** Numbers of events; a dash where there are events that nobody could name. */
function namedOf(seqs: readonly number[], all = seqs.length): string {
  if (all === 0) return "none";
  return seqs.length === 0 ? NOTHING : shortlist(seqs, all);
}

function momentOf(at: number | null) {
  if (at === null) return <Figure value={null} />;
  const iso = new Date(at).toISOString();
  return <time dateTime={iso}>{iso.slice(11, 23)}</time>;
}
