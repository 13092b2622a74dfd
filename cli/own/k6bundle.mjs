/** How esbuild makes a file for k6: of the suite's own tests, by bundle.mjs before any TypeScript is built, and of pipelines. */
export const K6_BUNDLE = {
  bundle: true,
  // k6 finds the extensions a script needs in ES modules only.
  format: "esm",
  // Neither a browser nor Node: nothing is shimmed, and a Node import is an error.
  platform: "neutral",
  // Of packages without an ES module entry, which neutral builds would not find.
  mainFields: ["module", "main"],
  // The newest syntax that k6 runs without translating it again.
  target: "es2022",
  // k6 has these inside.
  external: ["k6", "k6/*"],
  // So that a stack trace names the TypeScript line.
  sourcemap: "inline",
  // The paths in it are relative; the sources themselves would double the size.
  sourcesContent: false,
};
