/** A reporter of vitest that writes what became of a run, for run.mjs: in TEST_OUTCOME, a file. */
import { writeFileSync } from "node:fs";

export default class Outcome {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })));
    const inState = (state) => tests.filter(({ test }) => test.result().state === state);
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const outcome = {
      passed: inState("passed").length,
      skipped: inState("skipped").length,
      failed: inState("failed").map(({ module, test }) => ({
        project: module.project.name,
        file: module.moduleId,
        // As `vitest -t` has it.
        name: test.fullName.replaceAll(" > ", " "),
      })),
      // Of a file that does not load, of what runs before or after tests, or of no test at all.
      outside: suites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length,
    };
    writeFileSync(process.env.TEST_OUTCOME, JSON.stringify(outcome));
  }
}
