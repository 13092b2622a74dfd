/** A run as Markdown, for a pull request or the summary of a CI job. */
import type { RootContent } from "mdast";
import { isWhole } from "../../core/account.ts";
import { describeAnswers } from "../../core/answers.ts";
import { uncertaintyOf } from "../../core/clocks.ts";
import {
  COUNT_NAMES,
  COUNTS,
  type CountName,
  hadLoad,
  isOnlyCounted,
  isUncompared,
  NO_LOAD,
  ONLY_COUNTED,
  seenCount,
  UNCOMPARED,
} from "../../core/counts.ts";
import { judgedOf } from "../../core/judgedshare.ts";
import { milliseconds, number, several } from "../../core/numbers.ts";
import { describeOrder } from "../../core/order.ts";
import { toShow } from "../../core/percentiles.ts";
import type { Reason } from "../../core/reason.ts";
import { observedOf, samplesOf } from "../../core/rendering.ts";
import { describeStandstill } from "../../core/standstill.ts";
import { describeUnbounded, unjudgedIn } from "../../core/unbounded.ts";
import { comparisonMarkdown } from "../baseline/rendering.ts";
import { percent } from "../format.ts";
import { code, heading, list, markdown, paragraph, strong, table, text } from "../markdown.ts";
import type { Result } from "../result.ts";
import { answersIn, changesOf, notesOf, type Objective, objectivesOf } from "./objectives.ts";
import type { BaselineComparison } from "./sections/comparison.tsx";

const WORDS = { met: "met", missed: "MISSED", unmeasured: "not measured" };

/** Writes verdict, reasons, account, objectives and, if there is one, the comparison. */
export function renderMarkdown(result: Result, compared: BaselineComparison): string {
  const { verdict, run, subject, reasons } = result;
  const objectives = objectivesOf(result);
  const measured = { account: result.account, answers: answersIn(result), rows: objectives };
  const unjudged = verdict === "PASS" ? unjudgedIn(measured) : null;
  return markdown([
    heading(2, `${verdict}: ${subject}${unjudged === null ? "" : `, ${unjudged} not judged`}`),
    paragraph(text("run "), code(run)),
    ...(reasons.length === 0 ? [] : [list(reasons.map(reasonMarkdown))]),
    ...changesOf(result).map((change) => paragraph(strong("changed bound"), text(` ${change}`))),
    ...notesOf(result).map((note) => paragraph(text(note))),
    ...accountTable(result.account),
    ...times(measured),
    ...objectiveTable(objectives),
    ...("comparison" in compared ? comparisonMarkdown(compared.comparison) : []),
  ]);
}

function reasonMarkdown({ text: cause, evidence, symptoms, next }: Reason): string {
  const seen = evidence === null ? "" : `. Seen: ${evidence}`;
  const also = symptoms.length === 0 ? "" : `. With it: ${symptoms.join("; ")}`;
  return `${cause}${seen}${also}${next === null ? "" : `. Next: ${next}`}`;
}

/** Counts that are shown even when they are zero. */
const SHOWN: readonly CountName[] = [
  ...(["published", "acknowledged", "expected", "delivered", "lost", "duplicated", "reordered", "misrouted"] as const),
  ...(["late", "unjudged", "unheard"] as const),
];

function accountTable(account: Result["account"]): RootContent[] {
  if (account === null) return [];
  if (!hadLoad(account)) return [paragraph(text(`Load: ${NO_LOAD}.`))];
  const latency = toShow(account.latency);
  const stall = describeStandstill(account, uncertaintyOf(account)("account_delivery_p95_ms"));
  const order = describeOrder(account);
  const names = COUNT_NAMES.filter(
    (name) => COUNTS[name].of !== "paths" && (SHOWN.includes(name) || account[name] > 0),
  );
  const head = [...names, "p50", "p99"];
  const counts = names.map((name) => number(seenCount(account, name)));
  const time = (value: number) => milliseconds(latency.samples === 0 ? null : value);
  return [
    heading(3, `Account of ${several(account.paths, "path")}`),
    paragraph(text(`Judged: ${judgedOf(account)}.`)),
    ...(isOnlyCounted(account) ? [paragraph(text(`Counted: ${ONLY_COUNTED}.`))] : []),
    ...(stall === null ? [] : [paragraph(text(`A stall: ${stall}.`))]),
    ...(isUncompared(account) ? [paragraph(text(`Contents: ${UNCOMPARED}.`))] : []),
    ...(order === null || isOnlyCounted(account)
      ? []
      : [paragraph(text(`Order: ${account.ordered ? "judged " : ""}${order}.`))]),
    ...(account.causes.length + account.findings.length === 0
      ? []
      : [
          list([
            ...account.causes.map((cause) => `${isWhole(account) ? "Found" : "Cause"}: ${cause}`),
            ...account.findings.map((one) => `Found: ${one}`),
          ]),
        ]),
    table(head, [[...counts, time(latency.p50), time(latency.p99)]], head),
  ];
}

/** How long the answers took, and which times nobody judged. */
function times(measured: Parameters<typeof describeUnbounded>[0]): RootContent[] {
  const { answers } = measured;
  return [
    ...(answers === null ? [] : [`Answers: ${describeAnswers(answers)}.`]),
    ...describeUnbounded(measured).map((told) => `Unbounded: ${told}.`),
  ].map((told) => paragraph(text(told)));
}

function objectiveTable(objectives: readonly Objective[]): RootContent[] {
  const head = ["", "metric", "test", "objective", "observed", "samples", "margin"];
  const rows = objectives.map((one) => [
    one.result === "missed" ? strong(WORDS[one.result]) : WORDS[one.result],
    code(one.metric),
    one.tests.join(", "),
    code(one.objective),
    observedOf(one),
    samplesOf(one),
    percent(one.margin),
  ]);
  return [heading(3, "Objectives"), table(head, rows, ["observed", "samples", "margin"])];
}
