/**
 * Makes a fresh clone ready and hands over: installs packages, builds k6, bundles the tests. Each step
 * is done only when its inputs have changed. Uses nothing but Node, because nothing else is there yet.
 *
 *   node bootstrap.mjs build | demo | test | bench | faults | dashboards
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = import.meta.dirname;

/** As of a run that is INVALID: 1 would say that a target missed its objectives. */
const NOTHING_MEASURED = 3;

const COMMANDS = {
  build: [],
  demo: ["dist/node/throughline.js", "demo"],
  test: ["test/run.mjs"],
  bench: ["bench/run.mjs"],
  faults: ["dist/node/faults.js"],
  dashboards: ["dist/node/dashboards.js"],
};

function installPackages() {
  onlyWhenChanged("node_modules/.throughline", ["package-lock.json"], () => {
    run("installing packages", "npm", ["ci", "--no-audit", "--no-fund"], { quiet: true });
  });
}

const K6_STAMP = "bin/.inputs";
const K6_PROGRAMS = ["bin/k6", "bin/services"];

function k6Sources() {
  if (!existsSync(join(root, "xk6"))) return [];
  return readdirSync(join(root, "xk6"), { recursive: true })
    .map((name) => join("xk6", name))
    .filter((name) => /(\.go|go\.mod|go\.sum)$/.test(name) && !name.endsWith("_test.go"))
    .sort();
}

/** Whether bin/k6 is there and was built here of what xk6/ has now; null without xk6/, as in an image. */
export function isK6Current() {
  const sources = k6Sources();
  return sources.length === 0 ? null : isUnchanged(K6_STAMP, sources, K6_PROGRAMS);
}

/** The pinned k6 with its extensions, and the embedded servers. */
export function buildK6() {
  if (isK6Current()) return;
  if (spawnSync("go", ["version"]).status !== 0) {
    console.error(
      existsSync(join(root, "bin/k6"))
        ? "bin/k6 was built of other sources than xk6/ has now, and Go was not found to build it again; a run may fail or " +
            "miscount: install Go 1.26 or later (https://go.dev/dl), then npm run build"
        : "Go was not found, so bin/k6 cannot be built: nats.js and redis.js need it (https://go.dev/dl, version 1.26 or later).\n" +
            "any k6 from 1.8 on runs http.js, websocket.js, ingest.js and webhook.js: k6 run dist/http.js",
    );
    return;
  }
  mkdirSync(join(root, "bin"), { recursive: true });
  const build = () => {
    for (const [output, main] of [
      ["k6", "."],
      ["services", "./services"],
    ]) {
      // Where it cannot be renamed, go writes into it: what runs, or is linked, must stay as it is.
      rmSync(join(root, "bin", output), { force: true });
      run(`building bin/${output} (a few minutes the first time)`, "go", [
        "build",
        "-C",
        "xk6",
        "-trimpath",
        "-o",
        `../bin/${output}`,
        main,
      ]);
    }
  };
  onlyWhenChanged(K6_STAMP, k6Sources(), build, K6_PROGRAMS);
}

/** What is bundled: the tests for k6, the programs for Node. */
const BUNDLED = ["bench", "cli", "deploy/grafana", "core", "k6", "receiver", "systems", "target", "test/faults"];

/** The tests and programs, bundled into dist/. */
export function bundle() {
  const inside = BUNDLED.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  const sources = [...inside, ...readdirSync(root)].filter(
    (name) => /\.(tsx?|css)$/.test(name) && !name.endsWith(".d.ts"),
  );
  const builders = ["build.mjs", "bundle.mjs", "cli/own/k6bundle.mjs", "package-lock.json"];
  onlyWhenChanged("dist/.inputs", [...builders, ...sources.sort()], () => {
    run("bundling the tests", process.execPath, ["build.mjs"], { quiet: true });
    run("writing the dashboards", process.execPath, ["dist/node/dashboards.js"], { quiet: true });
  });
}

/** Does a step when its inputs, or the programs it makes, are not those that the stamp file remembers. */
function onlyWhenChanged(stamp, inputs, step, programs = []) {
  if (isUnchanged(stamp, inputs, programs)) return;
  const contents = digestOf(inputs);
  step();
  try {
    writeFileSync(join(root, stamp), contents + marksOf(programs));
  } catch (problem) {
    fail(`cannot write ${stamp}: ${problem.message}: make room there, or permit writing`);
  }
}

function contentOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

function isUnchanged(stamp, inputs, programs) {
  return contentOf(join(root, stamp)) === digestOf(inputs) + marksOf(programs);
}

function digestOf(inputs) {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(input).update(readFileSync(join(root, input)));
  return hash.digest("hex");
}

/** What shows that a program was replaced: reading all of it would take longer than many a command. */
function marksOf(programs) {
  return programs
    .map((program) => {
      const { size, mtimeMs } = statSync(join(root, program), { throwIfNoEntry: false }) ?? {};
      return `\n${program} ${size} ${Math.floor(mtimeMs / 1000)}`;
    })
    .join("");
}

/** Ends in one line. A stack of Node's would end with the code of a FAIL. */
function fail(line) {
  console.error(line);
  process.exit(NOTHING_MEASURED);
}

function run(what, program, args, { quiet = false } = {}) {
  console.error(`${what} ...`);
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: root, stdio: quiet ? "pipe" : "inherit" });
  if (status === 0) return;
  if (quiet) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  fail(`${what}: ${error?.message ?? `${program} ended with code ${status}`}`);
}

if (process.argv[1] === import.meta.filename) {
  const [command, ...rest] = process.argv.slice(2);
  if (!(command in COMMANDS)) {
    console.error(`bootstrap: ${command ?? "nothing"}: unknown command; allowed: ${Object.keys(COMMANDS).join(", ")}`);
    process.exit(2);
  }
  process.chdir(root);
  installPackages();
  buildK6();
  bundle();
  const [script, ...args] = COMMANDS[command];
  if (script !== undefined) {
    const { status, signal } = spawnSync(process.execPath, [script, ...args, ...rest], { stdio: "inherit" });
    process.exit(signal === null ? status : 1);
  }
}
