/** Another system in the suite is its folder and one line, and so is a far end of its own: a toy is added to a copy of the sources, built and run. */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./k6.ts";
import { recordIn } from "./throughline.ts";

const SOURCES = ["core", "systems", "k6", "receiver", "cli", "target", "scenarios.ts", "thresholds.ts"];
const BESIDE = [
  "build.mjs",
  "bundle.mjs",
  "package.json",
  "tsconfig.base.json",
  "tsconfig.json",
  "tsconfig.node.json",
  "test/unit/k6.d.ts",
];

let clone = "";

beforeAll(async () => {
  clone = mkdtempSync(join(tmpdir(), "throughline-toy-"));
  for (const name of [...SOURCES, ...BESIDE]) cpSync(join(root, name), join(clone, name), { recursive: true });
  for (const name of ["node_modules", "bin"]) symlinkSync(join(root, name), join(clone, name));
  cpSync(join(root, "test/toy"), join(clone, "systems/toy"), { recursive: true });
  appendFileSync(join(clone, "systems/list.ts"), 'export { toy } from "./toy/room.ts";\n');
  appendFileSync(join(clone, "systems/farends.ts"), 'export { shelf } from "./toy/receiver/shelf.ts";\n');
  mkdirSync(join(clone, "results"));
  const { stdout } = await node("build.mjs");
  expect(stdout).toContain("dist/toy.js");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

function node(...args: string[]) {
  return execa(process.execPath, args, { cwd: clone, reject: false });
}

const throughline = (...args: string[]) => node("--enable-source-maps", "dist/node/throughline.js", ...args);

test("the compiler knows its variables and metrics", async () => {
  for (const config of ["tsconfig.json", "tsconfig.node.json"]) {
    const { stdout } = await node("node_modules/typescript-7/bin/tsc", "-p", config);
    expect(stdout, config).toBe("");
  }
});

test("help names it, and its flag for an address", async () => {
  const { stdout } = await throughline("run", "--help");
  expect(stdout).toMatch(/^ +toys +toy +a workshop and receiver/m);
  expect(stdout).toContain("--toys-url <url>");
});

test.each([
  ["TOYS_PANT=1", "TOYS_PANT=1: unknown variable; did you mean TOYS_PAINT?"],
  ["TOYS_PAINT=12", "TOYS_PAINT=12: allowed: a whole number from 0 to 9"],
  ["SCENARIO=easter", "SCENARIO=easter: allowed: smoke, christmas, quick"],
])("k6 refuses %s in one line", async (given, message) => {
  const { exitCode, stderr } = await execa(join(clone, "bin/k6"), ["inspect", "-e", given, "dist/toy.js"], {
    cwd: clone,
    reject: false,
  });
  expect([exitCode, stderr]).toEqual([107, expect.stringContaining(message)]);
});

test("a healthy toy passes, and its summary has its own line", async () => {
  const { exitCode, stdout } = await throughline("run", "toys", "--run-id", "whole", "--set", "TOYS_PAINT=3");
  expect(exitCode, stdout).toBe(0);
  expect(readFileSync(join(clone, "results/whole/toy.log"), "utf8")).toContain("toys       painted");
  const { account } = await recordIn(join(clone, "results"), "whole");
  expect(account).toMatchObject({ expected: 150, delivered: 150, lost: 0 });
});

test("the receiver says what its far end can be told, and refuses a run that asks for too much of it", async () => {
  expect((await node("dist/node/receiver.js", "--help")).stdout).toContain("--shelf <toys>");
  const { exitCode } = await throughline("run", "toys", "--run-id", "wide", "--set", "TOYS_ROOM=400");
  expect(exitCode).toBe(3);
  expect(readFileSync(join(clone, "results/wide/toy.log"), "utf8")).toContain("no shelf has room for 400 toys");
});

test("a toy that is lost and one without paint are named, with the next step of its room", async () => {
  const faults = ["--fault", "lose=50", "--fault", "pale=40"];
  const { exitCode } = await throughline("run", "toy", "--run-id", "broken", ...faults);
  expect(exitCode).toBe(1);
  const { reasons, account } = await recordIn(join(clone, "results"), "broken");
  expect(account?.causes).toEqual(["147 toys stand on a shelf for 200"]);
  expect(reasons.map(({ metric }) => metric).toSorted()).toEqual(["account_lost", "toys_unpainted"]);
  expect(reasons.find(({ metric }) => metric === "toys_unpainted")?.next).toBe("look into the paint pot");
});
