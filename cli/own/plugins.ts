/** Plugins of esbuild for the bundles of a pipeline file: where imports lead, and which side a function belongs to. */
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import { isBuiltin, K6_ONLY } from "./refusals.ts";
import { onlySide, type Side } from "./sides.ts";

/** Resolves imports of this package to itself, wherever the user's file is. */
export function ownPackage(root: string): Plugin {
  return {
    name: "throughline",
    setup({ onResolve }) {
      onResolve({ filter: /^throughline$/ }, () => ({ path: join(root, "dist/lib/index.js"), sideEffects: false }));
      onResolve({ filter: /^throughline\/k6$/ }, () => ({ path: join(root, "dist/lib/k6.js") }));
    },
  };
}

/** Removes the functions of the other side from files that declare a pipeline. */
export function userFiles(side: Side): Plugin {
  return {
    name: "sides",
    setup({ onLoad }) {
      onLoad({ filter: /\.[mc]?[jt]s$/ }, async ({ path }) => {
        if (path.includes("/node_modules/")) return undefined;
        const source = await readFile(path, "utf8");
        if (!source.includes("definePipeline") || path.includes("/dist/lib/")) return undefined;
        const sourcefile = relative(process.cwd(), path);
        const { transform } = await import("esbuild");
        try {
          const { code } = await transform(source, {
            loader: "ts",
            sourcefile,
            sourcemap: "inline",
            tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
          });
          return { contents: onlySide(code, side), loader: "ts", resolveDir: dirname(path) };
        } catch (problem) {
          const { errors } = problem as Partial<BuildFailure>;
          if (errors === undefined) throw problem;
          return { errors };
        }
      });
    },
  };
}

/** Node has no k6: module-level uses of it evaluate to nothing. */
export const withoutK6: Plugin = {
  name: "without-k6",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^k6(\/|$)/ }, ({ path }) => ({ path, namespace: "k6" }));
    onLoad({ filter: /.*/, namespace: "k6" }, ({ path }) => ({
      contents: `const none = () => { throw new Error("${path} ${K6_ONLY}: use it inside publish() or open()"); };
module.exports = new Proxy(none, { get: (_, name) => (name === "__esModule" ? undefined : none) });`,
      loader: "js",
    }));
  },
};

/** k6 has no Node: unused parts of packages are dropped, whatever they declare about side effects. */
export function withoutNode(file: string): Plugin {
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
