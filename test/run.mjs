/**
 * The whole check of the repository: types, lint, import direction, Go, unit, integration and browser tests.
 * Prints a line per step, and last `N passed, N failed`, with `, N skipped` where some were.
 *
 *   npm test            everything
 *   npm test -- quick   what needs no load: types, lint, import direction and unit tests
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { endOnSignals, run } from "./jobs.mjs";

const root = join(import.meta.dirname, "..");
const [scope, ...others] = process.argv.slice(2);
if (others.length > 0 || (scope !== undefined && scope !== "quick")) {
  console.error(`npm test: ${[scope, ...others].join(" ")}: unknown; allowed: nothing, or quick`);
  process.exit(2);
}
/** TypeScript 7 is ten times as fast; version 6 is what reads imports for dependency-cruiser, which takes no later one. */
const COMPILER = "node_modules/typescript-7/bin/tsc";
const VITEST = "node_modules/vitest/vitest.mjs";
/** What obeys the direction of imports. */
const SOURCES = [
  ...["core", "systems", "k6", "receiver", "target", "cli", "bench", "deploy", "test", "examples"],
  ...["scenarios.ts", "thresholds.ts"],
];
const scratch = mkdtempSync(join(tmpdir(), "throughline-test-"));
const isQuick = scope === "quick";
const total = { passed: 0, failed: 0, skipped: 0 };
/** Projects of vitest that run at the same time. */
const BESIDE_OTHERS = ["integration", "waiting"];
/** Tests that failed: their project, file and name. */
const failedTests = [];
/** More than so many did not disturb each other: they are broken. */
const MOST_AGAIN = 5;

