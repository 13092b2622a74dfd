/** One file for k6, in which what only the first virtual user needs is a function that the others do not call. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { build } from "esbuild";
import { K6_BUNDLE } from "./cli/own/k6bundle.mjs";

const FOR_K6 = { ...K6_BUNDLE, logLevel: "warning" };

/**
 * Bundles a script of k6. In an ES module each virtual user makes every function of the first level, 2 us and 0.9 KB for
 * each: what is loaded by `import()` is therefore a function as a whole.
 */
export async function bundleForK6(file, outfile, options = {}) {
  // Beside the file itself, so that the paths in its map are right.
  const outdir = dirname(resolve(outfile));
  const entry = resolve(outdir, basename(outfile));
  const name = basename(outfile, ".js");
  const { outputFiles } = await build({
    ...{ ...FOR_K6, entryPoints: { [name]: file }, outdir, splitting: true, write: false },
  });
  const chunks = new Map(outputFiles.map(({ path, text }) => [path, withoutImports(text)]));
  for (const path of importedLater(outputFiles, outdir)) chunks.set(path, asFunction(chunks.get(path)));
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
  const [bundle] = (await build({ ...FOR_K6, ...options, ...last })).outputFiles;
  await mkdir(dirname(bundle.path), { recursive: true });
  await writeFile(bundle.path, withLinesOnly(bundle.text));
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

const IMPORTED_LATER = /\bimport\("(\.\/[^"]+)"\)/g;

/** The chunks that are loaded by `import()`. */
function importedLater(files, outdir) {
  const names = files.flatMap(({ text }) => [...text.matchAll(IMPORTED_LATER)].map(([, name]) => name));
  return new Set(names.map((name) => resolve(outdir, name)));
}

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

/** A chunk as a function that returns what it exports. */
function asFunction(text) {
  const imports = [];
  const body = text
    .replace(/^import [^;]*;$/gm, (statement) => {
      imports.push(statement.replaceAll("\n", " "));
      return "\n".repeat(statement.split("\n").length - 1);
    })
    .replace(/^export \{([^}]*)\};$/m, (_, names) => `return {${names.replace(/(\w+) as (\w+)/g, "$2: $1")}} }`);
  return `${imports.join(" ")} export function load() { ${body}`;
}
