import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** These need a real redis-server; test/run.mjs says when it is missing. */
const WITH_REDIS = ["redis", "redis-access", "ethhook", "ingest", "field-ingest", "signals", "signals-faults"].map(
  (name) => `test/integration/${name}.test.ts`,
);
const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
const hasChromium = spawnSync("which", ["chromium"]).status === 0;

/** These need a real influxd and prometheus as well. */
const WITH_DATABASES = ["test/integration/dashboards.test.ts", "test/integration/influxdb.test.ts"];
const hasDatabases =
  spawnSync("influxd", ["version"]).status === 0 && spawnSync("prometheus", ["--version"]).status === 0;

/** These put something else in a module's place, which another file of the same worker would see. */
const MOCKING = readdirSync("test/unit", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/unit/${name}`)
  .filter((file) => /\bvi\.(mock|doMock|resetModules)\(/.test(readFileSync(file, "utf8")));

/** Unit tests that share their modules. */
const SHARING = { isolate: false, setupFiles: ["test/unit/forgetting.ts"] };

/** Of unit tests. A test that hangs ends; a property over thousands of draws takes as long as a busy machine makes it. */
const UNIT = {
  testTimeout: 60_000,
  // They compute. Vitest leaves one core to itself, which is half of two.
  maxWorkers: availableParallelism(),
  // It imports JSON in a way that Node does not take.
  server: { deps: { inline: ["@actions/workflow-parser"] } },
};

/** These compute less than a third of the time: their loads are small, and they wait for tokens, limits and time limits. */
const WAITING = [
  ...[
    "field-ingest",
    "signals",
    "tokens",
    "own-tokens",
    "signals-faults",
    "own-publish",
    "own-endpoints",
    "own-access",
  ],
  ...["own-secrets", "own-subscription", "own-database", "access", "access-certificates", "refusals", "arguments"],
  ...[
    "http",
    "stranger-table",
    "clocks",
    "nats",
    "nats-access",
    "redis-access",
    "secrets",
    "hanging",
    "own-misdirected",
  ],
].map((name) => `test/integration/${name}.test.ts`);

/** Without these servers, what needs them is left out. */
const MISSING = [...(hasRedis ? [] : WITH_REDIS), ...(hasRedis && hasDatabases ? [] : WITH_DATABASES)];

/** It holds runs to their times, which others beside it would spoil. */
const ALONE = ["test/integration/faults.test.ts"];

/**
 * The tests of integration that take longest, in that order: started last, one of them would run alone.
 * Of a fresh clone vitest itself knows no times.
 */
const LONGEST = [
  ...[
    "field",
    "field-ingest",
    "signals",
    "tokens",
    "accounting",
    "ingest",
    "distributed",
    "own-tokens",
    "ethhook",
    "redis",
  ],
  ...[
    "own-subscription",
    "own-database",
    "ethhook-own",
    "http",
    "signals-faults",
    "examples",
    "interruption",
    "dashboards",
    "clocks",
    "stranger-table",
  ],
  ...[
    "secrets-processes",
    "system",
    "run",
    "demo",
    "secrets",
    "doctor",
    "package",
    "own",
    "nats",
    "access",
    "nats-access",
    "echo",
  ],
].map((name) => `test/integration/${name}.test.ts`);

/**
 * A run that could not measure, because the machine stood still or was late, says so and is made again, once, as its
 * reader would do it. Whatever else fails a test fails it at once, as does INVALID where that is what it waits for.
 */
const COULD_NOT_MEASURE = {
  count: 1,
  condition: /^(?![\s\S]*\bto (?:be|match|contain|\w+ equal)\b.*INVALID)[\s\S]*\bINVALID\b/,
};

/** Of integration tests. */
const INTEGRATION = {
  retry: COULD_NOT_MEASURE,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  setupFiles: ["test/orphan.ts"],
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  // As in tsconfig.base.json, which Vite does not read for files that tsconfig.json leaves out.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        // Of the package below, whose source maps lead nowhere, Vite would warn file by file.
        logLevel: "error",
        // Modules are loaded once for a worker, not once for a file: a third of the CPU, half of the time.
        test: { ...UNIT, name: "unit", include: ["test/unit/**/*.test.ts"], exclude: MOCKING, ...SHARING },
      },
      {
        extends: true,
        logLevel: "error",
        test: { ...UNIT, name: "mocks", include: MOCKING },
      },
      {
        extends: true,
        test: {
          ...INTEGRATION,
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: [...ALONE, ...WAITING, ...MISSING],
          // Most of a load run is waiting, for what is late or lost: two of them take one core of two.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        // test/run.mjs runs them beside the others.
        test: { ...INTEGRATION, name: "waiting", include: WAITING, exclude: MISSING, maxWorkers: 2 },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: ALONE,
          setupFiles: INTEGRATION.setupFiles,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // These need a chromium; test/run.mjs says when it is missing.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          exclude: hasChromium ? [] : ["test/browser/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
