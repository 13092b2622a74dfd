import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { root } from "../deployment.ts";

const MADE = ["dist/http.js", "dist/node/receiver.js", "dist/lib/k6.js", "dist/report/style.css"];
const OF_USERS = ["dist/orders.js", "dist/orders-subscribers.js", "dist/node/orders.mjs"];
const KEPT = [...MADE, ...OF_USERS, "dist/node/receiver.js.map", "dist/.inputs", "dist/grafana/influxdb/http.json"];
const OLDER = [
  "dist/churn.js",
  "dist/node/pipeline.js",
  "dist/node/pipeline.js.map",
  "dist/lib/own.js",
  "dist/report/old.css",
];

test("a build leaves what it made, and the bundles of users' pipelines", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-build-"));
  try {
    mkdirSync(join(folder, "systems"));
    for (const file of [...KEPT, ...OLDER]) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), "");
    }
    const build = JSON.stringify(join(import.meta.dirname, "../../build.mjs"));
    const program = `const { removeOlder } = await import(${build}); removeOlder(${JSON.stringify(MADE)});`;
    await execa(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
    const left = readdirSync(join(folder, "dist"), { recursive: true, withFileTypes: true });
    const files = left.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.map((file) => file.slice(folder.length + 1)).sort()).toEqual([...KEPT].sort());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what is overridden is a dependency too: npm heeds the overrides of a clone, and not those of an installed package", () => {
  const { overrides, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(dependencies).toMatchObject(overrides);
});

test("each package that runs a script when it is installed is allowed to, or not: npm warns of the others", () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
  const packages = Object.entries<{ hasInstallScript?: boolean }>(read("package-lock.json").packages);
  const names = packages.flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.slice("node_modules/".length)] : [],
  );
  expect(names.length).toBeGreaterThan(2);
  expect(Object.keys(read("package.json").allowScripts).sort()).toEqual(names.sort());
});
