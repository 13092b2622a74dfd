/** The fault matrix as a command: `npm run faults`, or a part of it: `npm run faults -- webhooks`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { busyCores } from "./busy.ts";
import { document } from "./document.ts";
import { interrupted } from "./k6run.ts";
import { type Outcome, runTables } from "./matrix.ts";
import { type Recording, recorded } from "./recording.ts";
import { type Evidence, shortcomings } from "./row.ts";
import { TABLES } from "./rows.ts";

/** The repository, from dist/node/. */
const root = join(import.meta.dirname, "../..");
const EVIDENCE = join(root, "test/faults/evidence.jsonl");
const DOCUMENT = join(root, "docs/faults.md");

const USAGE_ERROR = 2;

interface Options {
  readonly judge?: true;
  readonly times: number;
  readonly busy: number;
  readonly lanes: number;
}

const all = TABLES.flatMap(({ rows }) => rows);

const program = new Command("faults")
  .description("Runs the fault matrix and writes docs/faults.md and test/faults/evidence.jsonl.")
  .argument("[words...]", "only the rows of these names, or whose names contain one of the words")
  .option("--judge", "run nothing: judge again what was recorded, as after a change of what is expected")
  .option("--times <n>", "run each row so often, and measure none again: how often is a verdict wrong", whole, 1)
  .option("--busy <cores>", "keep so many cores busy meanwhile", whole, 0)
  .option("--lanes <n>", "run so many tables at the same time", whole, 1)
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : USAGE_ERROR))
  .parse();
const asked = program.args;
const { judge, times, busy, lanes } = program.opts<Options>();
const nowhere = asked.find((word) => !all.some(({ name }) => name.includes(word)));
if (nowhere !== undefined) {
  console.error(`faults: ${nowhere}: no row's name contains that; there are ${all.map(({ name }) => name).join(", ")}`);
  process.exit(USAGE_ERROR);
}
if (judge) {
  keep(recordings());
  const wrong = recordings().filter(({ name, evidence }) => judged(name, evidence).length > 0);
  for (const { name, evidence } of wrong) console.log(`RED ${name}: ${judged(name, evidence).join("; ")}`);
  const missing = all.filter(({ name }) => !recordings().some((one) => one.name === name));
  for (const { name } of missing) console.log(`MISSING ${name}`);
  process.exit(wrong.length + missing.length === 0 ? 0 : 1);
}
const isMeant = (word: string, name: string) =>
  all.some((row) => row.name === word) ? name === word : name.includes(word);
const isWanted = ({ name }: { name: string }) => asked.length === 0 || asked.some((word) => isMeant(word, name));

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

const started = performance.now();
const outcomes: Outcome[] = [];
const meant = TABLES.filter(({ rows }) => rows.some(isWanted));
for (const table of meant) {
  const lacking = table.lacks();
  if (lacking !== null) console.log(`SKIPPED ${table.rows.filter(isWanted).length} rows: ${lacking} was not found`);
}
const runnable = meant.filter((table) => table.lacks() === null);
const rest = busyCores(busy);
try {
  await runTables(root, runnable, isWanted, tell, { times, lanes });
} finally {
  await rest();
}
const seconds = (performance.now() - started) / 1000;
const red = outcomes.filter(({ wrong }) => wrong.length > 0);
console.log(`${outcomes.length} rows in ${seconds.toFixed(0)} s, ${red.length} red`);
process.exitCode = red.length === 0 && !interrupted.signal.aborted ? 0 : 1;

function tell(outcome: Outcome): void {
  outcomes.push(outcome);
  const { row, evidence, wrong, spoilt, seconds: time } = outcome;
  const mark = wrong.length === 0 ? "ok " : "RED";
  console.log(
    `${mark} ${row.name.padEnd(42)} ${evidence.verdict.padEnd(8)} ${time.toFixed(1).padStart(5)} s${spoilt > 0 ? `, measured again ${spoilt} times` : ""}`,
  );
  for (const what of wrong) console.log(`      ${what}`);
  // Runs with repetitions, or with other load on the cores, are no evidence and not recorded.
  if (times === 1 && busy === 0) record(outcome);
}

function whole(text: string): number {
  if (!/^[0-9]{1,3}$/.test(text)) throw new InvalidArgumentError("allowed: a whole number up to 999");
  return Number(text);
}

/** A row replaces its own line in the record; lines of deleted rows are removed. */
function record(fresh: Outcome): void {
  keep([...recordings().filter(({ name }) => name !== fresh.row.name), recorded(fresh)]);
}

function keep(lines: readonly Recording[]): void {
  const kept = all.flatMap((row) => lines.find(({ name }) => name === row.name) ?? []);
  writeFileSync(EVIDENCE, kept.map((one) => `${JSON.stringify(one)}\n`).join(""));
  writeFileSync(DOCUMENT, document(all, kept));
}

function recordings(): Recording[] {
  const text = existsSync(EVIDENCE) ? readFileSync(EVIDENCE, "utf8") : "";
  const lines = text.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Recording);
}

function judged(name: string, evidence: Evidence): string[] {
  const row = all.find((one) => one.name === name);
  return row === undefined ? [] : shortcomings(row, evidence);
}
