/** Bundles a pipeline's file for k6 and for the receiver, each without what runs on the other side. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildFailure, type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import { metricOf } from "../../core/metrics.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { objectivesOf, objectivesOfVisits, subscribersOf } from "../../systems/own.ts";
import { lineIn, lineOf } from "./place.ts";
import { onlySide, type Side } from "./sides.ts";

/** A file that declares a pipeline, or a table of endpoints, and where its bundles lie. */
export interface Built {
  readonly name: string;
  /** What it says of itself; one of them. */
  readonly pipeline: AnyPipeline | null;
  readonly endpoints: AnyEndpoints | null;
  /** Its file, as somebody in this folder would write it. */
  readonly file: string;
  /** The bundle that the receiver loads, where it has to look at something. */
  readonly node: string;
  /** The bundles for k6, by the name of the test. */
  readonly tests: Readonly<Record<string, string>>;
  /** What they import that only bin/k6 has, as in `k6/x/nats`. */
  readonly extensions: readonly string[];
}

type Declaration = AnyPipeline | AnyEndpoints;

/** The folder of bundles, in the folder of the user. */
const DIST = "dist";

/**
 * Bundles a pipeline.
 *
 * @param root the folder of the package.
 * @param file the user's file.
 * @throws RangeError in one line that names the file and the line.
 */
export async function buildPipeline(root: string, file: string): Promise<Built> {
  const shown = relative(process.cwd(), file);
  const { declared, node } = await bundleForNode(root, file, shown);
  const { name } = declared;
  const [pipeline, endpoints] = "endpoints" in declared ? [null, declared] : [declared, null];
  const scripts =
    pipeline?.observe.kind === "subscription"
      ? { [name]: PUBLISHER, [subscribersOf(name)]: SUBSCRIBERS }
      : { [name]: pipeline === null ? VISITORS : PUBLISHER };
  const tests: Record<string, string> = {};
  const extensions = new Set<string>();
  for (const [test, script] of Object.entries(scripts)) {
    const bundle = await bundleForK6(root, file, test, script);
    tests[test] = bundle.file;
    for (const extension of bundle.extensions) extensions.add(extension);
  }
  return { name, pipeline, endpoints, file: shown, node, tests, extensions: [...extensions] };
}

const PUBLISHER = `import { publisherOf } from "throughline/k6";
export const { options, setup, publish, compareClock, teardown, handleSummary } = publisherOf(pipeline);`;

const SUBSCRIBERS = `import { subscribersTest } from "throughline/k6";
export const { options, setup, listen, compareClock, teardown, handleSummary } = subscribersTest(pipeline);`;

const VISITORS = `import { visitorsOf } from "throughline/k6";
export const { options, setup, visit, teardown, handleSummary } = visitorsOf(pipeline);`;

/** One bundle, and what it imports that no other k6 has. */
async function bundleForK6(root: string, file: string, name: string, script: string) {
  const outfile = resolve(DIST, `${name}.js`);
  const { metafile } = await bundled({
    stdin: {
      contents: `import pipeline from ${JSON.stringify(file)};\n${script}`,
      resolveDir: dirname(file),
      sourcefile: `${name}.entry.ts`,
      loader: "ts",
    },
    outfile,
    // As the suite's own tests: see build.mjs.
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    external: ["k6", "k6/*"],
    sourcemap: "inline",
    sourcesContent: false,
    plugins: [ownPackage(root), userFiles("k6"), withoutNode(file)],
  });
  await refuseNode(metafile, file);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { file: outfile, extensions: imports.filter((path) => path.startsWith("k6/x/")) };
}

/** The receiver's bundle, and the pipeline as it is read from it. */
async function bundleForNode(root: string, file: string, shown: string) {
  const folder = resolve(DIST, "node");
  await mkdir(folder, { recursive: true });
  const loading = join(folder, `.loading-${process.pid}-${basename(file)}.mjs`);
  await bundled({
    entryPoints: [file],
    outfile: loading,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    plugins: [ownPackage(root), userFiles("node"), withoutK6],
  });
  try {
    const { default: declared } = (await import(pathToFileURL(loading).href)) as { default?: Declaration };
    if (declared === undefined || !("events" in declared || "endpoints" in declared)) {
      throw new RangeError(
        `${shown}: exports no pipeline; allowed: export default definePipeline({ ... }) or defineEndpoints({ ... })`,
      );
    }
    refuse(declared);
    // The user's package may be of CommonJS, as npm makes them.
    const node = join(folder, `${declared.name}.mjs`);
    await rename(loading, node);
    return { declared, node };
  } catch (problem) {
    await rm(loading, { force: true });
    if (problem instanceof RangeError && problem.message.startsWith(shown)) throw problem;
    const said = problem instanceof Error ? problem.message : String(problem);
    const line = lineOf(said, await readFile(file, "utf8")) ?? lineIn(problem, file);
    throw new RangeError(`${line === null ? shown : `${shown}:${line}`}: ${said}`);
  }
}

