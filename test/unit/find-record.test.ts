import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRecord, readRecord } from "../../cli/record.ts";
import type { Result } from "../../cli/result.ts";
import { resultOf, STARTED_AT } from "./results.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "throughline-record-"));
  await write("older", { startedAt: STARTED_AT });
  await write("newer", { startedAt: STARTED_AT + 1_000 });
  await mkdir(join(root, "results/cut-off"), { recursive: true });
  await writeFile(join(root, "results/cut-off/result.json"), '{"version": 1');
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(run: string, changes: Partial<Result>): Promise<void> {
  const folder = join(root, "results", run);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "result.json"), JSON.stringify(resultOf({ run }, changes)));
}

describe("a record is found", () => {
  test.each([
    ["its id", () => "older", "older"],
    ["the word latest", () => "latest", "newer"],
    ["its folder", () => join(root, "results/older"), "older"],
    ["its file", () => join(root, "results/older/result.json"), "older"],
  ])("by %s", async (_, name, run) => {
    const { result, folder } = await readRecord([join(root, "results")], name());
    expect(result.run).toBe(run);
    expect(folder).toBe(join(root, "results", run));
  });

  test("in the first of several folders that has one, whatever is newer elsewhere", async () => {
    const here = await mkdtemp(join(tmpdir(), "throughline-here-"));
    const folders = [join(root, "elsewhere"), here, join(root, "results")];
    expect((await readRecord(folders, "latest")).result.run).toBe("newer");
    await mkdir(join(here, "own"));
    await writeFile(join(here, "own/result.json"), JSON.stringify(resultOf({ run: "own" }, { startedAt: 0 })));
    expect((await readRecord(folders, "latest")).result.run).toBe("own");
    expect((await readRecord(folders, "older")).result.run).toBe("older");
    await rm(here, { recursive: true });
  });

  test("or named when it is not there", async () => {
    await expect(readRecord([root], "nothing")).rejects.toThrow(/^run "nothing" is not known: /);
    await expect(readRecord([join(root, "elsewhere")], "latest")).rejects.toThrow(/no run is recorded in .*elsewhere/);
  });

  test("or refused with its name and why", async () => {
    await expect(readRecord([join(root, "results")], "cut-off")).rejects.toThrow(
      /cut-off\/result\.json is not a record of a run: /,
    );
  });
});

test.each<[string, (record: Record<string, unknown>) => unknown, RegExp]>([
  ["another version", (record) => ({ ...record, version: 2 }), /^r\.json is not a record of a run: version: /],
  ["a verdict nobody knows", (record) => ({ ...record, verdict: "MAYBE" }), /verdict: .*MAYBE/],
  ["a part missing", ({ timeline: _, ...record }) => record, /timeline/],
  ["a number that is text", (record) => ({ ...record, startedAt: "now" }), /startedAt/],
  ["no object", () => 7, /is not a record of a run: it: /],
])("a record with %s is refused and the place named", (_, damage, problem) => {
  const record = JSON.parse(JSON.stringify(resultOf())) as Record<string, unknown>;
  expect(() => parseRecord(JSON.stringify(damage(record)), "r.json")).toThrow(problem);
});
