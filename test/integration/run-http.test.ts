/** `throughline run http`: visitors alone, with nobody who publishes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recordIn, throughlineIn } from "./throughline.ts";
import { untimed } from "./untimed.ts";

test("passes on the reference target, whose gateway has a stream to be ready for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-run-http-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const variables = untimed("http", { VUS: "20", DURATION: "5s", THINK_TIME: "100ms" });
  const set = Object.entries(variables).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const { exitCode, stdout, stderr } = await throughlineIn(folder, "run", "http", "--run-id", "visits", ...set);
  expect(exitCode, stdout + stderr).toBe(0);
  const { verdict, tests } = await recordIn(join(folder, "results"), "visits");
  expect([verdict, tests.map(({ test }) => test)]).toEqual(["PASS", ["http"]]);
});
