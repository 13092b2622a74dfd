import { uncertaintyOf } from "../../../core/clocks.ts";
import { hadLoad, isOnlyCounted, ONLY_COUNTED } from "../../../core/counts.ts";
import { milliseconds, number, several } from "../../../core/numbers.ts";
import { toShow } from "../../../core/percentiles.ts";
import type { unjudgedIn } from "../../../core/unbounded.ts";
import { duration } from "../../format.ts";
import type { Cut, Result } from "../../result.ts";
import type { Moment } from "../moments.ts";
import { changesOf, notesOf, type Objective } from "../objectives.ts";
import { MomentLink } from "./parts.tsx";

interface Verdict {
  readonly result: Result;
  readonly objectives: readonly Objective[];
  /** Of a run that passed. */
  readonly unjudged: ReturnType<typeof unjudgedIn>;
}

function meaningOf({ result: { verdict }, objectives, unjudged }: Verdict): string {
  const missed = objectives.filter(({ result, miss }) => result === "missed" && miss === "FAIL").length;
  switch (verdict) {
    case "PASS":
      if (unjudged === null) return "Every objective was measured and met.";
      return `Every objective was measured and met. None of them bounds ${unjudged === "latency" ? "latency" : "the answers"}: not judged.`;
    case "FAIL":
      // Records by version 0.1 of tests with several processes.
      if (missed === 0) return "The target missed an objective when all processes were judged as one.";
      return `The target missed ${number(missed)} of ${several(objectives.length, "objective")}.`;
    case "INVALID":
      return "The run could not measure what it was asked to. It says nothing certain about the target.";
  }
}

/** Records of older versions do not say why they are not complete. */
const CUT: Readonly<Record<Cut, string>> = {
  interrupted: "The run was interrupted: the numbers are those of its first part.",
  "never started": "The load never started.",
  "ended early": "The load did not run to its end: the numbers are those of its first part.",
};

/** Why a run is not complete; without a load there are no numbers of any part of it. */
function cutIn({ cut, account }: Result): string {
  if (cut === "interrupted" && account !== null && !hadLoad(account)) return "The run was interrupted before its load.";
  return CUT[cut ?? "ended early"];
}

/** The verdict, its reasons, and what to look at next. */
export function VerdictSection(given: Verdict) {
  const { result, objectives } = given;
  const { run, subject, verdict, complete, startedAt, endedAt, machine, account } = result;
  const scenarios = [...new Set(result.tests.flatMap(({ summary }) => summary?.scenario ?? []))];
  const started = new Date(startedAt).toISOString();
  return (
    <header class={`verdict ${verdict.toLowerCase()}`}>
      <p class="wordmark">Throughline</p>
      <h1>
        <span class="answer">{verdict}</span>
        <span class="run">{run}</span>
      </h1>
      <p class="sentence">
        {meaningOf(given)}
        {account !== null && isOnlyCounted(account) ? ` Arrivals were counted: ${ONLY_COUNTED}.` : null}
        {complete ? null : ` ${cutIn(result)}`}
      </p>
      <p class="quiet">
        {subject}
        {scenarios.length > 0 ? `, ${scenarios.join(" and ")}` : null} ·{" "}
        <time dateTime={started}>{spelled(started)}</time> · {duration(Math.max(0, endedAt - startedAt))} ·{" "}
        {several(machine.cores, "core")}, load {number(machine.loadAverage)}
      </p>
      <KeyFigures result={result} objectives={objectives} />
      {changesOf(result).map((change) => (
        <p class="changed" key={change}>
          {change}
        </p>
      ))}
      <Reasons result={result} objectives={objectives} />
      {notesOf(result).map((note) => (
        <p class="quiet" key={note}>
          {note}
        </p>
      ))}
    </header>
  );
}

