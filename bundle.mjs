/** One file for k6, in which what only the first virtual user needs is a function that the others do not call. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { build, transform } from "esbuild";
import { K6_BUNDLE } from "./cli/own/k6bundle.mjs";

const FOR_K6 = { ...K6_BUNDLE, logLevel: "warning" };

/**
 * Bundles a script of k6. In an ES module each virtual user makes every function of the first level, 2 us and 0.9 KB for
 * each: what is loaded by `import()` is therefore a function as a whole, with all that nothing else needs.
 *
 * @param isScript whether k6 runs it as it is; else it is bundled again.
 */
export async function bundleForK6(file, outfile, { isScript = false } = {}) {
  // Beside the file itself, so that the paths in its map are right.
  const outdir = dirname(resolve(outfile));
  const entry = resolve(outdir, basename(outfile));
  const name = basename(outfile, ".js");
  const { outputFiles, metafile } = await build({
    ...{ ...FOR_K6, entryPoints: { [name]: file }, outdir, splitting: true, write: false, metafile: true },
  });
  const atOnce = loadedAtOnce(metafile, entry);
  const isFunction = (path) => path.startsWith("./") && !atOnce.has(resolve(outdir, path));
  const chunks = new Map(
    outputFiles.map(({ path, text }) => [path, atOnce.has(path) ? withoutImports(text) : asLoader(text, isFunction)]),
  );
  const fromK6 = importedFromK6(outputFiles);
  const inMemory = {
    name: "chunks",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[./]/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path),
        namespace: "chunk",
      }));
      onLoad({ filter: /.*/, namespace: "chunk" }, ({ path }) => ({ contents: chunks.get(path), resolveDir: outdir }));
      onResolve({ filter: OF_K6, namespace: "chunk" }, ({ path }) => ({ path, namespace: "k6" }));
      onLoad({ filter: /.*/, namespace: "k6" }, ({ path }) => ({ contents: importedOnce(path, fromK6.get(path)) }));
    },
  };
  const last = { entryPoints: [entry], outfile, plugins: [inMemory], write: false };
  const [bundle] = (await build({ ...FOR_K6, ...last })).outputFiles;
  await mkdir(outdir, { recursive: true });
  await writeFile(outfile, withLinesOnly(isScript ? await asScript(bundle.text, entry) : bundle.text));
}

/**
 * The same with a first level that is one function, for k6 keeps a table of all names of an ES module's first level in
 * each virtual user, 45 KB; and without spaces and long forms, which would only fill a Kubernetes ConfigMap.
 */
async function asScript(text, sourcefile) {
  const exported = /^export \{([^}]*)\};$/m.exec(text)[1].split(",");
  const names = exported.map((each, place) => ({ name: each.trim().split(" as ").at(-1), constant: `export${place}` }));
  const listOf = (written) => names.map(written).join(", ");
  const script = `${asFunction(text, () => false, "async function test")}
const { ${listOf(({ name, constant }) => `${name}: ${constant}`)} } = await test();
export { ${listOf(({ name, constant }) => `${constant} as ${name}`)} };`;
  const { format, target, sourcemap, sourcesContent } = FOR_K6;
  const short = { minifyWhitespace: true, minifySyntax: true };
  return (await transform(script, { ...short, format, target, sourcemap, sourcesContent, sourcefile })).code;
}

