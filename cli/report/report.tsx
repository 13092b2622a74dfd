/**
 * A run as one self-contained HTML file: a pure function of the record, the comparison and the report's script and
 * style. Every number is in the text; charts only show it again.
 */
import { createHash } from "node:crypto";
import { renderToString } from "preact-render-to-string";
import { unjudgedIn } from "../../core/unbounded.ts";
import type { Result } from "../result.ts";
import { CHART_DATA_ID, type Charts } from "./charts.ts";
import { flowOf } from "./flow.ts";
import { healthLinesOf, usageOf } from "./health.ts";
import { curvesOf, latenciesOf } from "./latency.ts";
import { answersIn, objectivesOf, testName } from "./objectives.ts";
import { AccountSection } from "./sections/account.tsx";
import { type BaselineComparison, ComparisonSection } from "./sections/comparison.tsx";
import { type Attachment, DetailsSection } from "./sections/details.tsx";
import { PageHead } from "./sections/head.tsx";
import { GeneratorSection, TargetSection } from "./sections/health.tsx";
import { LatencySection } from "./sections/latency.tsx";
import { ObjectivesSection } from "./sections/objectives.tsx";
import { TimelineSection } from "./sections/timeline.tsx";
import { VerdictSection } from "./sections/verdict.tsx";
import { timelineOf } from "./timeline.ts";

/** Script and style that the page contains. */
interface Assets {
  /** The bundle of browser/, which draws the charts. */
  readonly script: string;
  readonly style: string;
}

/** Input of the report. */
interface ReportInput {
  readonly result: Result;
  readonly compared: BaselineComparison;
  readonly attachments: readonly Attachment[];
  readonly assets: Assets;
}

const COLOURS = { PASS: "#1a7f4b", FAIL: "#c2321f", INVALID: "#9a6700" };

/** Makes the report. The same input gives the same text. */
export function renderReport({ result, compared, attachments, assets }: ReportInput): string {
  const objectives = objectivesOf(result);
  const latencies = latenciesOf(result);
  const measured = { account: result.account, answers: answersIn(result), rows: objectives };
  const timeline = timelineOf(result);
  const ofTarget = result.health.filter(({ role }) => role === "target");
  const ofGenerator = result.health.filter(({ role }) => role !== "target");
  const charts: Charts = {
    flow: result.account === null ? null : flowOf(result.account),
    curves: curvesOf(latencies),
    timeline,
    generator: healthLinesOf(ofGenerator, result.startedAt),
    target: healthLinesOf(ofTarget, result.startedAt),
  };
  const rates = result.tests.flatMap((test) =>
    test.summary?.rate ? [{ test: testName(test, result.tests), ...test.summary.rate }] : [],
  );
  const { run, verdict } = result;
  const page = (
    <html lang="en">
      <PageHead title={`${verdict} · ${run}`} policy={policy(assets)} style={assets.style}>
        <link rel="icon" href={icon(COLOURS[verdict])} />
      </PageHead>
      <body>
        <main>
          <VerdictSection result={result} objectives={objectives} unjudged={unjudgedIn(measured)} />
          <noscript>
            <p class="quiet">Charts need JavaScript; every number is in the tables.</p>
          </noscript>
          <AccountSection account={result.account} />
          <LatencySection latencies={latencies} measured={measured} />
          <TimelineSection timeline={timeline} />
          <ObjectivesSection objectives={objectives} />
          <GeneratorSection
            usages={ofGenerator.map(usageOf)}
            lines={charts.generator}
            objectives={objectives}
            rates={rates}
          />
          <TargetSection usages={ofTarget.map(usageOf)} lines={charts.target} />
          <ComparisonSection compared={compared} />
          <DetailsSection result={result} attachments={attachments} />
        </main>
        <script type="application/json" id={CHART_DATA_ID} dangerouslySetInnerHTML={{ __html: embedded(charts) }} />
        <script dangerouslySetInnerHTML={{ __html: assets.script }} />
      </body>
    </html>
  );
  return `<!doctype html>\n${renderToString(page)}\n`;
}

/** JSON that cannot close the surrounding script element. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** Nothing is loaded, and only the report's own script runs, whatever the record contains. */
function policy({ script }: Assets): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'`;
}

function icon(colour: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
