/** Bundles a pipeline file twice: for k6 and for the receiver, each without the code of the other side. */

import { readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildFailure, BuildOptions, Metafile } from "esbuild";
import { bundleHead } from "../../core/bundle.ts";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import { type AnyPipeline, subscribersOf } from "../../core/pipeline.ts";
import { messageOf } from "../../core/problem.ts";
import { makeFolders } from "../files.ts";
import { K6_BUNDLE } from "./k6bundle.mjs";
import { lineIn, lineOf, lineWith, placesOf } from "./place.ts";
import { ownPackage, userFiles, withoutK6, withoutNode } from "./plugins.ts";
import { refuseDeclaration, refuseModules } from "./refusals.ts";

/** A file that declares a pipeline or a table of endpoints, and its bundles. */
export interface PipelineBundles {
  readonly name: string;
  /** The declaration: exactly one of the two is set. */
  readonly pipeline: AnyPipeline | null;
  readonly endpoints: AnyEndpoints | null;
  /** The file, relative to the working folder. */
  readonly file: string;
  /** The receiver's bundle, if the receiver needs the pipeline's code. */
  readonly node: string;
  /** The bundles for k6, by test. */
  readonly tests: Readonly<Record<string, string>>;
  /** Their imports of extensions, as in `k6/x/nats`. */
  readonly extensions: readonly string[];
}

type Declaration = AnyPipeline | AnyEndpoints;

/** Bundles are written to this folder of the user's project. */
const DIST = "dist";

/**
 * Bundles a pipeline file.
 *
 * @param root folder of the package.
 * @param file the user's file.
 * @throws RangeError in one line that names the file and the line.
 */
export async function buildPipeline(root: string, file: string): Promise<PipelineBundles> {
  const shown = relative(process.cwd(), file);
  const { declared, node } = await bundleForNode(root, file, shown);
  const { name } = declared;
  const [pipeline, endpoints] = "endpoints" in declared ? [null, declared] : [declared, null];
  const places = JSON.stringify(placesOf(declared, shown, await readFile(file, "utf8")));
  const scripts =
    pipeline?.observe.kind === "subscription"
      ? { [name]: publisherOf(places), [subscribersOf(name)]: SUBSCRIBERS }
      : { [name]: pipeline === null ? VISITORS : publisherOf(places) };
  const tests: Record<string, string> = {};
  const extensions = new Set<string>();
  for (const [test, script] of Object.entries(scripts)) {
    const bundle = await bundleForK6(root, file, test, script);
    tests[test] = bundle.file;
    for (const extension of bundle.extensions) extensions.add(extension);
  }
  return { name, pipeline, endpoints, file: shown, node, tests, extensions: [...extensions] };
}

/** @param places JSON of where the file says what. */
const publisherOf = (places: string) => `import { publisherOf } from "throughline/k6";
export const { options, setup, publish, compareClock, teardown, handleSummary } = publisherOf(pipeline, ${places});`;

const SUBSCRIBERS = `import { subscribersTest } from "throughline/k6";
export const { options, setup, listen, compareClock, teardown, handleSummary } = subscribersTest(pipeline);`;

const VISITORS = `import { visitorsOf } from "throughline/k6";
export const { options, setup, visit, teardown, handleSummary } = visitorsOf(pipeline);`;

/** One bundle, and the extensions that it imports. */
async function bundleForK6(root: string, file: string, name: string, script: string) {
  const outfile = resolve(DIST, `${name}.js`);
  const { metafile } = await bundled({
    ...K6_BUNDLE,
    stdin: {
      contents: `import pipeline from ${JSON.stringify(file)};\n${script}`,
      resolveDir: dirname(file),
      sourcefile: `${name}.entry.ts`,
      loader: "ts",
    },
    outfile,
    plugins: [ownPackage(root), userFiles("k6"), withoutNode(file)],
  });
  await refuseModules(metafile, file);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { file: outfile, extensions: imports.filter((path) => path.startsWith("k6/x/")) };
}

/** Builds the receiver's bundle and imports the declaration from it. */
async function bundleForNode(root: string, file: string, shown: string) {
  const folder = resolve(DIST, "node");
  await makeFolders(folder);
  const loading = join(folder, `.loading-${process.pid}-${basename(file)}.mjs`);
  await bundled({
    entryPoints: [file],
    outfile: loading,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    banner: { js: bundleHead(shown) },
    plugins: [ownPackage(root), userFiles("node"), withoutK6],
  });
  try {
    const { default: declared } = (await import(pathToFileURL(loading).href)) as { default?: Declaration };
    if (typeof declared !== "object" || declared === null || !("events" in declared || "endpoints" in declared)) {
      throw new RangeError(
        `${shown}: exports no pipeline; allowed: export default definePipeline({ ... }) or defineEndpoints({ ... })`,
      );
    }
    refuseDeclaration(declared);
    // .mjs, because the user's package may be CommonJS, the default of npm.
    const node = join(folder, `${declared.name}.mjs`);
    await rename(loading, node);
    return { declared, node };
  } catch (problem) {
    await rm(loading, { force: true });
    if (problem instanceof RangeError && problem.message.startsWith(shown)) throw problem;
    const source = await readFile(file, "utf8");
    const missing = missingPackage(problem);
    const message = missing === null ? messageOf(problem) : missing.message;
    const line = missing === null ? (lineOf(message, source) ?? lineIn(problem, file)) : lineWith(missing.name, source);
    throw new RangeError(`${line === null ? shown : `${shown}:${line}`}: ${message}`);
  }
}

/** The package that an import did not find; Node names it beside the bundle, of which the user knows nothing. */
function missingPackage(problem: unknown) {
  const [, name] = /^Cannot find package '([^']+)'/.exec(messageOf(problem)) ?? [];
  return name === undefined ? null : { name, message: `imports ${name}, which is not installed: npm install ${name}` };
}

async function bundled(options: BuildOptions): Promise<{ readonly metafile: Metafile }> {
  const { build } = await import("esbuild");
  try {
    return await build({
      ...options,
      bundle: true,
      metafile: true,
      logLevel: "silent",
      absWorkingDir: process.cwd(),
      // Drop unused imports whatever the user's compiler options say.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    });
  } catch (problem) {
    throw inOneLine(problem);
  }
}

/** An error of esbuild as one line that begins with its place. */
function inOneLine(problem: unknown): unknown {
  const [first] = (problem as Partial<BuildFailure>).errors ?? [];
  if (first === undefined) return problem;
  const { location, text } = first;
  return new RangeError(location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`);
}
