import type { Recording } from "./recording.ts";
import { GROUNDLESS, names, type Row, shortcomings } from "./row.ts";

/** Longest reason in a cell. */
const LONGEST = 160;

/** Ends the short form of an objective that could not be judged for another reason. */
const UNJUDGED = " cannot be judged";

const HEAD = `# Faults

What the suite says when something is broken on purpose. Each row plants a defect in a reference target, or does
something to the processes and networks round it, on a real pipeline with the real k6, and says which verdict and which
reasons must come of it: a reason that is missing makes it red, and so does one that is given without cause. Healthy rows
must pass. Each k6 runs as \`k6 run\` does by itself, and a row is red, too, when its exit code says otherwise than the
verdict: 0 is PASS and nothing else is.

Written by \`npm run faults\`; \`npm run faults -- drop webhooks\` runs the rows whose names contain one of the words, and
\`-- --judge\` judges again what was recorded.
\`test/faults/evidence.jsonl\` holds what was observed, and \`test/unit/mutation.test.ts\` judges it again with each
objective taken away: every one of them is needed by a row. **Bold** is what had to be said; what is said beside it stands behind \`also\`, by its metric.`;

/** The page about the matrix: a pure function of its rows and their recorded evidence. */
export function document(rows: readonly Row<unknown>[], recordings: readonly Recording[]): string {
  const seen = recordings.flatMap((recording) => {
    const row = rows.find(({ name }) => name === recording.name);
    return row === undefined ? [] : [{ row, recording, wrong: shortcomings(row, recording.evidence) }];
  });
  const red = seen.filter(({ wrong }) => wrong.length > 0);
  const healthy = seen.filter(({ row }) => isHealthy(row));
  const alarms = healthy.filter(({ recording }) => recording.evidence.verdict !== "PASS");
  const spoilt = seen.reduce((sum, { recording }) => sum + recording.spoilt, 0);
  const seconds = seen.reduce((sum, { recording }) => sum + recording.seconds, 0);
  const summary =
    `${seen.length} rows in ${Math.round(seconds)} s: ${seen.length - red.length} as expected, ${red.length} red; ` +
    `${healthy.length} healthy runs, ${alarms.length} false alarms. ${spoilt} runs were made again, because the generator ` +
    "itself had said that the machine did not let it keep its schedule.";
  const groups = [...new Set(seen.map(({ recording }) => recording.subject))].map((subject) => {
    const cells = seen.filter(({ recording }) => recording.subject === subject).map(cellsOf);
    return `## ${subject}\n\n${table(["row", "planted", "verdict", "reasons"], together(cells))}`;
  });
  return `${[HEAD, summary, ...groups].join("\n\n")}\n`;
}

/** Whether a row plants nothing and so must pass. */
export function isHealthy({ plants, expect }: Pick<Row<unknown>, "plants" | "expect">): boolean {
  return plants.startsWith("nothing") && expect.verdict === "PASS";
}

interface RecordedRow {
  readonly row: Row<unknown>;
  readonly recording: Recording;
  readonly wrong: readonly string[];
}

function cellsOf({ row: { name, plants, expect }, recording: { evidence }, wrong }: RecordedRow): string[] {
  const { verdict, tests, account } = evidence;
  const texts = [...tests.flatMap((test) => test.reasons), ...(account?.causes ?? []), ...(account?.findings ?? [])];
  const reasons = [...new Set(texts.map(shortened))];
  const groundless = wrong.flatMap((text) =>
    text.startsWith(GROUNDLESS) ? shortened(text.slice(GROUNDLESS.length)) : [],
  );
  const isNamed = (reason: string) => expect.reasons.some((one) => names(reason, one));
  const empty = reasons.filter((reason) => reason.endsWith(": 0 samples"));
  const unjudged = reasons.filter((reason) => reason.endsWith(UNJUDGED) && !isNamed(reason));
  const rest = reasons.filter((reason) => !empty.includes(reason) && !unjudged.includes(reason));
  const named = rest.filter(isNamed).map((reason) => `**${reason}**`);
  const wanton = rest.filter((reason) => groundless.includes(reason) && !isNamed(reason));
  const following = rest.filter((reason) => !groundless.includes(reason) && !isNamed(reason));
  const causeless = unjudged.filter((reason) => groundless.includes(reason)).map((reason) => reason.split(" ")[0]);
  // Reasons without a known cause appear once.
  const missing = wrong.filter((text) => !text.startsWith(GROUNDLESS)).map(shortened);
  const red = wrong.length === 0 ? "" : [`**red**: must be ${expect.verdict}`, ...missing].join("; ");
  const lines = [
    red,
    ...named,
    ...wanton.map((reason) => `without cause: ${reason}`),
    listed("not judged, without cause", causeless),
    listed("also", [...new Set(following.map((reason) => /^\w+(?=: )/.exec(reason)?.[0] ?? "evidence"))]),
    counted("not judged", unjudged.length - causeless.length),
    counted("without samples", empty.length),
  ];
  return [`\`${name}\``, plants, verdict, lines.filter((text) => text !== "").join("<br>")];
}

function listed(what: string, items: readonly (string | undefined)[]): string {
  return items.length === 0 ? "" : `${what}: ${items.join(", ")}`;
}

function counted(what: string, count: number): string {
  return count === 0 ? "" : `objectives ${what}: ${count}`;
}

/** Merges rows that differ only in their names. */
function together(rows: readonly string[][]): string[][] {
  const merged = new Map<string, string[]>();
  for (const [name = "", ...rest] of rows) {
    const key = rest.join();
    merged.set(key, [merged.has(key) ? `${merged.get(key)?.[0]}, ${name}` : name, ...rest]);
  }
  return [...merged.values()];
}

/** Without the meaning in brackets, which is in docs/metrics.md, and the bound, which is in docs/objectives.md. */
function shortened(reason: string): string {
  const text = reason
    .replace(/^(\w+) \([^)]*\):/, "$1:")
    .replace(/, must be .*$/, "")
    .replace(/^(\w+): .* cannot be judged by .*$/, `$1${UNJUDGED}`)
    .replace(/^(\w+: [\d,]+ samples?), [\d,]+ are needed to judge .*$/, "$1");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
