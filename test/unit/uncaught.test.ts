import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleHead } from "../../core/bundle.ts";
import { describeUncaught } from "../../receiver/uncaught.ts";

let folder: string;
let bundle: string;
let other: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-uncaught-"));
  const bundled = (name: string, file: string) => {
    writeFileSync(join(folder, name), `${bundleHead(file)}\nexport default {};\n`);
    return join(folder, name);
  };
  bundle = bundled("orders.mjs", "load/orders.pipeline.ts");
  other = bundled("bills.mjs", "bills.pipeline.ts");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OURS = "/suite/dist/node/receiver.js";

/** An error with a stack of these files, the first of which threw it. */
function thrown(message: string, ...files: string[]): Error {
  const problem = new Error(message);
  problem.stack = [`Error: ${message}`, ...files.map((file) => `    at run (file://${file}:1:2)`)].join("\n");
  return problem;
}

describe("an error that nobody caught", () => {
  test("of a library that a pipeline uses is told with the file of the pipeline, in one line", () => {
    const text = describeUncaught(thrown("Connection\nterminated", "/app/node_modules/pg/client.js"), OURS, [bundle]);
    expect(text).toMatch(
      /^load\/orders\.pipeline\.ts: an error that nothing in it caught: Connection terminated: give /,
    );
    expect(text).not.toContain("\n");
  });

  test("is told with the one of several files that is in its stack, else with all", () => {
    const told = (...files: string[]) => describeUncaught(thrown("gone", ...files), OURS, [bundle, other]);
    expect(told("/app/node_modules/pg/client.js", other)).toMatch(/^bills\.pipeline\.ts: /);
    expect(told("/app/node_modules/pg/client.js")).toMatch(/^load\/orders\.pipeline\.ts or bills\.pipeline\.ts: /);
  });

  test.each([
    ["says nothing of its file", "export default {};\n"],
    ["is gone", null],
  ])("is told with the bundle itself where that %s", (_, text) => {
    const file = join(folder, "plain.mjs");
    if (text === null) rmSync(file, { force: true });
    else writeFileSync(file, text);
    expect(describeUncaught(thrown("gone", file), OURS, [file])).toMatch(/plain\.mjs: an error/);
  });

  test("tells no login of an address", () => {
    const text = describeUncaught(thrown("postgres://u:hunter2-of-nobody@h/db is gone"), OURS, [bundle]);
    expect(text).not.toContain("hunter2-of-nobody");
  });

  test("that is no error is told by its text", () => {
    expect(describeUncaught("gone", OURS, [bundle])).toContain("caught: gone: ");
  });

  test("of the receiver's own code is told with its stack", () => {
    expect(describeUncaught(thrown("oops", OURS, bundle), OURS, [bundle])).toMatch(/^Error: oops\n {4}at run/);
  });
});
