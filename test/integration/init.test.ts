/** `throughline init`, and the config that it writes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { startPipeline } from "./pipeline.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

let pipeline: Pipeline;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-init-"));
  pipeline = await startPipeline();
});
afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

test("writes a config that run reads and whose misspelt keys it names", async () => {
  const { gateway } = pipeline;
  const made = await throughlineIn(folder, "init", "http", "--http-url", gateway.url);
  expect(made).toMatchObject({ exitCode: 0 });
  const file = join(folder, "throughline.config.json");
  const config = JSON.parse(await readFile(file, "utf8")) as object;
  const again = await throughlineIn(folder, "init");
  expect(again).toMatchObject({
    exitCode: 2,
    stderr: "throughline: throughline.config.json exists; --force replaces it",
  });
  await writeFile(file, JSON.stringify({ ...config, duration: "1s", out: "configured" }));
  const ran = await throughlineIn(folder, "run", "--run-id", "by-config", "--set", "VUS=1");
  expect([0, 1, 3]).toContain(ran.exitCode);
  const { subject, parameters } = await recordIn(join(folder, "configured"), "by-config");
  expect(subject).toBe("http");
  expect(parameters).toMatchObject({ "http.HTTP_URL": gateway.url, "http.DURATION": "1s", "http.VUS": "1" });
  await writeFile(file, JSON.stringify({ ...config, scenari: "smoke" }));
  const refused = await throughlineIn(folder, "run");
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain("throughline.config.json: scenari: unknown key; did you mean scenario?");
});
