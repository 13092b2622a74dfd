import { expect, test } from "vitest";
import { Run } from "../../receiver/run.ts";
import { Runs } from "../../receiver/runs.ts";
import { OPENING } from "./reports.ts";

const REMEMBERED = 20;
const SETTLED = { timeout: 0, quiet: 0 };

/** Runs of which as many are open as are remembered: `run-0` to `run-19`. */
async function fullRuns(...settled: number[]): Promise<Runs> {
  const runs = new Runs(() => 1_000);
  for (let run = 0; run < REMEMBERED; run++) runs.open(`run-${run}`, OPENING);
  for (const run of settled) await runs.get(`run-${run}`)?.settle(SETTLED);
  return runs;
}

const names = (runs: Runs) => runs.all().map(({ id }) => id);

test("the oldest settled run is forgotten first, never one under load", async () => {
  const runs = await fullRuns(3, 7);
  runs.open("another", OPENING);
  expect(names(runs)).toHaveLength(REMEMBERED);
  expect(names(runs)).toEqual(expect.arrayContaining(["run-0", "run-7", "another"]));
  expect(names(runs)).not.toContain("run-3");
});

test("where none is settled, the oldest makes room", async () => {
  const runs = await fullRuns();
  runs.open("another", OPENING);
  expect(names(runs)).toHaveLength(REMEMBERED);
  expect(names(runs)).not.toContain("run-0");
});

test("a run is opened once, joined by who means the same, and by nobody once it is settled", async () => {
  const runs = await fullRuns(4);
  expect(runs.open("run-5", OPENING)).toBeInstanceOf(Run);
  expect(runs.open("run-5", { ...OPENING, seed: 9 })).toBe("run run-5 was opened with another SEED");
  expect(runs.open("run-4", OPENING)).toBe("run run-4 is settled; take another RUN_ID");
});