const MAP = /(?<=^\/\/# sourceMappingURL=data:application\/json;base64,)[\w+/=]+/m;

/** The map tells lines: columns and names, which no stack trace of k6 needs, were two fifths of a bundle. */
function withLinesOnly(text) {
  return text.replace(MAP, (written) => {
    const { mappings, ...map } = JSON.parse(Buffer.from(written, "base64").toString());
    const lines = decode(mappings).map((segments) => {
      const starts = segments.filter((segment, place) => {
        const [, source, line] = segments[place - 1] ?? [];
        return segment[1] !== source || segment[2] !== line;
      });
      return starts.map((segment) => segment.slice(0, 4));
    });
    return Buffer.from(JSON.stringify({ ...map, names: [], mappings: encode(lines) })).toString("base64");
  });
}

/** The entry, and the chunks that it imports by statements. */
function loadedAtOnce({ outputs }, entry) {
  const found = new Set();
  const follow = (name) => {
    if (outputs[name] === undefined || found.has(resolve(name))) return;
    found.add(resolve(name));
    for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") follow(path);
  };
  follow(Object.keys(outputs).find((name) => resolve(name) === entry));
  return found;
}

const IMPORTED_LATER = /\bimport\("(\.\/[^"]+)"\)/g;

/** Calls the function that a chunk has become, where it was to be imported. No line moves: the map stays true. */
function withoutImports(text) {
  const calls = [];
  const rest = text.replace(IMPORTED_LATER, (_, name) => {
    calls.push(`import { load as load${calls.length} } from "${name}"; `);
    return `load${calls.length - 1}()`;
  });
  return calls.join("") + rest;
}

/** A module of k6. */
const OF_K6 = /^k6(\/|$)/;

const IMPORTS = /^import (?:(?<standard>\w+),? )?(?:\{(?<named>[^}]*)\} )?from "(?<module>[^"]+)";$/gm;

/** The names that are imported from each module of k6. */
function importedFromK6(files) {
  const found = new Map();
  for (const { groups } of files.flatMap(({ text }) => [...text.matchAll(IMPORTS)])) {
    const { standard, named = "", module } = groups;
    const names = named.split(",").flatMap((each) => /\w+/.exec(each) ?? []);
    found.set(
      module,
      new Set([...(found.get(module) ?? []), ...(standard === undefined ? [] : ["default"]), ...names]),
    );
  }
  return found;
}

/**
 * A module of k6 that is imported once, with constants for what it exports. k6 looks the module up again for each import
 * of it, 1.7 KB for each virtual user, and makes an exported function anew each time that it is used by its import.
 */
function importedOnce(module, imported) {
  const rows = [...imported].map((name) => {
    const constant = name === "default" ? module.replaceAll(/\W/g, "_") : name;
    return { name, constant, binding: `${constant}_of_k6` };
  });
  const listOf = (written) => rows.map(written).join(", ");
  return `import { ${listOf(({ name, binding }) => `${name} as ${binding}`)} } from "${module}";
const ${listOf(({ constant, binding }) => `${constant} = ${binding}`)};
export { ${listOf(({ name, constant }) => `${constant} as ${name}`)} };`;
}

/** A chunk as a function that returns what it exports, made at its first call. */
function asLoader(text, isFunction) {
  return `let made; export function load() { return made ??= make(); } ${asFunction(text, isFunction, "function make")}`;
}

/**
 * A module as a function that returns what it exports. No line moves.
 *
 * @param isFunction whether a chunk that it imports has become one, too.
 * @param head what comes before its brackets.
 */
function asFunction(text, isFunction, head) {
  const imports = [];
  const calls = [];
  const body = withoutImports(text)
    .replace(/^import [^;]*;$/gm, (statement) => {
      const line = statement.replaceAll("\n", " ");
      const [, names = "{}", path] = /^import (?:(\{.*\}) from )?"(\.\/[^"]+)"/.exec(line) ?? [];
      if (path === undefined || !isFunction(path)) imports.push(line);
      else {
        imports.push(`import { load as shared${calls.length} } from "${path}";`);
        calls.push(`const ${names.replace(/(\w+) as (\w+)/g, "$1: $2")} = shared${calls.length}();`);
      }
      return "\n".repeat(statement.split("\n").length - 1);
    })
    .replace(/^export \{([^}]*)\};$/m, (_, names) => `return {${names.replace(/(\w+) as (\w+)/g, "$2: $1")}} }`);
  return `${imports.join(" ")} ${head}() { ${calls.join(" ")} ${body}`;
}
