/** All runs as one self-contained HTML file without scripts: a pure function of the series. */
import { renderToString } from "preact-render-to-string";
import { milliseconds, number } from "../../core/numbers.ts";
import { PageHead } from "../report/sections/head.tsx";
import { Figure, Section, Table } from "../report/sections/parts.tsx";
import { Chart, placeOf } from "./chart.tsx";
import type { Entry } from "./entry.ts";
import { linearScale, logScale } from "./scale.ts";
import { describeChanges, describeVerdicts, lastOf, type Series, titleOf } from "./series.ts";
import { momentOf, NO_LOAD } from "./table.ts";

/** Input of the page. */
interface HistoryInput {
  readonly series: readonly Series[];
  /** One line for each record that could not be read. */
  readonly skipped: readonly string[];
  readonly style: string;
  /** The link to a report, relative to the page. */
  readonly hrefOf: (report: string) => string;
}

/** Nothing is loaded and no script runs, whatever the records contain. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Makes the page. The same input gives the same text. */
export function renderHistoryPage({ series, skipped, style, hrefOf }: HistoryInput): string {
  const runs = series.reduce((sum, { entries }) => sum + entries.length, 0);
  const page = (
    <html lang="en">
      <PageHead title={`History of ${number(runs)} runs`} policy={POLICY} style={style} />
      <body>
        <main class="history">
          <p class="wordmark">Throughline</p>
          <h1>History</h1>
          <ul class="overview">
            {series.map((one, place) => (
              <li key={titleOf(one)}>
                <a href={`#series-${place}`}>{titleOf(one)}</a> <span class="quiet">last run</span>{" "}
                <span class={`verdict-word ${lastOf(one).verdict.toLowerCase()}`}>{lastOf(one).verdict}</span>{" "}
                <span class="quiet">{describeVerdicts(one)}</span>
              </li>
            ))}
          </ul>
          {series.map((one, place) => (
            <SeriesSection key={titleOf(one)} series={one} id={`series-${place}`} hrefOf={hrefOf} />
          ))}
          {skipped.length === 0 ? null : (
            <Section id="skipped" title="Left out">
              <ul>
                {skipped.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </Section>
          )}
        </main>
      </body>
    </html>
  );
  return `<!doctype html>\n${renderToString(page)}\n`;
}

/** Older runs are folded away: nobody reads a page of a thousand rows. */
const ROWS = 25;

function SeriesSection({ series, id, hrefOf }: { series: Series; id: string; hrefOf: HistoryInput["hrefOf"] }) {
  const { entries, changes } = series;
  const marks = [...changes.keys()];
  const newest = entries.map((entry, place) => ({ entry, change: changes.get(place) })).reverse();
  return (
    <Section id={id} title={titleOf(series)}>
      <p class="quiet">{describeVerdicts(series)}</p>
      <Verdicts entries={entries} hrefOf={hrefOf} />
      <Charts entries={entries} marks={marks} />
      <p class="dates quiet">
        <span>{momentOf((entries[0] as Entry).startedAt)}</span>
        <span>{entries.length === 1 ? null : momentOf(lastOf(series).startedAt)}</span>
      </p>
      {marks.length === 0 ? null : (
        <ul class="changes" aria-label="What changed">
          {marks.map((place) => (
            <li key={place}>
              <strong>{momentOf((entries[place] as Entry).startedAt)}</strong>{" "}
              {describeChanges(changes.get(place) ?? [])}
            </li>
          ))}
        </ul>
      )}
      <Rows rows={newest.slice(0, ROWS)} title={titleOf(series)} hrefOf={hrefOf} />
      {newest.length <= ROWS ? null : (
        <details class="group">
          <summary>{number(newest.length - ROWS)} older runs</summary>
          <Rows rows={newest.slice(ROWS)} title={`${titleOf(series)}, older`} hrefOf={hrefOf} />
        </details>
      )}
    </Section>
  );
}

/** A square for each run, aligned with its column in the charts below. */
function Verdicts({ entries, hrefOf }: { entries: readonly Entry[]; hrefOf: HistoryInput["hrefOf"] }) {
  const width = Math.min(14, 90 / entries.length);
  return (
    <div class="verdicts">
      {entries.map((entry, place) => {
        const style = {
          left: `${placeOf(place, entries.length).toFixed(2)}%`,
          width: `min(14px, ${width.toFixed(2)}%)`,
        };
        const without = entry.loaded ? "" : `, ${NO_LOAD}`;
        const title = `${entry.run}: ${entry.verdict}${without}, ${momentOf(entry.startedAt)}`;
        const look = { class: `square ${entry.verdict.toLowerCase()}`, style, title };
        return entry.report === null ? (
          <span key={entry.run} {...look} />
        ) : (
          <a key={entry.run} {...look} href={hrefOf(entry.report)} aria-label={title} />
        );
      })}
    </div>
  );
}

function Charts({ entries, marks }: { entries: readonly Entry[]; marks: readonly number[] }) {
  const valuesOf = (read: (entry: Entry) => number | null | undefined) => entries.map((one) => read(one) ?? null);
  const present = (...lists: (number | null)[][]) => lists.flat().filter((value) => value !== null);
  const [p50, p95, p99] = [
    valuesOf(({ latency }) => latency?.p50),
    valuesOf(({ latency }) => latency?.p95),
    valuesOf(({ latency }) => latency?.p99),
  ] as const;
  const latencies = present(p50, p95, p99);
  const lost = valuesOf((entry) => entry.lost);
  const rate = valuesOf((entry) => entry.rate);
  const losses = present(lost);
  return (
    <div class="trends">
      {latencies.length === 0 ? null : (
        <Chart
          title="Latency"
          unit=" ms"
          scale={logScale(latencies)}
          marks={marks}
          lines={[
            { name: "p50", colour: 1, values: p50 },
            { name: "p95", colour: 3, values: p95 },
            { name: "p99", colour: 4, values: p99 },
          ]}
        />
      )}
      {losses.every((value) => value === 0) ? null : (
        <Chart
          title="Lost deliveries"
          unit=""
          scale={linearScale(losses)}
          marks={marks}
          lines={[{ name: "lost", colour: 4, values: lost }]}
        />
      )}
      {present(rate).length === 0 ? null : (
        <Chart
          title="Events per second"
          unit=""
          scale={linearScale(present(rate))}
          marks={marks}
          lines={[{ name: "achieved", colour: 5, values: rate }]}
        />
      )}
    </div>
  );
}

interface Row {
  readonly entry: Entry;
  readonly change: Parameters<typeof describeChanges>[0] | undefined;
}

function Rows({ rows, title, hrefOf }: { rows: readonly Row[]; title: string; hrefOf: HistoryInput["hrefOf"] }) {
  return (
    <Table
      name={`Runs of ${title}`}
      rows={rows}
      columns={[
        { title: "run", cell: ({ entry }) => <RunLink entry={entry} hrefOf={hrefOf} />, kind: "subject" },
        {
          title: "verdict",
          cell: ({ entry: { verdict } }) => <span class={`verdict-word ${verdict.toLowerCase()}`}>{verdict}</span>,
          kind: "outcome",
        },
        { title: "started (UTC)", cell: ({ entry }) => momentOf(entry.startedAt) },
        { title: "lost", cell: ({ entry }) => <Lost entry={entry} />, kind: "number" },
        { title: "p50", cell: ({ entry: { latency } }) => milliseconds(latency?.p50 ?? null), kind: "number" },
        { title: "p95", cell: ({ entry: { latency } }) => milliseconds(latency?.p95 ?? null), kind: "number" },
        { title: "p99", cell: ({ entry: { latency } }) => milliseconds(latency?.p99 ?? null), kind: "number" },
        {
          title: "events/s",
          cell: ({ entry: { rate } }) => number(rate === null ? null : Math.round(rate)),
          kind: "number",
        },
        { title: "first reason", cell: ({ entry: { reason } }) => reason ?? "", kind: "text" },
        { title: "changed", cell: ({ change }) => (change === undefined ? "" : describeChanges(change)), kind: "text" },
      ]}
    />
  );
}

function RunLink({ entry: { run, report }, hrefOf }: { entry: Entry; hrefOf: HistoryInput["hrefOf"] }) {
  return report === null ? <span>{run}</span> : <a href={hrefOf(report)}>{run}</a>;
}

function Lost({ entry: { loaded, lost, expected } }: { entry: Entry }) {
  if (!loaded) return <span class="quiet">{NO_LOAD}</span>;
  return (
    <span class={(lost ?? 0) > 0 ? "bad" : undefined}>
      <Figure value={lost} />
      {expected === null ? null : <small> of {number(expected)}</small>}
    </span>
  );
}
