/** Imports point one way: systems stand on the core, the edges on both, and nothing points back. */
module.exports = {
  forbidden: [
    {
      name: "core-imports-nothing-above-it",
      severity: "error",
      from: { path: "^core/" },
      to: { path: "^(systems|k6|receiver|target|cli|deploy|bench|test)/" },
    },
    {
      name: "systems-do-not-know-each-other",
      severity: "error",
      from: { path: "^systems/([^/]+)/" },
      to: { path: "^systems/([^/]+)/", pathNot: "^systems/$1/" },
    },
    {
      name: "what-runs-in-k6-is-free-of-node",
      severity: "error",
      from: {
        path: "^(core/|k6/|systems/[^/]+/(k6/|tests/|[^/]+\\.ts$)|systems/[^/]+\\.ts$|(scenarios|thresholds)\\.ts$)",
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "edges-do-not-know-each-other",
      severity: "error",
      from: { path: "^(k6|receiver|target)/" },
      to: { path: "^(k6|receiver|target|cli|bench|test)/", pathNot: "^$1/" },
    },
    {
      name: "reference-targets-stand-alone",
      severity: "error",
      from: { path: "^systems/[^/]+/target/" },
      to: { path: "^(k6|receiver|cli|bench|test)/" },
    },
    {
      name: "examples-know-the-package-only",
      comment: "They are repositories of strangers: what they need of the suite, they import as throughline.",
      severity: "error",
      from: { path: "^examples/([^/]+)/" },
      // k6/http and the like are no files of ours.
      to: {
        path: "^(core|systems|receiver|target|cli|deploy|bench|test|dist|examples)/|^k6/.*\\.ts$|^[a-z]+\\.(ts|mjs)$",
        pathNot: "^examples/$1/",
      },
    },
    {
      name: "nothing-knows-the-examples",
      severity: "error",
      from: { pathNot: "^examples/" },
      to: { path: "^examples/" },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    // With other module systems "k6/http" would be taken for a file of our folder k6/.
    moduleSystems: ["es6"],
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|node_modules)" },
  },
};
