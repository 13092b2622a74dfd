import { duration, figure, milliseconds, percent, several } from "../../figures.ts";
import type { Result } from "../../result.ts";
import { changesOf, notesOf, type Objective } from "../objectives.ts";

function meaningOf(verdict: Result["verdict"], objectives: readonly Objective[]): string {
  const missed = objectives.filter(({ result }) => result === "missed").length;
  switch (verdict) {
    case "PASS":
      return "Every objective was measured and met.";
    case "FAIL":
      if (missed === 0) return "The target missed an objective when all processes were judged as one.";
      return `The target missed ${figure(missed)} of ${several(objectives.length, "objective")}.`;
    case "INVALID":
      return "The run could not measure what it was asked to. It says nothing certain about the target.";
  }
}

/** The answer, what it rests on, and where to look next. */
export function VerdictSection({ result, objectives }: { result: Result; objectives: readonly Objective[] }) {
  const { run, subject, verdict, complete, startedAt, endedAt, machine } = result;
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
        {meaningOf(verdict, objectives)}
        {complete ? null : " The run was interrupted: the numbers are those of its first part."}
      </p>
      <p class="quiet">
        {subject}
        {scenarios.length > 0 ? `, ${scenarios.join(" and ")}` : null} ·{" "}
        <time dateTime={started}>{spelled(started)}</time> · {duration(Math.max(0, endedAt - startedAt))} ·{" "}
        {several(machine.cores, "core")}, load {figure(machine.loadAverage)}
      </p>
      <KeyFigures result={result} objectives={objectives} />
      <Reasons result={result} />
      {changesOf(result).map((change) => (
        <p class="changed" key={change}>
          {change}
        </p>
      ))}
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

/** Reasons one after the other that have the same next step share it. */
function Reasons({ result: { reasons } }: { result: Result }) {
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
          {group.reasons.map(({ text, evidence, symptoms }) => (
            <>
              <p key={text}>{text}</p>
              {evidence === null ? null : <p class="seen">{evidence}</p>}
              {symptoms.length === 0 ? null : (
                <ul class="symptoms">
                  {symptoms.map((symptom) => (
                    <li key={symptom}>{symptom}</li>
                  ))}
                </ul>
              )}
            </>
          ))}
          {group.next === "" ? null : <p class="next">{group.next}</p>}
        </li>
      ))}
    </ol>
  );
}

function KeyFigures({ result, objectives }: { result: Result; objectives: readonly Objective[] }) {
  const { account, tests } = result;
  const met = objectives.filter((one) => one.result === "met").length;
  const rates = tests.flatMap(({ summary }) => summary?.rate ?? []);
  const achieved = rates.reduce((sum, { achieved: one }) => sum + one, 0);
  return (
    <dl class="key-figures">
      <div>
        <dt>objectives met</dt>
        <dd>
          {figure(met)} <small>of {figure(objectives.length)}</small>
        </dd>
      </div>
      {account === null ? null : (
        <>
          <div>
            <dt>delivered</dt>
            <dd>
              {account.expected === 0 ? figure(null) : share(account.delivered, account.expected)}{" "}
              <small>of {figure(account.expected)}</small>
            </dd>
          </div>
          <div>
            <dt>lost</dt>
            <dd class={account.lost > 0 ? "bad" : undefined}>{figure(account.lost)}</dd>
          </div>
          <div>
            <dt>unjudged</dt>
            <dd>
              {figure(account.unjudged)} <small>{several(account.unheard, "event")} with nobody listening</small>
            </dd>
          </div>
          <div>
            <dt>delivery p50</dt>
            <dd>{account.latency.samples === 0 ? figure(null) : milliseconds(account.latency.p50)}</dd>
          </div>
          <div>
            <dt>delivery p99</dt>
            <dd>{account.latency.samples === 0 ? figure(null) : milliseconds(account.latency.p99)}</dd>
          </div>
        </>
      )}
      {rates.length === 0 ? null : (
        <div>
          <dt>published</dt>
          <dd>
            {figure(Math.round(achieved))} <small>per second</small>
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Never 100 % while anything is missing. */
function share(part: number, whole: number): string {
  return part < whole ? percent(Math.floor((part / whole) * 10_000) / 10_000).replace("100 %", "99.99 %") : "100 %";
}
