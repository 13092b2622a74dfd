/** Imports point one way: the pure core knows nothing of k6, of Node and of those who use it. */
module.exports = {
  forbidden: [
    {
      name: "core-imports-nothing-above-it",
      severity: "error",
      from: {
        path: "^(workload/|(scenarios|slo|thresholds|variable|variables|metrics|remote|verdict|summary|rendering)\\.ts$)",
      },
      to: { path: "^(k6|receiver|target|cli|bench|test)/" },
    },
    {
      name: "workload-imports-only-itself",
      severity: "error",
      from: { path: "^workload/" },
      to: { path: "^(scenarios|slo|thresholds|variable|variables|metrics|remote|verdict|summary|rendering)\\.ts$" },
    },
    {
      name: "core-is-free-of-node",
      severity: "error",
      from: {
        path: "^(workload/|k6/|(scenarios|slo|thresholds|variable|variables|metrics|remote|verdict|summary|rendering)\\.ts$)",
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "edges-do-not-know-each-other",
      severity: "error",
      from: { path: "^(k6|receiver|target)/" },
      to: { path: "^(k6|receiver|target|cli|bench|test)/", pathNot: "^$1/" },
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
