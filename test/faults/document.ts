import type { Recording } from "./recording.ts";
import type { Expectation } from "./row.ts";

/** How much of a reason fits into a cell. */
const LONGEST = 160;

const HEAD = `# Faults

What the suite says when something is broken on purpose. Each row plants a defect in a reference target, or does
something to the processes and networks round it, on a real pipeline with the real k6, and says which verdict and which
reasons must come of it: a reason that is missing makes it red, and so does one that is given without cause. Healthy rows
must pass.

Written by \`npm run faults\`; \`npm run faults -- drop webhooks\` runs the rows whose names contain one of the words.
\`test/faults/evidence.jsonl\` holds what was observed, and \`test/unit/mutation.test.ts\` judges it again with each
objective taken away: every one of them is needed by a row.`;

/** The document of the matrix. A pure function of what was recorded. */
export function document(recordings: readonly Recording[], expectations: ReadonlyMap<string, Expectation>): string {
  const healthy = recordings.filter(({ name }) => name.includes("healthy"));
  const alarms = healthy.filter(({ verdict }) => verdict !== "PASS");
  const red = recordings.filter(({ wrong }) => wrong.length > 0);
  const seconds = recordings.reduce((sum, row) => sum + row.seconds, 0);
  const summary =
    `${recordings.length} rows in ${Math.round(seconds)} s: ${recordings.length - red.length} as expected, ${red.length} red; ` +
    `${healthy.length} healthy runs, ${alarms.length} false alarms.`;
  const groups = [...new Set(recordings.map(({ subject }) => subject))].map((subject) => {
    const rows = recordings
      .filter((one) => one.subject === subject)
      .map((row) => cells(row, expectations.get(row.name)));
    return `## ${subject}\n\n${table(["row", "planted", "expected", "seen", "reasons seen"], rows)}`;
  });
  return `${[HEAD, summary, ...groups].join("\n\n")}\n`;
}

function cells(
  { name, plants, verdict, tests, causes, wrong }: Recording,
  expected: Expectation | undefined,
): string[] {
  const reasons = [...new Set([...tests.flatMap((test) => test.reasons), ...causes])].map(shortened);
  const wanted =
    expected === undefined ? "" : [expected.verdict, ...expected.reasons.map((reason) => `\`${reason}\``)].join(", ");
  const seen = wrong.length === 0 ? verdict : `**red**: ${verdict}; ${wrong.join("; ")}`;
  return [`\`${name}\``, plants, wanted, seen, reasons.join("<br>")];
}

/** Without the meaning in brackets, which docs/metrics.md has. */
function shortened(reason: string): string {
  const text = reason.replace(/^(\w+) \([^)]*\):/, "$1:");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
