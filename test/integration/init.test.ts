/** `throughline init`, and the config that it writes. */
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { freePort } from "../../cli/redis-server.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { root } from "./k6.ts";
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

test.each([
  [["pipeline", "--from", "http"], "init pipeline: the suite has a test of that name, which run pipeline starts"],
  [["http", "--from", "http"], "init http: the suite has a test of that name, which run http starts; give it another"],
  [["--from", "nats"], "init: names no pipeline: throughline init orders --from nats --to webhook"],
  [["orders", "bills", "--from", "http"], "init orders bills: allowed: one name for one pipeline file"],
  [["orders", "--to", "rows"], "--to rows: allowed: webhook, table, "],
  [["orders", "--to", "rows"], "websocket, reported; of the kind rows: table, cursor"],
  [["orders"], "init orders: allowed: ethhook, "],
  [["orders"], "; a pipeline of your own: throughline init orders --from http --to webhook"],
])("init %j: %s", async (given, says) => {
  const { exitCode, stderr } = await throughlineIn(folder, "init", ...given);
  expect(stderr).toContain(says);
  expect(exitCode).toBe(2);
});

test("a test of the suite is not run where a file of the folder claims its name", async () => {
  const own = await mkdtemp(join(tmpdir(), "throughline-claimed-"));
  try {
    await symlink(join(root, "node_modules"), join(own, "node_modules"));
    await writeFile(join(own, "http.pipeline.ts"), template("http", "http", "webhook"));
    await writeFile(join(own, "pipeline.pipeline.ts"), template("orders", "http", "webhook"));
    const taken = await throughlineIn(own, "run", "websocket", "http");
    expect(taken.stderr).toBe(
      "throughline: http.pipeline.ts:5: name: http: the suite has a test of that name; give it another",
    );
    const called = await throughlineIn(own, "doctor", "pipeline");
    expect(called.stderr).toBe(
      "throughline: run pipeline: pipeline.pipeline.ts declares orders, and pipeline is a test of the suite: run orders, or rename the file",
    );
    expect([taken.exitCode, called.exitCode]).toEqual([2, 2]);
    expect((await throughlineIn(own, "run", "order")).stderr).toContain(
      "order is no pipeline and no test; did you mean orders?",
    );
    // Nothing listens at port 3000 of the template's variable, or something else does, which takes no canary.
    const dead = await throughlineIn(
      own,
      "run",
      "orders",
      "--receiver-port",
      String(await freePort()),
      "--set",
      "EVENTS_URL=http://127.0.0.1:1/events",
    );
    expect(dead.stderr).toContain("EVENTS_URL address http://127.0.0.1:1/events: connect ECONNREFUSED 127.0.0.1:1:");
    expect(dead.exitCode).toBe(3);
    const bare = await throughlineIn(own, "run", "orders", "--set", "EVENTS_URL=127.0.0.1:1");
    expect(bare.stderr).toContain("EVENTS_URL=127.0.0.1:1: has no scheme; allowed: a URL, as in http://127.0.0.1:1");
    expect(bare.exitCode).toBe(2);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});
