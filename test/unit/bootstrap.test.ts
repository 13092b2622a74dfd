/** What a clone builds before it runs, and how that ends where it cannot. */

import { createHash } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";

const FOLDERS = ["bench", "cli", "deploy/grafana", "core", "k6", "receiver", "systems", "target", "test/faults"];
const FILES = [
  "build.mjs",
  "bundle.mjs",
  "cli/own/k6bundle.mjs",
  "package-lock.json",
  "dist/node/dashboards.js",
  "xk6/main.go",
];

/** Notes what it is asked to build, and makes a file of it. */
const GO = `#!/bin/sh
[ "$1" = version ] && exit 0
echo "$6" >> built
echo "$6" > "xk6/$6"
`;

let clone = "";
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "throughline-clone-"));
  for (const folder of [...FOLDERS, ...FILES.map(dirname), "tools"])
    mkdirSync(join(clone, folder), { recursive: true });
  for (const file of FILES) writeFileSync(join(clone, file), "");
  writeFileSync(join(clone, "tools/go"), GO, { mode: 0o755 });
  copyFileSync(join(import.meta.dirname, "../../bootstrap.mjs"), join(clone, "bootstrap.mjs"));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Calls a function of the clone. @param PATH where `go` is looked for. */
async function call(name: string, PATH = [join(clone, "tools"), process.env["PATH"]].join(delimiter)) {
  const program = `import { ${name} } from "./bootstrap.mjs"; console.log(${name}());`;
  const options = { cwd: clone, reject: false, env: { PATH } };
  return execa(process.execPath, ["--input-type=module", "-e", program], options);
}

const timesBuilt = (name = "k6") =>
  readFileSync(join(clone, "built"), "utf8")
    .split("\n")
    .filter((one) => one === `../bin/${name}`).length;

test("a build that cannot be written is one line, and no FAIL of a target", async () => {
  mkdirSync(join(clone, "dist/.inputs"));
  const { exitCode, stderr } = await call("bundle");
  expect(stderr).toMatch(/^cannot write dist\/\.inputs: EISDIR.*$/m);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(exitCode).toBe(3);
});

test("a clone without packages is told in one line what to type", async () => {
  copyFileSync(join(import.meta.dirname, "../../throughline.mjs"), join(clone, "throughline.mjs"));
  const ended = await execa(process.execPath, ["throughline.mjs", "run"], { cwd: clone, reject: false });
  expect(ended).toMatchObject({ stderr: "throughline: packages are missing: npm ci", stdout: "", exitCode: 3 });
});

test.each<[string, NodeJS.Signals, (pid: number) => number]>([
  ["Ctrl-C of a terminal", "SIGINT", (pid) => -pid],
  ["an interrupt of it alone, as of a CI", "SIGINT", (pid) => pid],
  ["a quit of it alone", "SIGQUIT", (pid) => pid],
  ["the end of its container", "SIGTERM", (pid) => pid],
])("waits for what %s stops in order, and ends as it does", async (_, signal, whom) => {
  mkdirSync(join(clone, "node_modules"));
  // As if the packages had been installed.
  const installed = createHash("sha256").update("package-lock.json").digest("hex");
  writeFileSync(join(clone, "node_modules/.throughline"), installed);
  const program = `setInterval(() => undefined, 1_000);
let stopping;
process.on("${signal}", () => stopping ??= setTimeout(() => { console.log("reported"); process.exit(3); }, 200));
console.log("ready");`;
  writeFileSync(join(clone, "dist/node/faults.js"), program);
  const PATH = [join(clone, "tools"), process.env["PATH"]].join(delimiter);
  // A group of its own, to which the signal is sent as a terminal does.
  const running = execa(process.execPath, ["bootstrap.mjs", "faults"], {
    ...{ cwd: clone, reject: false, detached: true, env: { PATH } },
  });
  onTestFinished(() => endGroup(running.pid as number));
  let told = "";
  await new Promise<void>((resolve) => {
    running.stdout.on("data", (text) => {
      told += text;
      if (told.includes("ready")) resolve();
    });
  });
  process.kill(whom(running.pid as number), signal);
  expect(await running).toMatchObject({ stdout: "ready\nreported", exitCode: 3 });
});

/** Ends what has not ended by itself, with its child. */
function endGroup(pid: number) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has.
  }
}

describe("bin/k6", () => {
  beforeEach(async () => {
    expect((await call("isK6Current")).stdout).toBe("false");
    expect(await call("buildK6")).toMatchObject({ exitCode: 0 });
  });

  test("is built once of the same sources", async () => {
    expect((await call("isK6Current")).stdout).toBe("true");
    await call("buildK6");
    expect(timesBuilt()).toBe(1);
  });

  const k6 = () => join(clone, "bin/k6");
  test.each<[string, () => void]>([
    ["a source has changed", () => appendFileSync(join(clone, "xk6/main.go"), "// more")],
    ["it was replaced by one of another size", () => appendFileSync(k6(), "older")],
    ["it was replaced by one of another time", () => utimesSync(k6(), 1, 1)],
    ["it is gone", () => rmSync(k6())],
    ["nobody knows what it was built of", () => rmSync(join(clone, "bin/.inputs"))],
  ])("is built again where %s", async (_, change) => {
    change();
    expect((await call("isK6Current")).stdout).toBe("false");
    await call("buildK6");
    expect((await call("isK6Current")).stdout).toBe("true");
    expect(timesBuilt()).toBe(2);
  });

  test("that is of other sources is told in one line where there is no Go", async () => {
    appendFileSync(join(clone, "xk6/main.go"), "// more");
    const { stderr, exitCode } = await call("buildK6", "/nowhere");
    expect(stderr).toMatch(
      /^bin\/k6 and bin\/services were built of other sources than xk6\/ has now, and Go was not found .*: install Go[^\n]*$/,
    );
    expect(exitCode).toBe(0);
    expect(timesBuilt()).toBe(1);
  });

  test("is not judged where there are no sources", async () => {
    rmSync(join(clone, "xk6"), { recursive: true });
    expect((await call("isK6Current")).stdout).toBe("null");
  });
});
