/** `throughline run` as a program: what it exits with, what it leaves behind, and what it does not. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Result } from "../../cli/result.ts";
import { Histogram } from "../../core/histogram.ts";
import { linesOf } from "../../core/reason.ts";
import { fanOut, out, pipeline, recordOf, throughline, useFanOut } from "./fan-out.ts";
import { makeHome } from "./home.ts";
import { root } from "./k6.ts";
import { untimedFlags } from "./untimed.ts";

useFanOut();

const UNTIMED = untimedFlags("websocket", "nats");

describe("a run", () => {
  const EVENTS = ["--events", "2000", "--rate", "500", ...UNTIMED];
  let ended: Awaited<ReturnType<typeof fanOut>>;
  let alone: Result;
  beforeAll(async () => {
    ended = await fanOut("one", ...EVENTS);
    alone = await recordOf("one");
  });

  test("passes, and its record holds all of it", async () => {
    const { exitCode, stdout } = ended;
    expect({ exitCode, reasons: alone.reasons }).toEqual({ exitCode: 0, reasons: [] });
    expect(stdout.trim().split("\n").at(0)).toBe("PASS  run one");
    const [met, report = ""] = stdout.trim().split("\n").slice(-2);
    expect(met).toMatch(
      /^ {2}ok {2}\d+ objectives met \(websocket \d+, websocket \+ nats \d+, nats \d+\); all of them: report\.html, or --verbose$/,
    );
    expect(report).toMatch(/^ {2}report {5}\S*one\/report\.html$/);
    expect(await readFile(join(out, "one/report.html"), "utf8")).toContain("<title>PASS · one · Throughline");
    expect(alone).toMatchObject({ run: "one", subject: "websocket nats", verdict: "PASS", complete: true });
    expect(alone.account).toMatchObject({ published: 2_000, acknowledged: 2_000, paths: 10, lost: 0 });
    const sum = (key: "published" | "delivered") => alone.timeline.reduce((total, second) => total + second[key], 0);
    expect(sum("published")).toBe(2_000);
    expect(sum("delivered")).toBe(alone.account?.delivered);
    expect(alone.timeline.at(-1)?.backlog).toBe(0);
    const merged = new Histogram();
    for (const { histogram } of alone.latencies) merged.merge(Histogram.read(histogram));
    expect(merged.percentiles().samples).toBe(alone.account?.latency.samples);
    expect(alone.latencies).toHaveLength(10);
    expect(
      alone.health
        .filter(({ role }) => role === "generator")
        .map(({ process }) => process)
        .sort(),
    ).toEqual(["k6 nats", "k6 websocket"]);
    expect(alone.parameters).toMatchObject({ "nats.EVENTS": "2000", "nats.SCENARIO": "smoke", instances: "1" });
    expect((await readdir(join(out, "one"))).filter((name) => name.includes(".part"))).toEqual([]);
  });

  test("in four processes gives the same account, event for event", async () => {
    const { exitCode, stdout } = await fanOut("four", ...EVENTS, "--instances", "4", "--verbose");
    const shared = await recordOf("four");
    expect({ exitCode, reasons: shared.reasons }).toEqual({ exitCode: 0, reasons: [] });
    expect(shared.tests.map(({ test: name, instance }) => `${name} ${instance}`).sort()).toEqual(
      ["nats", "websocket"].flatMap((name) => [1, 2, 3, 4].map((instance) => `${name} ${instance}`)),
    );
    const exact = [
      "published",
      "acknowledged",
      "refused",
      "unknown",
      "paths",
      "expected",
      "delivered",
      "lost",
      "duplicated",
      "reordered",
      "misrouted",
      "late",
      "unreported",
      "unjudged",
      "ending",
    ] as const;
    for (const key of exact) expect(shared.account?.[key], key).toBe(alone.account?.[key]);
    // Each filter was subscribed to as often, and was told of as many events.
    const sizes = ({ latencies }: Result) =>
      latencies.map(({ histogram }) => Histogram.read(histogram).percentiles().samples).sort((a, b) => a - b);
    expect(sizes(shared)).toEqual(sizes(alone));
    const published = shared.tests.map(({ summary }) => summary?.metrics["events_published"]?.["count"] ?? 0);
    expect(published.filter((count) => count > 0)).toHaveLength(4);
    expect(published.reduce((total, count) => total + count, 0)).toBe(2_000);
    expect(stdout.match(/account_lost/g)).toHaveLength(1);
    // What all of them are judged by as one is told once, and nothing else is told of any of them.
    expect(stdout.match(/publish_ack_latency_ms {2,}p\(99\)/g)).toHaveLength(1);
    const rowsOf = (one: Result["tests"][number]) => one.summary?.rows;
    for (const name of ["nats", "websocket"]) {
      const [first, ...others] = shared.tests.filter((one) => one.test === name).map(rowsOf);
      expect(others).toEqual([first, first, first]);
    }
    const offered = shared.tests.flatMap((one) => rowsOf(one) ?? []).find(({ metric }) => metric === "events_offered");
    expect(offered).toMatchObject({ observed: 2_000, result: "met" });
    const { junit } = await reportsOf("four");
    expect(junit).toContain('failures="0" errors="0"');
  });

  test("of one publisher that is asked for 25,000 events a second is INVALID, and does not blame the target", async () => {
    const one = ["--set", "WORKERS=1", "--set", "BATCH=1"];
    const { exitCode, stdout } = await fanOut("greedy", "--rate", "25000", "--duration", "300ms", ...one);
    const { verdict, reasons } = await recordOf("greedy");
    expect({ exitCode, verdict }).toEqual({ exitCode: 3, verdict: "INVALID" });
    expect(stdout.trim().split("\n").at(0)).toBe("INVALID  run greedy");
    expect(reasons.flatMap(linesOf).join("\n")).toMatch(/offered_rate_share .*must be value >= 0.99/);
    expect(reasons.map(({ next }) => next).join("\n")).toContain("the generator was behind");
  });
});

/** Every report of a run that can be asked for. */
async function reportsOf(run: string): Promise<{ html: string; junit: string; markdown: string }> {
  const folder = join(out, run);
  const files = { html: "report.html", junit: "junit.xml", markdown: "report.md" };
  const [html, junit, markdown] = Object.values(files).map((name) => join(folder, name));
  await throughline("report", folder, "--junit", junit as string, "--markdown", markdown as string);
  const read = (file: string | undefined) => readFile(file as string, "utf8");
  return { html: await read(html), junit: await read(junit), markdown: await read(markdown) };
}