/** `2026-11-21 11:35:25 UTC`. */
function spelled(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** Adjacent reasons with the same next step share it. */
function Reasons({ result: { reasons }, objectives }: { result: Result; objectives: readonly Objective[] }) {
  const momentOf = (reason: Result["reasons"][number]) =>
    objectives.find(({ metric, objective }) => metric === reason.metric && objective === reason.objective)?.moment ??
    null;
  const groups: { reasons: Result["reasons"]; next: string }[] = [];
  for (const reason of reasons) {
    const next = reason.next ?? "";
    const last = groups.at(-1);
    if (last !== undefined && last.next === next && next !== "") last.reasons.push(reason);
    else groups.push({ reasons: [reason], next });
  }
  if (groups.length === 0) return null;
  return (
    <ol class="reasons" aria-label="Reasons and next steps">
      {groups.map((group) => (
        <li key={group.reasons[0]?.text}>
          {group.reasons.map((reason) => (
            <Cause key={reason.text} reason={reason} moment={momentOf(reason)} />
          ))}
          {group.next === "" ? null : <p class="next">{group.next}</p>}
        </li>
      ))}
    </ol>
  );
}

function Cause({ reason, moment }: { reason: Result["reasons"][number]; moment: Moment | null }) {
  const { text, evidence, symptoms } = reason;
  return (
    <>
      <p>{text}</p>
      {evidence === null ? null : <p class="seen">{evidence}</p>}
      {moment === null ? null : (
        <p class="seen">
          <MomentLink moment={moment} />
        </p>
      )}
      {symptoms.length === 0 ? null : (
        <details class="symptoms">
          <summary>{several(symptoms.length, "other objective")} for the same cause</summary>
          <ul>
            {symptoms.map((symptom) => (
              <li key={symptom}>{symptom}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** The most wanted numbers first: the account, then latency with its clock error, then the load. */
function KeyFigures({ result, objectives }: { result: Result; objectives: readonly Objective[] }) {
  const { account, tests } = result;
  const met = objectives.filter((one) => one.result === "met").length;
  const rates = tests.flatMap(({ summary }) => summary?.rate ?? []);
  const achieved = rates.reduce((sum, { achieved: one }) => sum + one, 0);
  return (
    <dl class="key-figures">
      {account === null || !hadLoad(account) ? null : <AccountFigures account={account} />}
      {rates.length === 0 ? null : (
        <div>
          <dt>published</dt>
          <dd>
            {number(Math.round(achieved))} <small>per second</small>
          </dd>
        </div>
      )}
      {objectives.length === 0 ? null : (
        <div>
          <dt>objectives met</dt>
          <dd>
            {number(met)} <small>of {number(objectives.length)}</small>
          </dd>
        </div>
      )}
    </dl>
  );
}

function AccountFigures({ account }: { account: NonNullable<Result["account"]> }) {
  const { expected, delivered, lost, unjudged, unheard } = account;
  const latency = toShow(account.latency);
  const time = (ms: number) => (latency.samples === 0 ? number(null) : milliseconds(ms));
  return (
    <>
      <div>
        <dt>delivered</dt>
        <dd>
          {expected === 0 ? number(null) : share(delivered, expected)} <small>of {number(expected)}</small>
        </dd>
      </div>
      <div>
        <dt>lost</dt>
        <dd class={lost > 0 ? "bad" : undefined}>{number(lost)}</dd>
      </div>
      {brokenIn(account).map(([what, count]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{number(count)}</dd>
        </div>
      ))}
      <div>
        <dt>unjudged</dt>
        <dd>
          {number(unjudged)} <small>{number(unheard)} with nobody listening</small>
        </dd>
      </div>
      <div>
        <dt>delivery p50</dt>
        <dd>{time(latency.p50)}</dd>
      </div>
      <div>
        <dt>delivery p99</dt>
        <dd>{time(latency.p99)}</dd>
      </div>
      <div>
        <dt>clocks agree to</dt>
        <dd>{clocksOf(account)}</dd>
      </div>
      {account.looks === null ? null : (
        <div>
          <dt>polled every</dt>
          <dd>
            {milliseconds(Number(account.looks.longest.toPrecision(2)))}{" "}
            <small>or less: latencies may be so much too high</small>
          </dd>
        </div>
      )}
    </>
  );
}

/** What else went wrong with deliveries, where it did. A far end may promise less, so that it need not be bad. */
function brokenIn({ duplicated, reordered, misrouted, damaged, ordered }: NonNullable<Result["account"]>) {
  const counts = { duplicated, reordered: ordered ? reordered : 0, misrouted, damaged };
  return Object.entries(counts).filter(([, count]) => count > 0);
}

/** How far delivery latencies may be off because of clocks. */
function clocksOf(account: NonNullable<Result["account"]>): string {
  const by = uncertaintyOf(account)("account_delivery_p95_ms")?.by ?? null;
  if (by === null) return number(null);
  return Number.isFinite(by) ? `± ${milliseconds(Number(by.toPrecision(2)))}` : "not compared";
}

/** Rounded down to a hundredth of a percent: never 100 % while anything is missing. */
function share(part: number, whole: number): string {
  return `${Math.floor((part / whole) * 10_000) / 100} %`;
}
