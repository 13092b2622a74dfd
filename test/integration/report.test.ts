/** The command over records on disk: baselines, comparison and reports, with their exit codes. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Result } from "../../cli/result.ts";
import { invalid, lossy, resultOf, STARTED_AT } from "../unit/results.ts";
import { makeHome } from "./home.ts";

let home: string;
/** How a comparison ended before there was a baseline, and how the two runs were saved that it has since. */
let unknown: Awaited<ReturnType<typeof throughline>>;
const saved: string[] = [];
beforeAll(async () => {
  home = await makeHome("throughline-report-");
  const records = [
    resultOf({ run: "first" }),
    resultOf({ run: "second", slowness: 1.1 }),
    resultOf({ run: "slow", slowness: 2 }, { startedAt: STARTED_AT + 1 }),
    resultOf({ run: "other" }, { parameters: { SCENARIO: "load", RATE: "1000", instances: "1" } }),
    lossy(),
    invalid(),
  ];
  for (const record of records) await write(record);
  unknown = await throughline(["compare", "second"]);
  for (const run of ["first", "second"]) saved.push((await throughline(["baseline", "save", run])).stdout);
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function write(result: Result): Promise<void> {
  const folder = join(home, "results", result.run);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "result.json"), JSON.stringify(result));
}

function throughline(args: readonly string[], env: Record<string, string> = {}, cwd = home) {
  return execa(process.execPath, [join(home, "dist/node/throughline.js"), ...args], { cwd, reject: false, env });
}

