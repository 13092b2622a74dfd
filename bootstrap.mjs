/**
 * Makes a fresh clone ready and hands over: installs packages, builds k6, bundles the tests. Each step
 * is done only when its inputs have changed. Uses nothing but Node, because nothing else is there yet.
 *
 *   node bootstrap.mjs build | demo | test | bench | faults | dashboards
 */
import { spawn, spawnSync } from "node:child_process";
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

/** What the programs in bin/ were built of: the sources' digest, and a line for each program. */
const K6_STAMP = "bin/.inputs";
/** The programs of xk6/, with the packages that they are built of. */
const PROGRAMS = { k6: ".", services: "./services" };

function k6Sources() {
  if (!existsSync(join(root, "xk6"))) return [];
  return readdirSync(join(root, "xk6"), { recursive: true })
    .map((name) => join("xk6", name))
    .filter((name) => /(\.go|go\.mod|go\.sum)$/.test(name) && !name.endsWith("_test.go"))
    .sort();
}

/** Whether bin/k6 is there and was built here of what xk6/ has now; null without xk6/, as in an image. */
export function isK6Current() {
  const stale = stalePrograms(["k6"]);
  return stale === null ? null : stale.length === 0;
}

/** Those of these programs that are missing or were built of something else; null without xk6/, as in an image. */
export function stalePrograms(wanted = Object.keys(PROGRAMS)) {
  const sources = k6Sources();
  if (sources.length === 0) return null;
  const [digest, ...marks] = (contentOf(join(root, K6_STAMP)) ?? "").split("\n");
  const isCurrent = (name) => digest === digestOf(sources) && marks.includes(markOf(`bin/${name}`));
  return wanted.filter((name) => !isCurrent(name));
}

/** The pinned k6 with its extensions, and the embedded servers: those of them that are wanted. */
export function buildK6(wanted = Object.keys(PROGRAMS)) {
  const stale = stalePrograms(wanted) ?? [];
  if (stale.length === 0) return;
  if (spawnSync("go", ["version"]).status !== 0) {
    const names = stale.map((name) => `bin/${name}`).join(" and ");
    console.error(
      stale.every((name) => existsSync(join(root, "bin", name)))
        ? `${names} ${stale.length === 1 ? "was" : "were"} built of other sources than xk6/ has now, and Go was not found to build it again; a run may fail or ` +
            "miscount: install Go 1.26 or later (https://go.dev/dl), then npm run build"
        : `Go was not found, so ${names} cannot be built: nats.js and redis.js need it (https://go.dev/dl, version 1.26 or later).\n` +
            "any k6 from 1.8 on runs http.js, websocket.js, ingest.js and webhook.js: k6 run dist/http.js",
    );
    return;
  }
  mkdirSync(join(root, "bin"), { recursive: true });
  for (const name of stale) {
    // Where it cannot be renamed, go writes into it: what runs, or is linked, must stay as it is.
    rmSync(join(root, "bin", name), { force: true });
    const flags = ["build", "-C", "xk6", "-trimpath", "-o", `../bin/${name}`];
    run(`building bin/${name} (a few minutes the first time)`, "go", [...flags, PROGRAMS[name]]);
    const current = Object.keys(PROGRAMS).filter((one) => one === name || stalePrograms([one]).length === 0);
    write(K6_STAMP, [digestOf(k6Sources()), ...current.map((one) => markOf(`bin/${one}`))].join("\n"));
  }
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

/** Does a step when its inputs are not those that the stamp file remembers. */
function onlyWhenChanged(stamp, inputs, step) {
  if (contentOf(join(root, stamp)) === digestOf(inputs)) return;
  const contents = digestOf(inputs);
  step();
  write(stamp, contents);
}

function write(stamp, contents) {
  try {
    writeFileSync(join(root, stamp), contents);
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

function digestOf(inputs) {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(input).update(readFileSync(join(root, input)));
  return hash.digest("hex");
}

/** What shows that a program was replaced: reading all of it would take longer than many a command. */
function markOf(program) {
  const { size, mtimeMs } = statSync(join(root, program), { throwIfNoEntry: false }) ?? {};
  return `${program} ${size} ${Math.floor(mtimeMs / 1000)}`;
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
  if (command !== "dashboards") buildK6();
  bundle();
  const [script, ...args] = COMMANDS[command];
  if (script !== undefined) {
    const child = spawn(process.execPath, [script, ...args, ...rest], { stdio: "inherit" });
    // Whoever ended before it would give the prompt back while it still reports. Ctrl-C of a terminal reaches it as well, a
    // signal to this process alone does not: it is handed on at once, because the same one a second later ends it at once.
    for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.once("exit", (status, signal) => process.exit(signal === null ? status : 1));
  }
}
