/** The fault matrix as a command: `npm run faults`, or a part of it: `npm run faults -- webhooks`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { document } from "./document.ts";
import { interrupted } from "./k6run.ts";
import type { Outcome } from "./matrix.ts";
import { type Recording, recorded } from "./recording.ts";
import { TABLES } from "./rows.ts";

/** The folder of the repository, seen from dist/node/. */
const root = join(import.meta.dirname, "../..");
const EVIDENCE = join(root, "test/faults/evidence.jsonl");
const DOCUMENT = join(root, "docs/faults.md");

const USAGE_ERROR = 2;

const asked = process.argv.slice(2);
const all = TABLES.flatMap(({ rows }) => rows);
const isWanted = ({ name }: { name: string }) => asked.length === 0 || asked.some((part) => name.includes(part));
const nowhere = asked.find((part) => !all.some(({ name }) => name.includes(part)));
if (nowhere !== undefined) {
  console.error(`faults: ${nowhere}: no row's name contains that; there are ${all.map(({ name }) => name).join(", ")}`);
  process.exit(USAGE_ERROR);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());

const started = performance.now();
const outcomes: Outcome[] = [];
for (const table of TABLES.filter(({ rows }) => rows.some(isWanted))) {
  const lacking = table.lacks();
  if (lacking === null) outcomes.push(...(await table.run(root, isWanted, tell)));
  else console.log(`SKIPPED ${table.rows.filter(isWanted).length} rows: ${lacking} was not found`);
}
const seconds = (performance.now() - started) / 1000;
const red = outcomes.filter(({ wrong }) => wrong.length > 0);
console.log(`${outcomes.length} rows in ${seconds.toFixed(0)} s, ${red.length} red`);
process.exitCode = red.length === 0 && !interrupted.signal.aborted ? 0 : 1;

function tell(outcome: Outcome): void {
  const { row, evidence, wrong, spoilt, seconds: time } = outcome;
  const mark = wrong.length === 0 ? "ok " : "RED";
  console.log(
    `${mark} ${row.name.padEnd(42)} ${evidence.verdict.padEnd(8)} ${time.toFixed(1).padStart(5)} s${spoilt > 0 ? `, measured again ${spoilt} times` : ""}`,
  );
  for (const what of wrong) console.log(`      ${what}`);
  record(outcome);
}

/** A row renews its own line in the record; those that are gone from the tables leave it. */
function record(fresh: Outcome): void {
  const lines = new Map(recordings().map((one) => [one.name, one]));
  lines.set(fresh.row.name, recorded(fresh));
  const kept = all.flatMap(({ name }) => lines.get(name) ?? []);
  writeFileSync(EVIDENCE, kept.map((one) => `${JSON.stringify(one)}\n`).join(""));
  writeFileSync(DOCUMENT, document(all, kept));
}

function recordings(): Recording[] {
  const text = existsSync(EVIDENCE) ? readFileSync(EVIDENCE, "utf8") : "";
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Recording);
}
