/** Which programs a run takes from bin/, and what it asks before it builds them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { planRun } from "../../cli/run/plan.ts";
import { type Needs, needsOfOurs, programsOf, provision } from "../../cli/run/provision.ts";
import { run } from "../../cli/run/run.ts";
import { subjectOf } from "../../cli/run/subject.ts";
import { root } from "../deployment.ts";

const REQUEST = { instances: 1, faults: [], set: [] };
const NONE: Needs = { k6: null, services: null };

test.each<[string[], Record<string, string>, Needs]>([
  [["http"], {}, { k6: null, services: "the reference target needs bin/services" }],
  [["http"], { http: "http://127.0.0.1:1" }, NONE],
  [["nats"], { nats: "nats://127.0.0.1:1" }, { k6: "nats needs bin/k6", services: null }],
  [["pipeline"], {}, { k6: "nats needs bin/k6", services: "the reference target needs bin/services" }],
  [["ethhook"], {}, { k6: "redis needs bin/k6", services: null }],
  [["ingest"], {}, NONE],
  [["webhook"], {}, NONE],
])("run %j at %j needs %j", (what, urls, needs) => {
  const subject = subjectOf(what);
  expect(needsOfOurs(subject, planRun(subject, { ...REQUEST, urls }))).toEqual(needs);
});

const BARE = { isBuilt: false, hasOther: false, canBuild: true, isClone: false };
test.each<[string, Needs, Partial<typeof BARE>, string[]]>([
  ["nothing has a k6", NONE, {}, ["k6"]],
  ["another k6 will do", NONE, { hasOther: true }, []],
  ["a clone can build its own", NONE, { hasOther: true, isClone: true }, ["k6"]],
  ["a clone cannot", NONE, { hasOther: true, isClone: true, canBuild: false }, []],
  ["a test needs ours", { k6: "it", services: null }, { hasOther: true }, ["k6"]],
  ["only servers are needed", { k6: null, services: "it" }, { hasOther: true }, ["services"]],
  ["both are", { k6: "it", services: "it" }, { isBuilt: true }, ["k6", "services"]],
])("where %s", (_, needs, means, programs) => {
  expect(programsOf(needs, { ...BARE, ...means })).toEqual(programs);
});

describe("what is built", () => {
  /** Notes what it is asked to build, and makes a file of it. */
  const GO = `#!/bin/sh
[ "$1" = version ] && echo "go version go1.99.0 linux/amd64" && exit 0
echo "$6" >> built
echo "$6" > "xk6/$6"
`;
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "throughline-provision-"));
    for (const name of ["xk6", "tools"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "xk6/main.go"), "");
    writeFileSync(join(folder, "tools/go"), GO, { mode: 0o755 });
    cpSync(join(root, "bootstrap.mjs"), join(folder, "bootstrap.mjs"));
    vi.stubEnv("PATH", `${join(folder, "tools")}:/usr/bin:/bin`);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });
  const built = () => readFileSync(join(folder, "built"), "utf8").trim().split("\n");

  async function provided(needs: Needs): Promise<boolean> {
    const { isDue, build } = await provision(folder, needs);
    build();
    return isDue;
  }

  test("is what will run, and once", async () => {
    expect(await provided({ k6: "it", services: null })).toBe(true);
    expect(built()).toEqual(["../bin/k6"]);
    expect(await provided({ k6: "it", services: "it" })).toBe(true);
    expect(built()).toEqual(["../bin/k6", "../bin/services"]);
    expect(await provided({ k6: "it", services: "it" })).toBe(false);
    expect(built()).toHaveLength(2);
  });

  test("is nothing before the addresses are asked", async () => {
    const subject = subjectOf(["http"]);
    const request = { ...REQUEST, urls: { http: "http://127.0.0.1:1" } };
    const order = { subject, request, out: join(folder, "results") };
    vi.stubEnv("PATH", join(folder, "tools"));
    await expect(run(folder, order, new AbortController().signal)).rejects.toThrow(
      "http address http://127.0.0.1:1: connect ECONNREFUSED",
    );
    expect(built).toThrow("ENOENT");
  });

  test("is nothing without Go, and what needs it is told", async () => {
    vi.stubEnv("PATH", "/nowhere");
    await expect(provision(folder, { k6: "nats needs bin/k6", services: null })).rejects.toThrow(
      "nats needs bin/k6, and that was not built: install Go 1.26 or later",
    );
  });
});