describe("from a run to a comparison", () => {
  test("two runs are saved and listed", async () => {
    expect(unknown).toMatchObject({
      exitCode: 3,
      stderr:
        'throughline: baseline "pipeline-smoke" is not known; make one with: throughline baseline save second; or name the run to compare with',
    });
    expect(saved).toEqual([
      "baselines/pipeline-smoke.json now holds 1 run; commit it",
      "baselines/pipeline-smoke.json now holds 2 runs; commit it",
    ]);
    expect((await throughline(["baseline", "list"])).stdout).toMatch(
      /^pipeline-smoke {2}pipeline, 2 runs {2}RATE=1000 .*\n.* first .*\n.* second /,
    );
    expect(await readdir(join(home, "baselines"))).toEqual(["pipeline-smoke.json"]);
  });

  test.each([
    ["second", 0, /^PASS {2}run second against 1 run: first\n/],
    ["slow", 1, /^FAIL {2}run slow against 2 runs: first, second\n.*delivery p50: 4 ms/],
    ["latest", 1, /^FAIL {2}run slow /],
    ["pipeline-lossy", 1, /account_lost: 42, the baseline has 0/],
  ])("%s ends with %i", async (run, code, text) => {
    const { exitCode, stdout } = await throughline(["compare", run]);
    expect(exitCode).toBe(code);
    expect(stdout).toMatch(text);
  });

  test.each([
    [
      "pipeline-invalid",
      /^throughline: run pipeline-invalid is INVALID, and neither saved nor compared: schedule_delay_ms/,
    ],
    ["nothing", /^throughline: run "nothing" is not known: /],
    ["other", /^throughline: run other is not like the baseline: SCENARIO is "load", the baseline has "smoke"$/],
  ])("%s is refused in one line", async (run, line) => {
    const { exitCode, stdout, stderr } = await throughline(["compare", run, "pipeline-smoke"]);
    expect(exitCode).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toMatch(line);
    expect(stderr.split("\n")).toHaveLength(1);
  });

  test("another run is compared with as well, and what is neither is refused", async () => {
    const { exitCode, stdout } = await throughline(["compare", "slow", "first"]);
    expect([exitCode, stdout.split("\n")[0]]).toEqual([1, "FAIL  run slow against 1 run: first"]);
    expect((await throughline(["compare", "second", "results/first/result.json"])).exitCode).toBe(0);
    const neither = await throughline(["compare", "slow", "frist"]);
    expect(neither.exitCode).toBe(3);
    expect(neither.stderr).toMatch(/^throughline: no baseline is called "frist", and run "frist" is not known: /);
  });

  test("another format is JSON or Markdown, and a wrong one is a wrong use", async () => {
    const { stdout } = await throughline(["compare", "slow", "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "FAIL", run: "slow", against: ["first", "second"] });
    expect((await throughline(["compare", "slow", "--format", "markdown"])).stdout).toMatch(/^### Comparison/);
    expect((await throughline(["compare", "slow", "--format", "xml"])).exitCode).toBe(2);
  });

  test("a baseline's name cannot lead elsewhere", async () => {
    const { exitCode, stderr } = await throughline(["baseline", "save", "first", "--name", "../first"]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('baseline name "../first": allowed:');
  });
});

describe("report", () => {
  test("that breaks in an unexpected place says so in one line, and is INVALID", async () => {
    const breaking =
      "process.stdout.write = () => { setImmediate(() => { throw new Error('it broke') }); return true; }";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaking)}` };
    expect(await throughline(["report", "first"], env)).toMatchObject({
      exitCode: 3,
      stderr: "throughline: it broke",
    });
  });

  test.each([
    ["results", null],
    ["nightly", { run: ["http"], out: "nightly" }],
  ])("takes the latest run of the folder one is in, from %s, and says which", async (out, config) => {
    const elsewhere = await mkdtemp(join(tmpdir(), "throughline-elsewhere-"));
    onTestFinished(() => rm(elsewhere, { recursive: true }));
    const fallback = await throughline(["report", "latest"], {}, elsewhere);
    expect(fallback.stderr).toMatch(/^throughline: latest is run slow, started 2026-\S+Z, in \S+\/results\/slow$/);
    if (config !== null) await writeFile(join(elsewhere, "throughline.config.json"), JSON.stringify(config));
    await mkdir(join(elsewhere, out, "own"), { recursive: true });
    const own = resultOf({ run: "own" }, { startedAt: STARTED_AT - 1 });
    await writeFile(join(elsewhere, out, "own/result.json"), JSON.stringify(own));
    const { stdout, stderr } = await throughline(["report", "latest"], {}, elsewhere);
    expect(stderr).toBe(
      `throughline: latest is run own, started ${new Date(own.startedAt).toISOString()}, in ${out}/own`,
    );
    expect(stdout).toBe(`${out}/own/report.html`);
  });

  test("writes HTML beside the record, JUnit and Markdown where it is told to, the same each time", async () => {
    const args = ["report", "pipeline-lossy", "--junit", "out/junit.xml", "--markdown", "out/report.md"];
    const { exitCode, stdout } = await throughline(args);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual(["results/pipeline-lossy/report.html", "out/junit.xml", "out/report.md"]);
    const read = () => Promise.all(stdout.split("\n").map((file) => readFile(join(home, file), "utf8")));
    const before = await read();
    await throughline(args);
    expect(await read()).toEqual(before);
    const [html, junit, markdown] = before as [string, string, string];
    expect(html).toContain("Comparison with the baseline");
    expect(html).toContain("account_lost: 42, the baseline has 0");
    expect(junit).toContain('failures="2"');
    expect(markdown).toContain("## FAIL: pipeline");
    expect(await readdir(join(home, "out"))).toEqual(["junit.xml", "report.md"]);
  });

  test("adds to the summary of a CI job where there is one", async () => {
    const summary = join(home, "summary.md");
    await writeFile(summary, "earlier\n");
    await throughline(["report", "first", "--out", "elsewhere/r.html"], { GITHUB_STEP_SUMMARY: summary });
    expect(await readFile(summary, "utf8")).toMatch(/^earlier\n## PASS: pipeline\n/);
    expect(await readFile(join(home, "elsewhere/r.html"), "utf8")).toContain('href="../results/first/result.json"');
  });

  test("of an INVALID run says why it is not compared, and a baseline that was named must be there", async () => {
    expect((await throughline(["report", "pipeline-invalid"])).exitCode).toBe(0);
    const html = await readFile(join(home, "results/pipeline-invalid/report.html"), "utf8");
    expect(html).toContain("Not compared with baseline pipeline-smoke: run pipeline-invalid is INVALID");
    const { exitCode, stderr } = await throughline(["report", "first", "--baseline", "none"]);
    expect([exitCode, stderr]).toEqual([3, 'throughline: baseline "none" is not known']);
  });
});