describe("a planted fault", () => {
  const LOAD = ["--events", "2000", "--rate", "500", "--set", "DRAIN_QUIET=1s"];
  const FAULTS = ["--fault", "drop=500", "--fault", "duplicate=400"];
  const OFF = ["--set", "SLO_ACCOUNT_MISROUTED_COUNT=off"];
  let ended: Awaited<ReturnType<typeof throughline>>;
  let record: Result;
  beforeAll(async () => {
    const args = ["run", "websocket", "nats", ...LOAD, ...FAULTS, ...OFF, ...UNTIMED];
    ended = await throughline(...args, "--out", out, "--run-id", "faulty");
    record = await recordOf("faulty");
  });

  test("FAILS with the path, the second and the events", () => {
    const { verdict, reasons, versions, account } = record;
    expect({ exitCode: ended.exitCode, verdict }).toEqual({ exitCode: 1, verdict: "FAIL" });
    const lost = reasons.find(({ metric }) => metric === "account_lost");
    expect(lost?.text).toMatch(/^nats, websocket: account_lost|^websocket, nats: account_lost/);
    const worst = [...(account?.offenders ?? [])].sort((one, other) => other.lost - one.lost)[0];
    const most = [...(account?.offenders ?? [])].filter((one) => one.lost === worst?.lost).map(({ path }) => path);
    expect(most.some((path) => lost?.next?.startsWith(`path ${path} lost `))).toBe(true);
    expect(lost?.next).toContain(`${worst?.lost} of ${worst?.expected}, first event`);
    expect(lost?.next).toMatch(/first event \d+ in second \d+ \(\d\d:\d\d:\d\dZ\)/);
    expect(versions["target"]).toBe("the reference target, fault drop=500, fault duplicate=400");
  });

  test("names what came twice by number and path, in the terminal and in the report", async () => {
    // The terminal names the worst three.
    const [twice] = [...(record.account?.offenders ?? [])].sort(
      (one, other) => (other.duplicated ?? 0) - (one.duplicated ?? 0),
    );
    expect(twice?.duplicatedSeqs.length).toBeGreaterThan(0);
    const numbers = twice?.duplicatedSeqs.join(", ");
    expect(ended.stdout).toContain(`duplicated ${twice?.path}: ${twice?.duplicated}, events ${numbers}`);
    expect((await reportsOf("faulty")).html).toContain(numbers);
  });

  test("leaves a trace of changed bounds in every output", async () => {
    const { html, junit, markdown } = await reportsOf("faulty");
    const plain = (text: string) =>
      text.replace(/\\|&#x3C;|&lt;/g, (mark) => (mark === "\\" ? "" : "<")).replace(/\s+/g, " ");
    const record = await readFile(join(out, "faulty/result.json"), "utf8");
    for (const [name, text] of Object.entries({ terminal: ended.stdout, record, html, junit, markdown })) {
      for (const change of [
        "account_misrouted count == 0 is switched off by SLO_ACCOUNT_MISROUTED_COUNT",
        "publish_ack_latency_ms p(99) < 250 is held to < 1000000000 by SLO_PUBLISH_ACK_LATENCY_MS_P99",
      ]) {
        expect(plain(text), name).toContain(change);
      }
      expect(plain(text), name).not.toContain("SLO_ACCOUNT_LOST_COUNT");
    }
  });

  test("is no baseline unless somebody insists, and whatever is compared with it is FAIL as it is itself", async () => {
    const home = await makeHome("throughline-baseline-");
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    for (const run of ["faulty", "again"]) {
      const folder = join(home, "results", run);
      await cp(join(out, "faulty"), folder, { recursive: true });
      await writeFile(join(folder, "result.json"), JSON.stringify({ ...record, run }));
    }
    const command = (...args: string[]) =>
      execa(process.execPath, [join(home, "dist/node/throughline.js"), ...args], { cwd: home, reject: false });
    const refused = await command("baseline", "save", "faulty");
    expect(refused).toMatchObject({ exitCode: 3, stdout: "" });
    expect(refused.stderr).toMatch(
      /^throughline: run faulty is FAIL \(.*account_lost.*\); .*: baseline save faulty --failed$/,
    );
    const insisted = await command("baseline", "save", "faulty", "--failed");
    expect(insisted.stdout).toMatch(/ now holds 1 run, the last of which is FAIL; commit it$/);
    expect((await command("baseline", "list")).stdout).toMatch(/ {2}faulty {2}.* {2}FAIL$/);
    const compared = await command("compare", "again");
    expect(compared.exitCode).toBe(1);
    expect(compared.stdout).toMatch(/^FAIL {2}run again against 1 run: faulty\n/);
    expect(compared.stdout).toContain("the run itself is FAIL: ");
    expect(compared.stdout).toContain("caution: run faulty of the baseline is itself FAIL");
  });
});

describe("what goes wrong", () => {
  test("two runs at once each keep their own record", async () => {
    const ask = (run: string) =>
      throughline(
        "run",
        "http",
        "--http-url",
        pipeline.gateway.url,
        "--out",
        out,
        "--run-id",
        run,
        "--duration",
        "3s",
        "--set",
        "THINK_TIME=50ms",
        "--set",
        "VUS=2",
        "--set",
        "SLO_HTTP_ERROR_RATE_RATE=off",
      );
    const [first, second, twin] = await Promise.all([
      ask("first"),
      ask("second"),
      pause(1_500).then(() => ask("first")),
    ]);
    for (const [name, { exitCode }] of [
      ["first", first],
      ["second", second],
    ] as const) {
      const { run, verdict, tests } = await recordOf(name);
      expect(run).toBe(name);
      expect(exitCode).toBe({ PASS: 0, FAIL: 1, INVALID: 3 }[verdict]);
      expect(tests.map(({ exitCode: code }) => code)).toEqual([expect.toSatisfy((code) => code === 0 || code === 99)]);
    }
    expect(twin.exitCode).toBe(2);
    expect(twin.stderr).toContain(`--run-id first: ${join(out, "first")} exists`);
  });

  test("a full disk is one line, and leaves no half of a record", async ({ skip }) => {
    const disk = join(out, "disk");
    await mkdir(disk);
    const mounted = await execa("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { reject: false });
    skip(mounted.exitCode !== 0, "a small disk cannot be mounted here: only root can");
    onTestFinished(async () => void (await execa("umount", [disk])));
    await writeFile(join(disk, "filler"), Buffer.alloc(48 * 1024));
    const args = ["--http-url", pipeline.gateway.url, "--duration", "2s", "--set", "VUS=1"];
    const { exitCode, stderr, stdout } = await throughline("run", "http", ...args, "--out", disk, "--run-id", "full");
    // 16 kB are left: too few for the summary of k6 and our record of it.
    expect(exitCode).toBe(3);
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /its summary is lost: cannot write \S+http\.json: ENOSPC: no space left/,
    );
    expect(stderr).toMatch(
      /throughline: the record is missing: cannot write .*result\.json: ENOSPC: no space left on device: make room/,
    );
    expect((await readdir(join(disk, "full"))).filter((name) => name.includes("result.json"))).toEqual([]);
  });

  test("a PASS whose report does not fit on the disk is no success, and says what to do", async () => {
    const args = ["run", "http", "--http-url", pipeline.gateway.url, "--duration", "2s", "--set", "VUS=1"];
    const own = ["--out", out, "--run-id", "narrow", "--set", "SLO_HTTP_ERROR_RATE_RATE=off"];
    // No file may be larger than 400 kB: the record fits, the report with its charts does not.
    const limited = 'ulimit -f 400; exec "$@"';
    // By default the signal of a file that is too large ends Node before its write fails.
    const deaf = join(out, "deaf.mjs");
    await writeFile(deaf, 'process.on("SIGXFSZ", () => {});');
    const env = { NODE_OPTIONS: `--import=${deaf}` };
    const command = [process.execPath, join(root, "throughline.mjs"), ...args, ...own];
    const { exitCode, stderr, stdout } = await execa("bash", ["-c", limited, "bash", ...command], {
      env,
      reject: false,
    });
    const { verdict } = await recordOf("narrow");
    expect(exitCode).toBe(verdict === "FAIL" ? 1 : 3);
    expect(stdout).toContain(`${verdict === "PASS" ? "INVALID" : verdict}  run narrow`);
    expect(stdout).not.toContain("PASS");
    expect(stderr).toMatch(
      /the report is missing: cannot write .*report\.html: EFBIG: .*: make room there, or .*, then make it with: throughline report /,
    );
  });

  test("a port that is in use is named", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.once("error", () => resolve()).listen(4800, "127.0.0.1", resolve));
    onTestFinished(() => void holder.close());
    const { exitCode, stderr } = await throughline(
      "run",
      "ethhook",
      "--redis-url",
      "redis://127.0.0.1:1",
      "--out",
      out,
    );
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /throughline: .*port 4800 is taken, .*: stop what listens on it, or take another with --receiver-port/,
    );
  });

  test.each([
    [["run", "kafka"], "kafka is no pipeline and no test; allowed: ethhook, ingest, pipeline, webhook, redis"],
    [
      ["run", "http", "--out", "/dev/null/results"],
      "--out /dev/null/results: cannot be written: it, or a part of its path, is a file",
    ],
    [["run", "pipeline", "--scenario", "strss"], "SCENARIO=strss: allowed: smoke"],
    [["run", "pipeline", "--fault", "gremlins=3"], 'fault "gremlins=3" is not known'],
    [["run", "pipeline", "--instances", "0"], "allowed: a whole number from 1 to 64"],
    [["run", "pipeline", "--instances", "20"], "--instances 20: websocket has 10 virtual users to share"],
    [["run", "pipeline", "--nonsense"], "unknown option '--nonsense'"],
    [["nonsense"], "unknown command 'nonsense'"],
  ])("%j is refused in one line", async (args, line) => {
    const { exitCode, stderr } = await throughline(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(line);
  });

  test("a flag that k6 does not know reaches k6, whose answer is the reason", async () => {
    const args = ["run", "http", "--http-url", pipeline.gateway.url, "--out", out, "--run-id", "flags"];
    const { exitCode, stdout } = await throughline(...args, "--", "--no-such-flag");
    expect(exitCode).toBe(3);
    expect(stdout).toContain("unknown flag: --no-such-flag");
  });
});