/** @throws RangeError for what the file's own functions do not refuse. */
function refuse(declared: Declaration): void {
  const { name, nextSteps = {} } = declared;
  const what = "endpoints" in declared ? "endpoints" : "pipeline";
  if ("endpoints" in declared) objectivesOfVisits(declared);
  else objectivesOf(declared);
  const unknown = Object.keys(nextSteps).find((metric) => metricOf(metric) === undefined);
  if (unknown !== undefined) {
    throw new RangeError(`${what} ${name}: nextSteps.${unknown}: no such metric; docs/metrics.md lists them`);
  }
}

async function bundled(options: BuildOptions): Promise<{ readonly metafile: Metafile }> {
  try {
    return await build({
      ...options,
      bundle: true,
      metafile: true,
      logLevel: "silent",
      absWorkingDir: process.cwd(),
      // Whatever the user's compiler keeps: an import that is not used any more is gone.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    });
  } catch (problem) {
    const [first] = (problem as BuildFailure).errors ?? [];
    if (first === undefined) throw problem;
    const { location, text } = first;
    throw new RangeError(
      location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
    );
  }
}

/** The package is this one, wherever the user's file lies. */
function ownPackage(root: string): Plugin {
  return {
    name: "throughline",
    setup({ onResolve }) {
      onResolve({ filter: /^throughline$/ }, () => ({ path: join(root, "dist/lib/index.js"), sideEffects: false }));
      onResolve({ filter: /^throughline\/k6$/ }, () => ({ path: join(root, "dist/lib/k6.js") }));
    },
  };
}

/** Takes the functions of the other side out of files that declare a pipeline. */
function userFiles(side: Side): Plugin {
  return {
    name: "sides",
    setup({ onLoad }) {
      onLoad({ filter: /\.[mc]?[jt]s$/ }, async ({ path }) => {
        if (path.includes("/node_modules/")) return undefined;
        const source = await readFile(path, "utf8");
        if (!source.includes("definePipeline") || path.includes("/dist/lib/")) return undefined;
        const sourcefile = relative(process.cwd(), path);
        const { code } = await transform(source, {
          loader: "ts",
          sourcefile,
          sourcemap: "inline",
          tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
        });
        return { contents: onlySide(code, side), loader: "ts", resolveDir: dirname(path) };
      });
    },
  };
}

/** In Node there is no k6: what the file's own level uses of it is nothing. */
const withoutK6: Plugin = {
  name: "without-k6",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^k6(\/|$)/ }, ({ path }) => ({ path, namespace: "k6" }));
    onLoad({ filter: /.*/, namespace: "k6" }, ({ path }) => ({
      contents: `const none = () => { throw new Error("${path} is in k6 only: use it inside publish() or open()"); };
module.exports = new Proxy(none, { get: (_, name) => (name === "__esModule" ? undefined : none) });`,
      loader: "js",
    }));
  },
};

const isBuiltin = (path: string) => path.startsWith("node:") || builtinModules.includes(path);

/** In k6 there is no Node: what is not used of a package is not there, whatever the package says of side effects. */
function withoutNode(file: string): Plugin {
  return {
    name: "without-node",
    setup({ onResolve, resolve: resolveAs }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        if (pluginData === "resolving" || /^(k6|throughline)(\/|$)/.test(path)) return undefined;
        if (isBuiltin(path)) return { path, external: true, sideEffects: false };
        if (importer !== file) return undefined;
        const found = await resolveAs(path, { kind, resolveDir, importer, pluginData: "resolving" });
        return found.errors.length > 0 ? undefined : { path: found.path, sideEffects: false };
      });
    },
  };
}

/** @throws RangeError for a module of Node that is left in a bundle for k6, with the line that brought it. */
async function refuseNode({ inputs, outputs }: Metafile, file: string): Promise<void> {
  const [output] = Object.values(outputs);
  const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  for (const [input] of used) {
    const builtin = inputs[input]?.imports.find(({ path, external }) => external === true && isBuiltin(path));
    const isLeft = output?.imports.some(({ path, external }) => external === true && path === builtin?.path);
    if (builtin === undefined || isLeft !== true) continue;
    const [, name = builtin.path] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    const lines = (await readFile(file, "utf8")).split("\n");
    const line = lines.findIndex((text) => /\bimport\b/.test(text) && text.includes(`"${name}"`)) + 1;
    const place = `${relative(process.cwd(), file)}${line === 0 ? "" : `:${line}`}`;
    throw new RangeError(
      `${place}: ${name} needs ${builtin.path}, which k6 does not have; use it inside receive, rows, list, consume or count only`,
    );
  }
}

/** Writes a text where no bundle is yet. */
export async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: "wx" });
}