endOnSignals(() => rmSync(scratch, { recursive: true, force: true }));
try {
  report("machine", machine());
  const hasGo = found("go");
  await Promise.all([
    check("types for k6", "node", [COMPILER, "-p", "tsconfig.json"]),
    check("types for Node", "node", [COMPILER, "-p", "tsconfig.node.json"]),
    check("types for browsers", "node", [COMPILER, "-p", "tsconfig.browser.json"]),
    check("types of examples", "node", [COMPILER, "-p", "tsconfig.examples.json"]),
    check("lint and format", "node_modules/.bin/biome", ["ci", "."]),
    check("import direction", "node_modules/.bin/depcruise", SOURCES, /\([1-9]\d* modules/),
    ...(hasGo && !isQuick ? goChecks() : []),
  ]);
  if (isQuick) {
    await vitest(["unit", "mocks"]);
  } else {
    await everything(hasGo);
    await allTests();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const { passed, failed, skipped } = total;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

/** Steps that take minutes: Go, and the tests with k6 and servers. */
async function everything(hasGo) {
  if (hasGo) await goTests();
  else skip("Go tests: go was not found");
  if (!found("redis-server"))
    skip("tests of redis.js, ingest.js, webhook.js and their reference targets: redis-server was not found");
  const missing = ["redis-server", "influxd", "prometheus"].filter((program) => !found(program));
  if (missing.length > 0) skip(`tests of the dashboards on real databases: ${missing.join(", ")}: not found`);
  if (!found("nats-server")) skip("tests of nats.js on a server with accounts: nats-server was not found");
  if (!hasFaketime()) skip("tests of clocks that are set: libfaketime was not found");
  const unmade = ["go", "redis-server", "nats-server"].filter((program) => !found(program));
  if (unmade.length > 0) skip(`tests of examples/ on real servers: ${unmade.join(", ")}: not found`);
  if (!process.env.K6_OPERATOR_CRD) {
    skip("TestRuns against the CRD of k6-operator: K6_OPERATOR_CRD does not name its file");
  }
}

/** The programs of this machine that tests use, so that no skip stays hidden. */
function machine() {
  const versions = [
    ["node", ["--version"]],
    ["go", ["version"]],
    ["gcc", ["-dumpversion"]],
    ["bin/k6", ["version"]],
    ["redis-server", ["--version"]],
    ["influxd", ["version"]],
    ["prometheus", ["--version"]],
    ["chromium", ["--version"]],
  ];
  return versions.map(([program, args]) => {
    const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
    return `${program}: ${status === 0 ? stdout.split("\n")[0] : "not found"}`;
  });
}

/**
 * A step that counts as one test, whether it passes or fails.
 *
 * @param shows what it prints where it has looked at anything.
 */
async function check(name, program, args, shows = /^/) {
  const started = Date.now();
  const { status, problem, stdout, stderr } = await run(program, args, { cwd: root });
  const passes = status === 0 && shows.test(stdout);
  total[passes ? "passed" : "failed"]++;
  const details = passes ? [] : [stdout, stderr || (problem ?? `it does not print ${shows}`)];
  report(`${passes ? "ok" : "FAILED"}  ${name} (${seconds(started)})`, details);
}

/**
 * The build flags of bin/k6, so that nothing is compiled twice: with another path in it, Go's library is compiled once
 * more. Without symbols, which nobody reads here, k6 is linked in 3 s of CPU and not in 5.
 */
function goChecks() {
  const flags = ["-trimpath", "-ldflags=-s"];
  const stock = ["build", "-C", "xk6", ...flags, "-o", "../bin/k6-stock", "go.k6.io/k6"];
  return [
    check("go vet", "go", ["vet", "-C", "xk6", "-trimpath", "./..."]),
    check("gofmt", "sh", ["-c", 'test -z "$(gofmt -l xk6)"']),
    check("k6 without extensions", "go", stock),
    // Before the tests with load, which a compiler would disturb.
    check("Centrifugo of examples/", "npm", ["run", "--silent", "--prefix", "examples/centrifugo", "server"]),
  ];
}

async function goTests() {
  const started = Date.now();
  // The race detector needs a C compiler.
  const race = found("gcc") || found("clang") ? ["-race"] : [];
  // `go vet` has looked at the same files, with all of its analyzers and not some.
  const args = ["test", "-C", "xk6", "-json", "-count=1", "-vet=off", ...race, "./..."];
  const { status, stdout, stderr } = await run("go", args, { cwd: root });
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const ended = (action) => events.filter((event) => event.Action === action && event.Test !== undefined);
  const failures = ended("fail");
  // A package that does not compile fails without a test of its own.
  count(ended("pass").length, Math.max(failures.length, status === 0 ? 0 : 1), ended("skip").length);
  const output = failures.flatMap(({ Package, Test }) =>
    events.filter((event) => event.Package === Package && event.Test === Test).map((event) => event.Output ?? ""),
  );
  report(`${status === 0 ? "ok" : "FAILED"}  go test ${race.join("")} (${seconds(started)})`, [
    output.join(""),
    status === 0 ? "" : stderr,
  ]);
}

/** Runs the tests of projects. @param output "pipe" keeps what they print until the end: another run prints beside it. */
async function vitest(projects, output = "inherit") {
  const started = Date.now();
  const name = projects[0];
  const outcome = join(scratch, `${name}.json`);
  const args = [VITEST, "run", ...projects.flatMap((project) => ["--project", project])];
  const reporters = ["--reporter=default", "--reporter=./test/outcome.mjs"];
  const env = { ...process.env, TEST_OUTCOME: outcome };
  const { status, stdout, stderr } = await run("node", [...args, ...reporters], { cwd: root, env, output });
  process.stdout.write(stdout + stderr);
  try {
    const { passed, skipped, failed, outside } = JSON.parse(readFileSync(outcome, "utf8"));
    failedTests.push(...failed);
    count(passed, Math.max(failed.length + outside, status === 0 ? 0 : 1), skipped);
  } catch {
    count(0, 1, 0);
  }
  report(`${status === 0 ? "ok" : "FAILED"}  ${name} tests (${seconds(started)})`, []);
}

/**
 * Runs the few tests that failed beside others once more, each alone. One that passes now was disturbed: it counts as
 * passed, and is named, because a test that others can disturb is to be mended.
 */
async function again() {
  const beside = failedTests.filter(({ project }) => BESIDE_OTHERS.includes(project));
  if (beside.length > MOST_AGAIN) return;
  for (const { project, file, name } of beside) {
    const started = Date.now();
    const pattern = `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
    const args = [VITEST, "run", "--project", project, file, "-t", pattern];
    const { status, stdout } = await run("node", args, { cwd: root });
    // A name that finds no test passes as well.
    const passes = status === 0 && /Tests.* 1 passed/.test(stripVTControlCharacters(stdout));
    if (passes) {
      total.failed--;
      total.passed++;
    }
    const outcome = passes ? "DISTURBED: it passes alone" : "FAILED again, alone";
    report(`${outcome}  ${relative(root, file)} > ${name} (${seconds(started)})`, passes ? [] : [stdout]);
  }
}

/** The tests of every project. Those that mostly wait run beside those with loads. */
async function allTests() {
  await vitest(["unit", "mocks"]);
  await Promise.all(BESIDE_OTHERS.map((project, place) => vitest([project], place === 0 ? "inherit" : "pipe")));
  await vitest(["alone"]);
  if (found("chromium")) await vitest(["browser"]);
  else skip("tests of the report in a browser: chromium was not found");
  await again();
}

function count(passed, failed, skipped) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function skip(why) {
  total.skipped++;
  report(`SKIPPED  ${why}`, []);
}

function found(program) {
  return spawnSync("which", [program]).status === 0;
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

function report(line, details) {
  console.log(line);
  for (const detail of details) if (detail) console.log(detail.trimEnd().replace(/^/gm, "    "));
}

/** The path at which the tests of clocks look for it. */
function hasFaketime() {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib") : [];
  return folders.some((name) => existsSync(join("/usr/lib", name, "faketime/libfaketimeMT.so.1")));
}
